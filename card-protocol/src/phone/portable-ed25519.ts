import nacl from "tweetnacl";
import type { Verifier } from "../signature.ts";
import type { Signer } from "../signer.ts";

/**
 * Ed25519 by tweetnacl: phones, browsers, and the reference for node's. Not strict by itself, as {@link Verifier} says: it takes S + L and small
 * orders, so `verifyStrictly` or steps 6 and 7 stand before it.
 */
export const portableVerifier: Verifier = {
  verify(publicKey, message, signature) {
    return publicKey.length === 32 && signature.length === 64 && nacl.sign.detached.verify(own(message), own(signature), own(publicKey));
  },
};

/**
 * A key by tweetnacl; one signature takes about 50 ms on a phone without JIT.
 *
 * @param seed  32 unpredictable bytes (RFC 8032 §5.1.5), from the platform's own generator; whoever has them signs
 * @throws RangeError for another length
 */
export function portableSigner(seed: Uint8Array): Signer {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, not ${seed.length}`);
  const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(own(seed));
  return { publicKey, sign: (message) => nacl.sign.detached(own(message), secretKey) };
}

/** Mini programs hand over bytes of another realm, which tweetnacl does not take for a Uint8Array. */
const own = (bytes: Uint8Array): Uint8Array => (bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes));
