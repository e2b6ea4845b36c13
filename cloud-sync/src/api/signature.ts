import { err, hexToBytes, ok, type Result, verifyStrictly } from "@portico/card-protocol";
import { nodeSha256, nodeVerifier } from "@portico/card-protocol/node";
import { httpbis } from "http-message-signatures";
import type { PresentedKey } from "../callers.ts";
import { ALGORITHM, COVERED_ALWAYS, COVERED_WHERE_SENT, NONCE, SIGNATURE_PARAMETERS, SIGNATURE_WINDOW_S } from "./signature-profile.ts";

/** Who signed a request, and what must not be taken a second time. */
export interface Signed {
  readonly key: PresentedKey;
  readonly nonce: string;
  /** The signature covers the digest of the body. */
  readonly coversDigest: boolean;
}

/** Why a signature is not taken: words for its sender. */
class SignatureTrouble extends Error {
  override readonly name = "SignatureTrouble";
}

/** The library compares times with a clock of its own: so far off that it always agrees. Times are judged here, by the cloud's clock. */
const AGREES = 2 ** 40;
const DETAIL_MAX = 200;
/** A key is named by its public half. */
const KEY_ID = /^[0-9a-f]{64}$/;

/**
 * Judges the signature of a request, but neither its nonce nor its body. RFC 9421 §3.2, with the profile of docs/api.md: one signature, Ed25519, judged
 * strictly; components without parameters.
 *
 * @param nowS     by the cloud's clock
 * @param findKey  by the public key; one that was never known or is revoked: undefined
 */
export async function judgeSignature(
  request: Request,
  nowS: number,
  findKey: (publicKey: Uint8Array) => Promise<PresentedKey | undefined>,
): Promise<Result<Signed, "SignatureMissing" | "SignatureRefused">> {
  const { headers } = request;
  for (const header of ["signature", "signature-input"]) if (!headers.has(header)) return err("SignatureMissing", `the header ${header} is missing`);
  const covered = new Set<string>();
  let signatures = 0;
  let signed: Omit<Signed, "coversDigest"> | undefined;
  let fault: unknown;
  const lookUp = (publicKey: Uint8Array): Promise<PresentedKey | undefined> =>
    findKey(publicKey).catch((error: unknown) => {
      fault = error;
      return undefined;
    });
  try {
    const holds = await httpbis.verifyMessage(
      {
        tolerance: AGREES,
        notAfter: AGREES,
        requiredFields: [...COVERED_ALWAYS],
        requiredParams: SIGNATURE_PARAMETERS.filter((parameter) => parameter !== "alg"),
        componentParser(name, parameters) {
          if (parameters.size > 0) throw new SignatureTrouble(`${name}: components have no parameters here`);
          if (covered.has(name)) throw new SignatureTrouble(`${name} is covered twice`);
          covered.add(name);
          return null; // derived by the library
        },
        async keyLookup(parameters) {
          if (++signatures > 1) throw new SignatureTrouble("there is more than one signature");
          const { keyid, nonce, alg, created, expires } = parameters;
          judgeParameters(alg, created, expires, nowS);
          if (typeof nonce !== "string" || !NONCE.test(nonce)) throw new SignatureTrouble("nonce: 16 to 64 letters, digits and + / = _ . : -");
          const publicKey = typeof keyid === "string" && KEY_ID.test(keyid) ? hexToBytes(keyid) : undefined;
          if (publicKey === undefined) throw new SignatureTrouble("keyid: the public key in 64 lower-case hex digits");
          const key = await lookUp(publicKey);
          if (key === undefined) throw new SignatureTrouble("keyid: no such key, or it is revoked");
          signed = { key, nonce };
          return { verify: (base, signature) => Promise.resolve(verifyStrictly(nodeVerifier, key.publicKey, base, signature)) };
        },
      },
      { method: request.method, url: new URL(request.url), headers: Object.fromEntries(headers) },
    );
    if (holds !== true || signed === undefined) return err("SignatureRefused", "it does not fit what it covers, or another key made it");
  } catch (error) {
    if (fault !== undefined) throw fault; // ours, not the sender's
    return err("SignatureRefused", (error as Error).message.slice(0, DETAIL_MAX));
  }
  const bare = COVERED_WHERE_SENT.find((header) => headers.has(header) && !covered.has(header));
  if (bare !== undefined) return err("SignatureRefused", `the header ${bare} is sent, but not covered`);
  return ok({ ...signed, coversDigest: covered.has("content-digest") });
}

function judgeParameters(alg: unknown, created: unknown, expires: unknown, nowS: number): void {
  if (alg !== undefined && alg !== ALGORITHM) throw new SignatureTrouble(`alg: only ${ALGORITHM}`);
  const createdS = created instanceof Date ? created.getTime() / 1000 : NaN;
  if (!Number.isInteger(createdS)) throw new SignatureTrouble("created: seconds since 1970");
  const offS = createdS - nowS;
  if (Math.abs(offS) > SIGNATURE_WINDOW_S)
    throw new SignatureTrouble(`created is ${Math.abs(offS)} s ${offS > 0 ? "before" : "behind"} the cloud's clock, at most ${SIGNATURE_WINDOW_S} s are taken`);
  if (expires !== undefined && !(typeof expires === "number" && expires >= nowS)) throw new SignatureTrouble("expires has passed");
}

/**
 * Whether a body is the one that was signed: `Content-Digest` with sha-256, RFC 9530 §2.
 *
 * @returns what is wrong, undefined where nothing is
 */
export function digestTrouble(header: string | null, coversDigest: boolean, body: Uint8Array): string | undefined {
  if (!coversDigest) return body.length === 0 ? undefined : "content-digest is not covered, and there is a body";
  const told = /(?:^|,)[ \t]*sha-256=:([A-Za-z0-9+/]*={0,2}):[ \t]*(?:,|$)/.exec(header ?? "")?.[1];
  if (told === undefined) return "content-digest: sha-256 is missing";
  return told === Buffer.from(nodeSha256(body)).toString("base64") ? undefined : "content-digest is of another body";
}
