import { compareBytes, concatBytes, sameBytes } from "./bytes.ts";
import { encodeCbor } from "./cbor.ts";
import { byteString, keyId, protectedHeader, readByteString } from "./cose.ts";
import { verifyStrictly } from "./ed25519.ts";
import { err, ok, type Result } from "./result.ts";
import { byteStringHead, externalAad, type Verifier } from "./signature.ts";
import type { SignedError } from "./signed.ts";
import type { Signer } from "./signer.ts";

/** The root keys, off-line, of which `threshold` must sign. */
export interface RootSet {
  /** 1, 2, 3 …; +1 for each change of keys or threshold. */
  readonly version: number;
  /** 1..number of keys. */
  readonly threshold: number;
  /** 1..{@link ROOT_KEYS_MAX} distinct public keys of 32 bytes. */
  readonly keys: readonly Uint8Array[];
}

/** More root holders than any campus has. */
export const ROOT_KEYS_MAX = 16;
/** No trust list is longer. */
export const TRUST_LIST_BYTES_MAX = 65_536;
/** A list that brings new roots is signed by the old and by the new. */
const SIGNATURES_MAX = 2 * ROOT_KEYS_MAX;
/** The head of one COSE_Signature, a kid and 64 bytes of signature. */
const SIGNATURE_BYTES = 82;

/** `["Signature", body_protected, sign_protected, external_aad, payload]`, the body's header empty. RFC 9052 §4.4. */
export function rootSigStructure(site: string, header: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(["Signature", new Uint8Array(0), header, externalAad("trustList", site), payload]);
}

/** What one root has to say of a payload. */
export interface RootSignature {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** One root's signature over a trust list's payload. */
export const signAsRoot = (site: string, payload: Uint8Array, { publicKey, sign }: Signer): RootSignature => ({
  publicKey,
  signature: sign(rootSigStructure(site, protectedHeader(keyId(publicKey)), payload)),
});

/** Whether a root has signed this payload. */
export const holdsForRoot = (site: string, payload: Uint8Array, { publicKey, signature }: RootSignature, verifier: Verifier): boolean =>
  signature.length === 64 && verifyStrictly(verifier, publicKey, rootSigStructure(site, protectedHeader(keyId(publicKey)), payload), signature);

/** COSE_Sign `[h'', {}, payload, [[protected, {}, signature]…]]`, untagged, the signatures in ascending order of their key ids. RFC 9052 §4.1. */
export function joinRootSignatures(payload: Uint8Array, given: readonly RootSignature[]): Uint8Array {
  const signatures = given
    .map(({ publicKey, signature }) =>
      concatBytes([Uint8Array.of(0x83), byteString(protectedHeader(keyId(publicKey))), Uint8Array.of(0xa0), byteString(signature)]),
    )
    .sort(compareBytes);
  return concatBytes([Uint8Array.of(0x84, 0x40, 0xa0), byteString(payload), arrayHead(signatures.length), ...signatures]);
}

/** Signs a trust list's payload with several root keys at once. */
export const signByRoots = (site: string, payload: Uint8Array, signers: readonly Signer[]): Uint8Array =>
  joinRootSignatures(payload, signers.map((signer) => signAsRoot(site, payload, signer))); // prettier-ignore

/**
 * The payload of a trust list that `threshold` of these root keys have signed. Signatures of keys outside the set are passed over (a new root is signed
 * by the old and by the new keys); one of a key of the set that does not hold refuses the whole.
 */
export function verifyByRoots(site: string, bytes: Uint8Array, roots: RootSet, verifier: Verifier): Result<Uint8Array, SignedError> {
  if (bytes.length > TRUST_LIST_BYTES_MAX) return err("RecordTooLarge", `${bytes.length} bytes, at most ${TRUST_LIST_BYTES_MAX}`);
  const malformed = err("RecordMalformed", "not a COSE_Sign of a trust list");
  const payload = readPayload(bytes);
  if (payload === undefined) return malformed;
  const rest = bytes.length - payload.end;
  const count = Math.floor(rest / SIGNATURE_BYTES);
  const head = arrayHead(count);
  const start = payload.end + head.length;
  if (count < 1 || count > SIGNATURES_MAX || rest !== head.length + count * SIGNATURE_BYTES) return malformed;
  if (!sameBytes(bytes.subarray(payload.end, start), head)) return malformed;
  let signed = 0;
  let previous = new Uint8Array(0);
  for (let offset = start; offset < bytes.length; offset += SIGNATURE_BYTES) {
    const signature = readSignature(bytes.subarray(offset, offset + SIGNATURE_BYTES));
    if (signature === undefined || compareBytes(previous, signature.kid) >= 0) return malformed;
    previous = signature.kid;
    const key = roots.keys.find((candidate) => sameBytes(keyId(candidate), signature.kid));
    if (key === undefined) continue;
    if (!verifyStrictly(verifier, key, rootSigStructure(site, signature.header, payload.value), signature.value))
      return err("SignatureInvalid", `a root signature does not hold as trust list for ${site}`);
    signed++;
  }
  if (signed < roots.threshold) return err("SignatureInvalid", `signed by ${signed} of the known root keys, ${roots.threshold} are needed`);
  return ok(payload.value.slice());
}

/** The shortest head of a CBOR array. RFC 8949 §3. */
const arrayHead = (length: number): Uint8Array => (length < 24 ? Uint8Array.of(0x80 | length) : Uint8Array.of(0x98, length));

/** The payload of bytes that roots may have signed, unverified; undefined: they are no such thing. */
export const payloadOfRootSigned = (bytes: Uint8Array): Uint8Array | undefined =>
  bytes.length > TRUST_LIST_BYTES_MAX ? undefined : readPayload(bytes)?.value.slice();

const readPayload = (bytes: Uint8Array): ReturnType<typeof readByteString> =>
  sameBytes(bytes.subarray(0, 3), Uint8Array.of(0x84, 0x40, 0xa0)) ? readByteString(bytes, 3) : undefined;

function readSignature(bytes: Uint8Array): { readonly kid: Uint8Array<ArrayBuffer>; readonly header: Uint8Array; readonly value: Uint8Array } | undefined {
  const kid = bytes.slice(7, 15);
  const header = protectedHeader(kid);
  const expected = concatBytes([Uint8Array.of(0x83), byteString(header), Uint8Array.of(0xa0), byteStringHead(64)]);
  return sameBytes(bytes.subarray(0, expected.length), expected) ? { kid, header, value: bytes.subarray(expected.length) } : undefined;
}
