import { createCipheriv, createDecipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from "node:crypto";

/** Something that one key alone opens. */
export interface Sealed {
  /** X25519 key that was made for this one, 32 bytes. */
  readonly ephemeral: Uint8Array;
  /** AES-256-GCM: as many bytes as were sealed, then a tag of 16. */
  readonly box: Uint8Array;
}

/** Opens what was sealed for its Ed25519 key. */
export interface Opener {
  /** Of the key, Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Undefined: it was not sealed for this key and this context, or was altered. */
  open(sealed: Sealed, context: Uint8Array): Uint8Array | undefined;
}

const TAG_BYTES = 16;
/** A key of the box serves once. */
const NONCE = new Uint8Array(12);

/**
 * Seals bytes for the holder of an Ed25519 key: X25519 with the key's Montgomery form, HKDF-SHA256, AES-256-GCM. Says nothing of who sealed them.
 *
 * @param publicKey      of the holder, a strict Ed25519 key, 32 bytes
 * @param context        what it is for: who opens it for something else finds nothing
 * @param ephemeralSeed  32 unpredictable bytes, never again
 */
export function seal(publicKey: Uint8Array, plain: Uint8Array, context: Uint8Array, ephemeralSeed: Uint8Array): Sealed {
  const own = privateKey(ephemeralSeed);
  const ephemeral = rawPublicKey(own);
  const cipher = createCipheriv("aes-256-gcm", boxKey(diffieHellman({ privateKey: own, publicKey: imported(montgomeryOf(publicKey)) }), ephemeral, publicKey, context), NONCE); // prettier-ignore
  return { ephemeral, box: new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])) };
}

/** @param seed  of the Ed25519 key, 32 bytes @param publicKey  of the same key */
export function nodeOpener(seed: Uint8Array, publicKey: Uint8Array): Opener {
  // RFC 8032 §5.1.5: the scalar of an Ed25519 key is the first half of its seed's SHA-512, and X25519 clamps it alike.
  const own = privateKey(createHash("sha512").update(seed).digest().subarray(0, 32));
  return {
    publicKey,
    open({ ephemeral, box }, context) {
      if (ephemeral.length !== 32 || box.length < TAG_BYTES) return undefined;
      try {
        const secret = diffieHellman({ privateKey: own, publicKey: imported(ephemeral) }); // refuses points of small order
        const decipher = createDecipheriv("aes-256-gcm", boxKey(secret, ephemeral, publicKey, context), NONCE);
        decipher.setAuthTag(box.subarray(-TAG_BYTES));
        return new Uint8Array(Buffer.concat([decipher.update(box.subarray(0, -TAG_BYTES)), decipher.final()]));
      } catch {
        return undefined;
      }
    },
  };
}

const boxKey = (secret: Uint8Array, ephemeral: Uint8Array, publicKey: Uint8Array, context: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", secret, Buffer.concat([ephemeral, publicKey]), context, 32));

const P = 2n ** 255n - 19n;

/** RFC 7748 §4.1: u = (1 + y) / (1 − y). */
function montgomeryOf(edwards: Uint8Array): Uint8Array {
  const y = edwards.reduceRight((sum, byte, at) => sum * 256n + BigInt(at === 31 ? byte & 0x7f : byte), 0n);
  let u = ((1n + y) * power((1n - y + P) % P, P - 2n)) % P;
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(u & 0xffn);
    u >>= 8n;
    return byte;
  });
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

/** RFC 8410 §7: PrivateKeyInfo of an X25519 key up to its bytes. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");
const privateKey = (bytes: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, bytes]), format: "der", type: "pkcs8" });
const imported = (bytes: Uint8Array): KeyObject => createPublicKey({ key: { kty: "OKP", crv: "X25519", x: Buffer.from(bytes).toString("base64url") }, format: "jwk" }); // prettier-ignore
const rawPublicKey = (key: KeyObject): Uint8Array => new Uint8Array(Buffer.from(createPublicKey(key).export({ format: "jwk" }).x!, "base64url"));
