/** Ed25519 as everything here uses it. Strictness (canonical S, A, R; no small order) stands before it, not in it: see ed25519.ts. */
export interface Verifier {
  /**
   * @param publicKey  32 bytes
   * @param message    the Sig_structure
   * @param signature  64 bytes
   * @returns false for any bytes that do not verify; never throws
   */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** What a signature is for. The number stands in the external_aad, so no kind passes for another. Source: docs/card-format.md. */
export const SIGNED_KIND = {
  passT: 1,
  passH: 2,
  passHC: 3,
  possession: 4,
  trustList: 5,
  head: 6,
  delta: 7,
  command: 8,
  fieldTicket: 9,
  events: 10,
  time: 11,
  configuration: 12,
  checkpoint: 13,
  commissioning: 14,
  unlockGrant: 15,
  lockList: 16,
  denySet: 17,
} as const;
export type SignedKind = keyof typeof SIGNED_KIND;

/** The site that was asked about last: a controller has one. */
let checkedSite = "";

/** A site id: 1..32 of `a-z`, `0-9`, `-`. */
export const isSiteId = (site: string): boolean => /^[a-z0-9-]{1,32}$/.test(site);

/**
 * external_aad: "CP1" ‖ kind byte ‖ site id in ASCII. Never transmitted.
 *
 * @throws RangeError for what is no site id: the caller's mistake, and another text could stand for the same bytes
 */
export function externalAad(kind: SignedKind, site: string): Uint8Array {
  if (site !== checkedSite && !isSiteId(site)) throw new RangeError("a site id is 1 to 32 of a-z, 0-9 and -");
  checkedSite = site;
  const aad = new Uint8Array(4 + site.length);
  aad[0] = 0x43;
  aad[1] = 0x50;
  aad[2] = 0x31;
  aad[3] = SIGNED_KIND[kind];
  for (let i = 0; i < site.length; i++) aad[4 + i] = site.charCodeAt(i);
  return aad;
}

/**
 * The bytes that an Ed25519 key signs: CBOR `["Signature1", protected, external_aad, payload]`. RFC 9052 §4.4.
 *
 * @param protectedHeader  the serialized map, without its byte-string head
 * @param payload          the claims, without their byte-string head
 */
export function sigStructure1(protectedHeader: Uint8Array, aad: Uint8Array, payload: Uint8Array): Uint8Array {
  const length = byteStringLength(protectedHeader) + byteStringLength(aad) + byteStringLength(payload);
  const bytes = new Uint8Array(CONTEXT.length + length);
  bytes.set(CONTEXT);
  let at = putByteString(bytes, CONTEXT.length, protectedHeader);
  at = putByteString(bytes, at, aad);
  putByteString(bytes, at, payload);
  return bytes;
}

/** array(4), text(10) "Signature1" */
const CONTEXT = Uint8Array.of(0x84, 0x6a, 0x53, 0x69, 0x67, 0x6e, 0x61, 0x74, 0x75, 0x72, 0x65, 0x31);

function byteStringLength({ length }: Uint8Array): number {
  return length + (length < 24 ? 1 : length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5);
}

/** Puts head and bytes at a place; answers with the place behind them. What stands at doors is short: no head is made for itself. */
function putByteString(into: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  let next = at;
  if (length < 24) into[next++] = 0x40 | length;
  else {
    const head = byteStringHead(length);
    into.set(head, next);
    next += head.length;
  }
  into.set(bytes, next);
  return next + length;
}

/** The shortest head of a CBOR byte string. RFC 8949 §3. Lengths up to 2³²−1. */
export function byteStringHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 | length);
  if (length < 0x100) return Uint8Array.of(0x58, length);
  if (length < 0x1_0000) return Uint8Array.of(0x59, length >> 8, length & 0xff);
  return Uint8Array.of(0x5a, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff);
}
