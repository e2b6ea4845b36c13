import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from "node:crypto";
import type { AgreementKey } from "../lock/agreement-key.ts";
import type { SessionCrypto } from "../lock/lock-session.ts";
import { nodeSha256 } from "./sha256.ts";

const TAG = { authTagLength: 16 } as const;
const TAG_BYTES = 16;

/** Sessions with locks by node:crypto. */
export const nodeSessionCrypto: SessionCrypto = {
  sha256: nodeSha256,
  hkdf: (secret, salt, purpose, length) => new Uint8Array(hkdfSync("sha256", secret, salt, purpose, length)),
  seal(key, nonce, plain, additional) {
    const cipher = createCipheriv("chacha20-poly1305", key, nonce, TAG);
    cipher.setAAD(additional, { plaintextLength: plain.length });
    return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  },
  open(key, nonce, box, additional) {
    if (box.length < TAG_BYTES) return undefined;
    const decipher = createDecipheriv("chacha20-poly1305", key, nonce, TAG);
    decipher.setAAD(additional, { plaintextLength: box.length - TAG_BYTES });
    decipher.setAuthTag(box.subarray(-TAG_BYTES));
    const plain = decipher.update(box.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return new Uint8Array(plain);
  },
  agreementKey: nodeAgreementKey,
};

/**
 * An X25519 key by node:crypto.
 *
 * @param secret  32 unpredictable bytes; whoever has them agrees
 * @throws RangeError for another length
 */
export function nodeAgreementKey(secret: Uint8Array): AgreementKey {
  if (secret.length !== 32) throw new RangeError(`an X25519 key has 32 bytes, not ${secret.length}`);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: "der", type: "pkcs8" });
  return {
    publicKey: new Uint8Array(Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x!, "base64url")),
    agree(publicKey) {
      if (publicKey.length !== 32) return undefined;
      try {
        return new Uint8Array(diffieHellman({ privateKey, publicKey: imported(publicKey) }));
      } catch {
        return undefined; // of small order
      }
    },
  };
}

/** RFC 8410 §7: PrivateKeyInfo of an X25519 key up to its bytes. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");
const imported = (bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv: "X25519", x: Buffer.from(bytes).toString("base64url") }, format: "jwk" });
