import { concatBytes, sameBytes } from "./bytes.ts";
import { byteStringHead } from "./signature.ts";

/** The id of a key that stands in no trust list: its first 8 bytes. It only finds the key; the signature tells it apart. */
export const keyId = (publicKey: Uint8Array): Uint8Array => publicKey.slice(0, 8);

/**
 * The protected header `{1: -19, 4: kid}`: Ed25519 (RFC 9864) and the key's id, deterministic.
 *
 * @param kid  2 or 8 bytes
 */
export function protectedHeader(kid: Uint8Array): Uint8Array {
  return Uint8Array.of(0xa2, 0x01, 0x32, 0x04, 0x40 | kid.length, ...kid);
}

/** A CBOR byte string with the shortest head. */
export const byteString = (value: Uint8Array): Uint8Array => concatBytes([byteStringHead(value.length), value]);

/** The byte string at an offset, as a view; undefined where there is none, or its head is not the shortest. */
export function readByteString(bytes: Uint8Array, offset: number): { readonly value: Uint8Array; readonly end: number } | undefined {
  const first = bytes[offset] ?? 0;
  const headBytes = { 0x58: 2, 0x59: 3, 0x5a: 5 }[first] ?? 1;
  let length = headBytes === 1 ? first & 0x1f : 0;
  for (let i = 1; i < headBytes; i++) length = length * 256 + (bytes[offset + i] ?? 0);
  const start = offset + headBytes;
  if (start + length > bytes.length || !sameBytes(bytes.subarray(offset, start), byteStringHead(length))) return undefined;
  return { value: bytes.subarray(start, start + length), end: start + length };
}
