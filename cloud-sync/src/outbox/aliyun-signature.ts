import { createHash, createHmac } from "node:crypto";

/** A request of an RPC of Alibaba Cloud before it is signed. */
export interface AliyunRequest {
  /** Host alone. */
  readonly host: string;
  readonly action: string;
  readonly version: string;
  readonly query: Readonly<Record<string, string>>;
  /** `2026-09-01T00:00:00Z`. */
  readonly date: string;
  readonly nonce: string;
}
export interface AliyunKey {
  readonly id: string;
  readonly secret: string;
}

const ALGORITHM = "ACS3-HMAC-SHA256";
const hexSha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
/** RFC 3986 §2.3: what `encodeURIComponent` leaves beside the unreserved is encoded too. */
const encoded = (text: string): string => encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** The query as it is signed and sent: by name, encoded. */
export const aliyunQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");

/**
 * The headers of a POST without a body, signed. Source: Alibaba Cloud, "V3 request body and signature mechanism".
 */
export function aliyunHeaders({ host, action, version, query, date, nonce }: AliyunRequest, { id, secret }: AliyunKey): Record<string, string> {
  const headers: Record<string, string> = {
    host,
    "x-acs-action": action,
    "x-acs-content-sha256": hexSha256(""),
    "x-acs-date": date,
    "x-acs-signature-nonce": nonce,
    "x-acs-version": version,
  };
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]!}\n`).join("");
  const canonical = ["POST", "/", aliyunQuery(query), lines, names.join(";"), hexSha256("")].join("\n");
  const signature = createHmac("sha256", secret)
    .update(`${ALGORITHM}\n${hexSha256(canonical)}`)
    .digest("hex");
  return { ...headers, authorization: `${ALGORITHM} Credential=${id},SignedHeaders=${names.join(";")},Signature=${signature}` };
}
