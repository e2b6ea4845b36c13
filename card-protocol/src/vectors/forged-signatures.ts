import nacl from "tweetnacl";
import { seedOf } from "./vector-campus.ts";

/** The group order. RFC 8032 §5.1. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The signature with S + k·L for S: the same point, so a verifier that does not compare S with L takes it. */
export function withSPlus(signature: Uint8Array, k: number): Uint8Array {
  return joined(signature.subarray(0, 32), toBytes(fromBytes(signature.subarray(32)) + BigInt(k) * L));
}

/**
 * A signature that holds for a key of small order without anybody's secret: R = S·B, and a message for which h·A is nothing.
 * Undefined where none was found among 64 candidates.
 */
export function forgedFor(smallOrderKey: Uint8Array, message: Uint8Array): Uint8Array | undefined {
  for (let i = 0; i < 64; i++) {
    const seed = seedOf(0x80 + i);
    const signature = joined(nacl.sign.keyPair.fromSeed(seed).publicKey, toBytes(secretScalar(seed) % L));
    if (nacl.sign.detached.verify(message, signature, smallOrderKey)) return signature;
  }
  return undefined;
}

/** A signature by the right key whose R is the neutral point: S = h·a. It holds, and shows the key's owner to have signed without chance. */
export function withNeutralR(seed: Uint8Array, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const neutral = toBytes(1n);
  const h = fromBytes(nacl.hash(joined(neutral, publicKey, message)));
  return joined(neutral, toBytes(((h % L) * secretScalar(seed)) % L));
}

/** The signature with another S. */
export const withS = (signature: Uint8Array, s: "L" | "L-1" | "0"): Uint8Array => joined(signature.subarray(0, 32), toBytes({ L, "L-1": L - 1n, "0": 0n }[s]));

/** RFC 8032 §5.1.5. */
function secretScalar(seed: Uint8Array): bigint {
  const bytes = nacl.hash(seed).slice(0, 32);
  bytes[0] = bytes[0]! & 0xf8;
  bytes[31] = (bytes[31]! & 0x7f) | 0x40;
  return fromBytes(bytes);
}

const fromBytes = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
const toBytes = (value: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
