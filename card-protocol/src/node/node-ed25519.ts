import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Verifier } from "../signature.ts";
import type { Signer } from "../signer.ts";

/**
 * Ed25519 by node:crypto: controllers and clouds. Not strict by itself, as {@link Verifier} says; behind the strict checks it gives the same
 * answer as `portableVerifier` to every vector.
 */
export const nodeVerifier: Verifier = {
  verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    return verify(null, message, importedPublicKey(publicKey), signature);
  },
};

/**
 * A key by node:crypto.
 *
 * @param seed  32 unpredictable bytes (RFC 8032 §5.1.5); whoever has them signs
 * @throws RangeError for another length
 */
export function nodeSigner(seed: Uint8Array): Signer {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, not ${seed.length}`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  return { publicKey: new Uint8Array(Buffer.from(x!, "base64url")), sign: (message) => new Uint8Array(sign(null, message, key)) };
}

/** RFC 8410 §7: PrivateKeyInfo of an Ed25519 key up to the seed. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** As JWK (RFC 8037): 6 µs, where SPKI takes 130. */
function importedPublicKey(publicKey: Uint8Array): KeyObject {
  // Copied: small bytes have no memory outside of V8 until somebody asks for it, and making that takes longer.
  const x = Buffer.from(publicKey).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}
