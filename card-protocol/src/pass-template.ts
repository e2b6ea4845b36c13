import type { PassKind } from "./pass.ts";
import type { SignedKind } from "./signature.ts";

/** Stands before the Base45 text of every pass. */
export const PASS_PREFIX = "CP1:";

/** What a field of a pass means, by the letter that stands for its bytes in a layout. */
export const PASS_FIELD = {
  k: "kid of the issuer's key",
  i: "credential id",
  x: "expiry, u32 seconds",
  y: "expiry again: the counter of a T",
  t: "signed at, u32 seconds by the phone",
  n: "counter",
  q: "the reader's challenge",
  s: "Ed25519 signature",
} as const;
export type PassField = keyof typeof PASS_FIELD;

/**
 * One kind of pass, byte by byte: COSE_Sign1 (RFC 9052 §4.2) with CWT claims (RFC 8392), the shortest encoding written out.
 * Everything but the fields is constant, so reading is comparing and no CBOR parser sees an unverified byte.
 */
export interface PassTemplate {
  readonly kind: PassKind;
  /** Whose external_aad the signature covers. */
  readonly signedKind: SignedKind;
  /** Two characters a byte: hex digits for a constant, the letter of a {@link PassField} twice for a byte of it. */
  readonly layout: string;
  /** Bytes of the COSE_Sign1: 98, 96 or 106. */
  readonly byteLength: number;
  /** Characters with prefix: 151, 148 or 163. */
  readonly textLength: number;
  /** Pairs (offset, byte) of every constant, in order. */
  readonly constants: Uint8Array;
  /** Where each field begins; undefined for one that this kind lacks. */
  readonly offset: Readonly<Partial<Record<PassField, number>>>;
  /** The protected header without its byte-string head: from ≤ offset < until. */
  readonly protectedFrom: number;
  readonly protectedUntil: number;
  /** The claims without their byte-string head. */
  readonly payloadFrom: number;
  readonly payloadUntil: number;
  /** The 64 bytes of the signature, up to the end. */
  readonly signatureFrom: number;
}

const SIGNATURE = "5840" + "ss".repeat(64);

/** The templates by kind. Source: docs/card-format.md, "Three kinds". */
export const PASS_TEMPLATE: Readonly<Record<PassKind, PassTemplate>> = {
  // {1 alg: -19 Ed25519 (RFC 9864), 4 kid: 2 bytes} · {} · {4 exp, 7 cti: credential id ‖ exp}
  T: template("T", "passT", "84 47 a2013204 42kkkk a0 55 a2041axxxxxxxx 074ciiiiiiiiiiiiiiiiyyyyyyyy"),
  // {1 alg, 4 kid: credential id} · {} · {6 iat, 7 cti: counter}
  H: template("H", "passH", "84 4d a2013204 48iiiiiiiiiiiiiiii a0 4d a2061atttttttt 0744nnnnnnnn"),
  // {1 alg, 4 kid: credential id} · {} · {6 iat, 7 cti: counter, 10 nonce}
  HC: template("HC", "passHC", "84 4d a2013204 48iiiiiiiiiiiiiiii a0 57 a3061atttttttt 0744nnnnnnnn 0a48qqqqqqqqqqqqqqqq"),
};

/** By growing length: H, T, HC. */
export const PASS_TEMPLATES: readonly PassTemplate[] = [PASS_TEMPLATE.H, PASS_TEMPLATE.T, PASS_TEMPLATE.HC];

/** Reads the u32, big-endian, at an offset. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}

/** Writes a u32, big-endian, at an offset. */
export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

function template(kind: PassKind, signedKind: SignedKind, body: string): PassTemplate {
  const layout = body.replace(/ /g, "") + SIGNATURE;
  const byteLength = layout.length / 2;
  const constants: number[] = [];
  const offset: Partial<Record<PassField, number>> = {};
  for (let at = 0; at < byteLength; at++) {
    const two = layout.slice(2 * at, 2 * at + 2);
    const letter = two.charAt(0);
    if (!isField(letter)) constants.push(at, parseInt(two, 16));
    else if (offset[letter] === undefined) offset[letter] = at;
  }
  const lengthOfString = (at: number): number => parseInt(layout.slice(2 * at, 2 * at + 2), 16) & 0x1f;
  const protectedUntil = 2 + lengthOfString(1);
  const payloadFrom = protectedUntil + 2;
  return {
    kind,
    signedKind,
    layout,
    byteLength,
    textLength: PASS_PREFIX.length + (byteLength / 2) * 3,
    constants: Uint8Array.from(constants),
    offset,
    protectedFrom: 2,
    protectedUntil,
    payloadFrom,
    payloadUntil: payloadFrom + lengthOfString(payloadFrom - 1),
    signatureFrom: byteLength - 64,
  };
}

function isField(letter: string): letter is PassField {
  return Object.prototype.hasOwnProperty.call(PASS_FIELD, letter);
}
