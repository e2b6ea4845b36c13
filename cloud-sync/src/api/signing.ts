import { bytesToHex, type Signer } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { httpbis } from "http-message-signatures";
import { ALGORITHM, COVERED_ALWAYS, COVERED_WHERE_SENT, SIGNATURE_PARAMETERS } from "./signature-profile.ts";

/** A request before it is signed. */
export interface PlainRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, unless a content-type says otherwise; undefined: none. */
  readonly body?: string;
}

/** Who signs, and when. The key is named by its public half in hex. */
export interface SigningWith {
  readonly signer: Signer;
  /** Seconds since 1970. */
  readonly created: number;
  /** 16 to 64 characters, never the same twice. */
  readonly nonce: string;
}

/** The request with Content-Digest, Signature-Input and Signature as docs/api.md asks for them. RFC 9421 §3.1, RFC 9530 §2. */
export async function signRequest({ method, url, headers, body }: PlainRequest, { signer, created, nonce }: SigningWith): Promise<Request> {
  const message = { method, url, headers: withDigest(headers, body) };
  const signed = await httpbis.signMessage(
    {
      key: { id: bytesToHex(signer.publicKey), alg: ALGORITHM, sign: (base) => Promise.resolve(Buffer.from(signer.sign(base))) },
      name: "sig",
      fields: coveredOf(message.headers),
      params: [...SIGNATURE_PARAMETERS],
      paramValues: { created: new Date(created * 1000), nonce },
    },
    message,
  );
  return new Request(url, { method, headers: signed.headers, ...(body === undefined ? {} : { body }) });
}

/** What a signature of these headers covers. */
export const coveredOf = (headers: Readonly<Record<string, string>>): string[] => [
  ...COVERED_ALWAYS,
  ...COVERED_WHERE_SENT.filter((header) => headers[header] !== undefined),
];

function withDigest(headers: PlainRequest["headers"], body: string | undefined): Record<string, string> {
  if (body === undefined) return { ...headers };
  const digest = Buffer.from(nodeSha256(Buffer.from(body))).toString("base64");
  return { "content-type": "application/json", ...headers, "content-digest": `sha-256=:${digest}:` };
}
