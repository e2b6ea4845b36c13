/**
 * Which HTTP message signatures (RFC 9421) the API takes. Not `@target-uri`: behind a proxy that ends TLS the cloud sees another scheme than the caller
 * signed; authority, path and query come through as they were sent.
 */
export const COVERED_ALWAYS = ["@method", "@authority", "@path", "@query"] as const;
/** Covered where the request has them: what they say must not be changed on the way. */
export const COVERED_WHERE_SENT = ["content-digest", "idempotency-key", "portico-reason"] as const;
export const SIGNATURE_PARAMETERS = ["created", "keyid", "nonce", "alg"] as const;
export const ALGORITHM = "ed25519";
/** `created` is at most so many seconds off the cloud's clock, before or behind. */
export const SIGNATURE_WINDOW_S = 60;
/** A nonce is remembered for twice the window: as long as its signature could be taken. */
export const NONCE_LIFE_S = 2 * SIGNATURE_WINDOW_S;
export const NONCE = /^[A-Za-z0-9+/=_.:-]{16,64}$/;
/** Bytes of a body. */
export const BODY_BYTES_MAX = 1024 * 1024;
/** RFC 9421 §5: what is asked of whoever did not sign. */
export const ACCEPT_SIGNATURE = `sig=(${[...COVERED_ALWAYS, "content-digest"].map((name) => `"${name}"`).join(" ")});created;keyid;nonce;alg="${ALGORITHM}"`;
