import { concatBytes, sameBytes } from "./bytes.ts";
import { isArray } from "./cbor.ts";
import { byteString, protectedHeader, readByteString } from "./cose.ts";
import { verifyStrictly } from "./ed25519.ts";
import { err, ok, type Result } from "./result.ts";
import { externalAad, type SignedKind, sigStructure1, type Verifier } from "./signature.ts";
import type { Signer } from "./signer.ts";
import type { CborValue } from "./cbor-value.ts";

/** The kinds that are COSE_Sign1 around a CBOR payload. Passes have templates of their own, the trust list is COSE_Sign. */
export type RecordKind = Exclude<SignedKind, "passT" | "passH" | "passHC" | "trustList">;

/**
 * For each kind: the most bytes that are looked at, and the length of its key id. 2 bytes: a kid of the trust list; 8 bytes: a key that stands in no
 * trust list (a phone's, a controller's) and is named by {@link keyId}.
 */
export const RECORD = {
  possession: { bytesMax: 512, kidBytes: 8 },
  head: { bytesMax: 4096, kidBytes: 2 },
  delta: { bytesMax: 65_536, kidBytes: 2 },
  command: { bytesMax: 2048, kidBytes: 2 },
  fieldTicket: { bytesMax: 1024, kidBytes: 2 },
  events: { bytesMax: 1_048_576, kidBytes: 8 },
  time: { bytesMax: 512, kidBytes: 2 },
  configuration: { bytesMax: 65_536, kidBytes: 2 },
  checkpoint: { bytesMax: 4096, kidBytes: 2 },
  commissioning: { bytesMax: 262_144, kidBytes: 8 },
  unlockGrant: { bytesMax: 320, kidBytes: 8 },
  lockList: { bytesMax: 16_384, kidBytes: 8 },
  denySet: { bytesMax: 8_320, kidBytes: 8 },
} as const satisfies Record<RecordKind, { bytesMax: number; kidBytes: 2 | 8 }>;

/**
 * Why a signed record is not believed, in the order of looking: too many bytes; not the one form of its kind; the key is unknown, of another usage or
 * out of its time; the signature does not hold for this kind and this site.
 */
export type SignedError = "RecordTooLarge" | "RecordMalformed" | "KeyUntrusted" | "SignatureInvalid";

/** The key that a kid names, 32 bytes, or why it is not trusted for what it signed. */
export type KeyFor = (kid: Uint8Array) => Result<Uint8Array, "KeyUntrusted">;

/**
 * Signs a payload: `[protected, {}, payload, signature]`, untagged. RFC 9052 §4.2.
 *
 * @param kid      as many bytes as {@link RECORD} says for the kind
 * @param payload  the exact bytes that are signed
 */
export function sign1(kind: RecordKind, site: string, kid: Uint8Array, payload: Uint8Array, signer: Signer): Uint8Array {
  const header = protectedHeader(kid);
  const signature = signer.sign(sigStructure1(header, externalAad(kind, site), payload));
  return concatBytes([Uint8Array.of(0x84), byteString(header), Uint8Array.of(0xa0), byteString(payload), byteString(signature)]);
}

/**
 * The payload of a record whose signature holds for this kind and this site. The envelope is compared byte for byte, never parsed leniently; the
 * payload is not looked into.
 *
 * @returns payload and kid as bytes of their own
 */
export function verify1(
  kind: RecordKind,
  site: string,
  bytes: Uint8Array,
  keyFor: KeyFor,
  verifier: Verifier,
): Result<{ readonly kid: Uint8Array; readonly payload: Uint8Array }, SignedError> {
  const { bytesMax, kidBytes } = RECORD[kind];
  if (bytes.length > bytesMax) return err("RecordTooLarge", `${bytes.length} bytes, at most ${bytesMax}`);
  const malformed = err("RecordMalformed", `not a COSE_Sign1 of a ${kind} record`);
  const header = readByteString(bytes, 1);
  if (bytes[0] !== 0x84 || header?.value.length !== 5 + kidBytes) return malformed;
  const kid = header.value.slice(5);
  const payload = readByteString(bytes, header.end + 1);
  if (!sameBytes(header.value, protectedHeader(kid)) || bytes[header.end] !== 0xa0 || payload === undefined) return malformed;
  const signature = readByteString(bytes, payload.end);
  if (signature?.value.length !== 64 || signature.end !== bytes.length) return malformed;
  const key = keyFor(kid);
  if (!key.ok) return key;
  const signed = sigStructure1(header.value, externalAad(kind, site), payload.value);
  if (!verifyStrictly(verifier, key.value, signed, signature.value)) return err("SignatureInvalid", `does not hold as ${kind} for ${site}`);
  // The payload ends what was signed: these bytes are nobody else's, and it is not copied once more.
  return ok({ kid, payload: signed.subarray(signed.length - payload.value.length) });
}

/** The elements of a payload that is an array of that many. */
export const elementsOf = (value: CborValue, count: number): readonly CborValue[] | undefined => (isArray(value) && value.length === count ? value : undefined);
/** True for a byte string of that length. */
export const isBytes = (value: unknown, length: number): value is Uint8Array => value instanceof Uint8Array && value.length === length;
/** True for an id or a word of 1..64 characters without white space. */
export const isWord = (value: unknown): value is string => typeof value === "string" && /^\S{1,64}$/.test(value);
