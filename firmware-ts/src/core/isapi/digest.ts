/** Hash functions of digest authentication. */
export type DigestAlgorithm = "MD5" | "SHA-256";

/** Lower-case hex of the hash over the text's UTF-8 bytes. */
export type DigestHash = (algorithm: DigestAlgorithm, text: string) => string;

/** What a server asks for. RFC 7616 §3.3. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** False: RFC 2069, without counter. */
  readonly auth: boolean;
  /** The nonce before was only old: the password may be right. */
  readonly stale: boolean;
}

/** What a request is answered with. */
export interface DigestRequest {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly uri: string;
  readonly user: string;
  readonly password: string;
  /** Drawn anew for each request. */
  readonly cnonce: string;
  /** How often the nonce was used, from 1. */
  readonly count: number;
}

/**
 * The challenge of a `WWW-Authenticate` header, of several the strongest. Undefined: none that is understood. `Basic` never is: it would tell the password to
 * everybody on the way.
 */
export function readDigestChallenge(header: string): DigestChallenge | undefined {
  const found = header.split(/(?=\bDigest\s)/i).flatMap((each): DigestChallenge[] => {
    if (!/^Digest\s/i.test(each)) return [];
    const fields = fieldsOf(each.replace(/^Digest\s+/i, ""));
    const algorithm = (fields.get("algorithm") ?? "MD5").toUpperCase();
    const nonce = fields.get("nonce");
    const qop = fields.get("qop");
    const auth = qop !== undefined && qop.split(",").some((word) => word.trim().toLowerCase() === "auth");
    if (nonce === undefined || (algorithm !== "MD5" && algorithm !== "SHA-256") || (qop !== undefined && !auth)) return [];
    const stale = fields.get("stale")?.toLowerCase() === "true";
    return [{ realm: fields.get("realm") ?? "", nonce, opaque: fields.get("opaque"), algorithm, auth, stale }];
  });
  return found.find(({ algorithm }) => algorithm === "SHA-256") ?? found[0];
}

/** The `Authorization` header. RFC 7616 §3.4. */
export function digestAuthorization(challenge: DigestChallenge, request: DigestRequest, hash: DigestHash): string {
  const { realm, nonce, opaque, algorithm, auth } = challenge;
  const { user, uri, cnonce, count } = request;
  const nc = count.toString(16).padStart(8, "0");
  const quoted = (name: string, value: string): string => `${name}="${value.replace(/["\\]/g, "\\$&")}"`;
  return `Digest ${[
    quoted("username", user),
    quoted("realm", realm),
    quoted("nonce", nonce),
    quoted("uri", uri),
    quoted("response", digestResponse(challenge, request, hash)),
    `algorithm=${algorithm}`,
    ...(auth ? ["qop=auth", `nc=${nc}`, quoted("cnonce", cnonce)] : []),
    ...(opaque === undefined ? [] : [quoted("opaque", opaque)]),
  ].join(", ")}`;
}

/** The answer alone, lower-case hex. RFC 7616 §3.4.1. */
export function digestResponse(challenge: DigestChallenge, { method, uri, user, password, cnonce, count }: DigestRequest, hash: DigestHash): string {
  const { realm, nonce, algorithm, auth } = challenge;
  const secret = hash(algorithm, `${user}:${realm}:${password}`);
  const asked = hash(algorithm, `${method}:${uri}`);
  const between = auth ? `${nonce}:${count.toString(16).padStart(8, "0")}:${cnonce}:auth` : nonce;
  return hash(algorithm, `${secret}:${between}:${asked}`);
}

/** What somebody answers to our own challenge. */
export interface DigestAnswer {
  readonly user: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly cnonce: string;
  readonly count: number;
  readonly algorithm: DigestAlgorithm;
}

/** The fields of an `Authorization` header with qop `auth`; undefined: it is none. */
export function readDigestAnswer(header: string): DigestAnswer | undefined {
  if (!/^Digest\s/i.test(header)) return undefined;
  const fields = fieldsOf(header.replace(/^Digest\s+/i, ""));
  const [user, nonce, uri, response, cnonce, nc] = ["username", "nonce", "uri", "response", "cnonce", "nc"].map((name) => fields.get(name));
  const algorithm = (fields.get("algorithm") ?? "MD5").toUpperCase();
  if (algorithm !== "MD5" && algorithm !== "SHA-256") return undefined;
  if (user === undefined || nonce === undefined || uri === undefined || response === undefined || cnonce === undefined || !/^[0-9a-f]{8}$/i.test(nc ?? ""))
    return undefined;
  return { user, nonce, uri, response: response.toLowerCase(), cnonce, count: Number.parseInt(nc!, 16), algorithm };
}

/** `name=value` and `name="value"`, parted by commas. The first of a name counts. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(/([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)) {
    const key = name!.toLowerCase();
    if (!fields.has(key)) fields.set(key, quoted === undefined ? plain! : quoted.replace(/\\(.)/g, "$1"));
  }
  return fields;
}
