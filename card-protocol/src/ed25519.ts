import type { Verifier } from "./signature.ts";

/** The group order L, little-endian. RFC 8032 §5.1. */
const L = littleEndian("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
/** The field prime p = 2²⁵⁵ − 19, little-endian. RFC 8032 §5.1. */
const P = littleEndian("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
/** The y of every point whose order divides 8; the sign bit of x is masked before comparing. Derived from the curve in ed25519.test.ts. */
const SMALL_ORDER_Y = [
  littleEndian("0000000000000000000000000000000000000000000000000000000000000000"),
  littleEndian("0000000000000000000000000000000000000000000000000000000000000001"),
  littleEndian("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"),
  littleEndian("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"),
  littleEndian("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826"),
];

/**
 * A point as a strict verifier takes it: 32 bytes, y < p, not of small order. Whether such a point exists on the curve is left to the
 * verifier. With a key of small order anybody can sign, so enrolment asks this of every key.
 */
export function isStrictPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === 32 && isStrictPoint(publicKey);
}

/**
 * A signature with one encoding: 64 bytes R ‖ S, S < L (RFC 8032 §5.1.7), y of R < p, R not of small order.
 * Without this S + L verifies in tweetnacl as well as S.
 */
export function isStrictSignature(signature: Uint8Array): boolean {
  return signature.length === 64 && isBelow(signature, 32, L, 0xff) && isStrictPoint(signature);
}

/** True when key and signature are strict and the signature holds: the only way a signature is judged here. Never throws. */
export function verifyStrictly(verifier: Verifier, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return isStrictPublicKey(publicKey) && isStrictSignature(signature) && verifier.verify(publicKey, message, signature);
}

/** The first 32 bytes as a point. */
function isStrictPoint(bytes: Uint8Array): boolean {
  if (!isBelow(bytes, 0, P, 0x7f)) return false;
  for (let i = 0; i < SMALL_ORDER_Y.length; i++) if (isY(bytes, SMALL_ORDER_Y[i]!)) return false;
  return true;
}

/** Compares 32 little-endian bytes at an offset with a bound, from the top; `topMask` is applied to the highest byte. */
function isBelow(bytes: Uint8Array, offset: number, bound: Uint8Array, topMask: number): boolean {
  let mask = topMask;
  for (let i = 31; i >= 0; i--) {
    const byte = bytes[offset + i]! & mask;
    const limit = bound[i]!;
    if (byte !== limit) return byte < limit;
    mask = 0xff;
  }
  return false;
}

function isY(bytes: Uint8Array, y: Uint8Array): boolean {
  if ((bytes[31]! & 0x7f) !== y[31]) return false;
  for (let i = 30; i >= 0; i--) if (bytes[i] !== y[i]) return false;
  return true;
}

function littleEndian(hex: string): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[31 - i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
