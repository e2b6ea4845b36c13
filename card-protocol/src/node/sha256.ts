import { hash } from "node:crypto";

const HASH_BYTES = 32;

/**
 * SHA-256 by node:crypto: the `Sha256` of controllers and clouds. 32 bytes of their own. By way of a text of one character a byte, as which Node gives short
 * results away in half the time of a Buffer: 0.35 µs for a key, where a Buffer takes 0.9 and `createHash` more.
 */
export function nodeSha256(bytes: Uint8Array): Uint8Array {
  const text = hash("sha256", bytes, "binary");
  const own = new Uint8Array(HASH_BYTES);
  for (let at = 0; at < HASH_BYTES; at++) own[at] = text.charCodeAt(at);
  return own;
}
