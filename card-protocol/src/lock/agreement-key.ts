import nacl from "tweetnacl";

/** An X25519 key that agrees on secrets with others. RFC 7748 §5. */
export interface AgreementKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The secret that both keys alone can compute, 32 bytes; undefined for what is no key, or one of small order, with which everybody could compute it. */
  agree(publicKey: Uint8Array): Uint8Array | undefined;
}

/**
 * An X25519 key by tweetnacl: phones, and the reference for node's.
 *
 * @param secret  32 unpredictable bytes; whoever has them agrees
 * @throws RangeError for another length
 */
export function portableAgreementKey(secret: Uint8Array): AgreementKey {
  if (secret.length !== 32) throw new RangeError(`an X25519 key has 32 bytes, not ${secret.length}`);
  const own = Uint8Array.from(secret);
  return {
    publicKey: nacl.scalarMult.base(own),
    agree: (publicKey) => (publicKey.length === 32 ? unlessZero(nacl.scalarMult(own, Uint8Array.from(publicKey))) : undefined),
  };
}

/** RFC 7748 §6.1: a secret of zeros is nobody's. */
function unlessZero(secret: Uint8Array): Uint8Array | undefined {
  let bits = 0;
  for (let at = 0; at < secret.length; at++) bits |= secret[at]!;
  return bits === 0 ? undefined : secret;
}
