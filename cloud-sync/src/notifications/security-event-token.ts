import { bytesToHex, type Signer } from "@portico/card-protocol";
import type { Notification } from "./notification.ts";

/** RFC 8417 §2.3; deliveries of RFC 8935 bear the type alone. */
export const TOKEN_TYPE = "secevent+jwt";
/** What events of ours are called. */
export const EVENT_URI = "https://portico.invalid/events/";

/** For whom and in whose name a notification is signed. */
export interface TokenParties {
  readonly site: string;
  /** The public key of the caller that it is for, in hex. */
  readonly audience: string;
  readonly signer: Signer;
}

/**
 * A notification as a security event token: a JWT, RFC 8417, signed with EdDSA, RFC 8037. The same notification for the same audience is the same text.
 */
export function securityEventToken(notification: Notification, { site, audience, signer }: TokenParties): string {
  const { id, seq, at, kind, person, body } = notification;
  const claims = {
    iss: issuerOf(site),
    aud: audience,
    iat: at,
    jti: id,
    seq,
    // RFC 9493 §3.2.2
    ...(person === null ? {} : { sub_id: { format: "opaque", id: person } }),
    events: { [`${EVENT_URI}${kind}`]: body },
  };
  const signed = `${encoded({ alg: "EdDSA", typ: TOKEN_TYPE, kid: kidOf(signer) })}.${encoded(claims)}`;
  return `${signed}.${Buffer.from(signer.sign(Buffer.from(signed))).toString("base64url")}`;
}

export const issuerOf = (site: string): string => `urn:portico:${site}`;

/** The set of keys that tokens are signed with. RFC 7517, RFC 8037 §2. */
export const keySet = (signer: Signer) => ({
  keys: [{ kty: "OKP", crv: "Ed25519", use: "sig", alg: "EdDSA", kid: kidOf(signer), x: Buffer.from(signer.publicKey).toString("base64url") }],
});

const kidOf = ({ publicKey }: Signer): string => bytesToHex(publicKey.slice(0, 8));
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
