import { hash } from "node:crypto";

/**
 * SHA-256 by node:crypto: the `Sha256` of controllers and clouds, 32 bytes. As text of a character for each byte: node makes a buffer in three times the time
 * that all of this takes, and `createHash` is slower still.
 */
export function nodeSha256(bytes: Uint8Array): Uint8Array {
  const text = hash("sha256", bytes, "binary");
  const digest = new Uint8Array(32);
  for (let at = 0; at < 32; at++) digest[at] = text.charCodeAt(at);
  return digest;
}
