import { compareBytes } from "./bytes.ts";
import { SUSPENSION_REASONS } from "./suspension-reason.ts";
import type { CredentialId, PassKind } from "./pass.ts";
import { CAPABILITIES, type Capability, type Credential, CREDENTIAL_KINDS, HOLDER_FLAGS, type HolderFlag, type OfflineLimits } from "./permission.ts";
import { isU32, U32_MAX, type UnixSeconds, unixSeconds } from "./units.ts";

/** What a credential may do, as its row says it: by an access profile, by one for a while, or by itself. Numbers are those of the partition. */
export type RowGrant =
  | { readonly kind: "profile"; readonly profile: number }
  | { readonly kind: "profileFor"; readonly profile: number; readonly validFrom: UnixSeconds; readonly validUntil: UnixSeconds }
  | {
      readonly kind: "own";
      readonly validFrom: UnixSeconds;
      readonly validUntil: UnixSeconds;
      readonly capability: Capability;
      /** 0: always. */
      readonly schedule: number;
      /** 1 to 255 numbers of the zone, each 0..65,535, ascending. */
      readonly accessPoints: readonly number[];
    };

/** A credential with all that it may do. */
export interface CredentialRow {
  readonly credential: Credential;
  readonly grants: readonly RowGrant[];
}

const HEAD_BYTES = 16;
const KEY_BYTES = 32;
const LIMITS_BYTES = 14;
/** Of a grant of its own, before its access points. */
const OWN_BYTES = 13;
const OWN_POINTS_MAX = 255;
/** Bits of the sixth byte. */
const TAKES_BIT = { T: 1, H: 2, HC: 4 } as const satisfies Record<PassKind, number>;
const TAKES_BITS = 7;
const KEY_BIT = 8;
const ISSUED_UNTIL_BIT = 16;
const PARTY_BIT = 32;
const LIMITS_BIT = 64;
const KNOWN_BITS = TAKES_BITS | KEY_BIT | ISSUED_UNTIL_BIT | PARTY_BIT | LIMITS_BIT;
const PASS_KINDS = Object.keys(TAKES_BIT) as readonly PassKind[];
/** Every set of pass kinds and of flags, made once: a decision must not make one each time. */
const TAKES: readonly (readonly PassKind[])[] = Array.from({ length: TAKES_BITS + 1 }, (_, bits) =>
  PASS_KINDS.filter((kind) => (bits & TAKES_BIT[kind]) !== 0),
);
const FLAGS: readonly (readonly HolderFlag[])[] = Array.from({ length: 1 << HOLDER_FLAGS.length }, (_, bits) =>
  HOLDER_FLAGS.filter((_flag, place) => (bits & (1 << place)) !== 0),
);

/**
 * The bytes of a row, docs/feed-and-events.md, table credential. One credential has one row: grants stand in the order of their bytes and once each, a
 * profile without an end or a beginning of its own stands without either.
 *
 * @throws RangeError for what no row can hold: the caller's mistake
 */
export function encodeCredentialRow({ credential, grants }: CredentialRow): Uint8Array {
  const { holder, kind, suspension, takes, flags, validFrom, validUntil, publicKey, takesIssuedUntil, partySize, offlineLimits } = credential;
  if (publicKey !== undefined && publicKey.length !== KEY_BYTES) throw new RangeError("a public key has 32 bytes");
  if (partySize !== undefined && (!isU32(partySize) || partySize < 2 || partySize > 255)) throw new RangeError("a party has 2 to 255 people");
  const sorted = grants.map(encodeGrant).sort(compareBytes);
  const packed = sorted.filter((grant, nth) => nth === 0 || compareBytes(sorted[nth - 1]!, grant) !== 0);
  if (packed.length > 255) throw new RangeError("a credential has at most 255 grants");
  const bits =
    takes.reduce((sum, pass) => sum | TAKES_BIT[pass], 0) |
    (publicKey === undefined ? 0 : KEY_BIT) |
    (takesIssuedUntil === undefined ? 0 : ISSUED_UNTIL_BIT) |
    (partySize === undefined ? 0 : PARTY_BIT) |
    (offlineLimits === undefined ? 0 : LIMITS_BIT);
  const bytes = new Uint8Array(grantsOffset(bits) + 1 + packed.reduce((sum, grant) => sum + grant.length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, u32(holder));
  bytes[4] = (CREDENTIAL_KINDS.indexOf(kind) + 1) | ((suspension === undefined ? 0 : SUSPENSION_REASONS.indexOf(suspension) + 1) << 4);
  bytes[5] = bits;
  view.setUint16(
    6,
    flags.reduce((sum, flag) => sum | (1 << HOLDER_FLAGS.indexOf(flag)), 0),
  );
  view.setUint32(8, u32(validFrom));
  view.setUint32(12, u32(validUntil));
  let at = HEAD_BYTES;
  if (publicKey !== undefined) {
    bytes.set(publicKey, at);
    at += KEY_BYTES;
  }
  if (takesIssuedUntil !== undefined) {
    view.setUint32(at, u32(takesIssuedUntil));
    at += 4;
  }
  if (partySize !== undefined) bytes[at++] = partySize;
  if (offlineLimits !== undefined) {
    writeLimits(view, at, offlineLimits);
    at += LIMITS_BYTES;
  }
  bytes[at++] = packed.length;
  for (const grant of packed) {
    bytes.set(grant, at);
    at += grant.length;
  }
  return bytes;
}

/**
 * Reads a row, or undefined for bytes that are none: cut off, too long, with a number or a bit that has no meaning. Whether it is the one row of its
 * credential, {@link isCredentialRow} tells; what stands here is in the path of every scan.
 */
export function readCredentialRow(id: CredentialId, bytes: Uint8Array): CredentialRow | undefined {
  if (bytes.length <= HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = CREDENTIAL_KINDS[(bytes[4]! & 15) - 1];
  const suspension = bytes[4]! >> 4;
  const bits = bytes[5]!;
  const flags = FLAGS[view.getUint16(6)];
  if (kind === undefined || suspension > SUSPENSION_REASONS.length || (bits & ~KNOWN_BITS) !== 0 || flags === undefined) return undefined;
  const grantsFrom = grantsOffset(bits);
  const grants = readGrants(bytes, view, grantsFrom);
  if (grants === undefined) return undefined;
  const credential: { -readonly [Key in keyof Credential]: Credential[Key] } = {
    id,
    holder: view.getUint32(0),
    kind,
    validFrom: unixSeconds(view.getUint32(8)),
    validUntil: unixSeconds(view.getUint32(12)),
    takes: TAKES[bits & TAKES_BITS]!,
    flags,
  };
  if ((bits & KEY_BIT) !== 0) credential.publicKey = new Uint8Array(bytes.subarray(HEAD_BYTES, HEAD_BYTES + KEY_BYTES));
  if (suspension > 0) credential.suspension = SUSPENSION_REASONS[suspension - 1]!;
  let at = HEAD_BYTES + ((bits & KEY_BIT) === 0 ? 0 : KEY_BYTES);
  if ((bits & ISSUED_UNTIL_BIT) !== 0) {
    credential.takesIssuedUntil = unixSeconds(view.getUint32(at));
    at += 4;
  }
  if ((bits & PARTY_BIT) !== 0) {
    const partySize = bytes[at++]!;
    if (partySize < 2) return undefined;
    credential.partySize = partySize;
  }
  if ((bits & LIMITS_BIT) !== 0) credential.offlineLimits = readLimits(view, at);
  return { credential, grants };
}

/**
 * True for the one row of a credential, as {@link encodeCredentialRow} writes it. Makes nothing of what it looks at: a snapshot brings 100,000 rows, and whatever
 * was made for one of them would have to be cleared away again.
 */
export function isCredentialRow(bytes: Uint8Array): boolean {
  if (bytes.length <= HEAD_BYTES) return false;
  const bits = bytes[5]!;
  if (CREDENTIAL_KINDS[(bytes[4]! & 15) - 1] === undefined || bytes[4]! >> 4 > SUSPENSION_REASONS.length) return false;
  if ((bits & ~KNOWN_BITS) !== 0 || FLAGS[u16At(bytes, 6)] === undefined) return false;
  const grantsFrom = grantsOffset(bits);
  if ((bits & PARTY_BIT) !== 0 && bytes[grantsFrom - 1 - ((bits & LIMITS_BIT) === 0 ? 0 : LIMITS_BYTES)]! < 2) return false;
  const count = bytes[grantsFrom];
  if (count === undefined) return false;
  let before = grantsFrom;
  let at = grantsFrom + 1;
  for (let nth = 0; nth < count; nth++) {
    const end = at + grantLength(bytes, at);
    if (end > bytes.length || !isGrant(bytes, at)) return false;
    if (nth > 0 && !comesBehind(bytes, before, at, end)) return false;
    before = at;
    at = end;
  }
  return at === bytes.length;
}

/** Of a grant whose length is that of its kind: whether it is written in the one way. */
function isGrant(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === 0) return true;
  if (bytes[at] === 1) return !isAlways(bytes, at + 3);
  if (CAPABILITIES[bytes[at + 9]!] === undefined || bytes[at + 12] === 0) return false;
  for (let nth = 1; nth < bytes[at + 12]!; nth++) if (u16At(bytes, at + OWN_BYTES + 2 * nth - 2) >= u16At(bytes, at + OWN_BYTES + 2 * nth)) return false;
  return true;
}

/** From 0 until {@link U32_MAX}: then a profile stands without either. */
function isAlways(bytes: Uint8Array, at: number): boolean {
  for (let nth = 0; nth < 4; nth++) if (bytes[at + nth] !== 0 || bytes[at + 4 + nth] !== 0xff) return false;
  return true;
}

/** Whether the grant at `at` comes behind the one before it in the order of their bytes. Each says in its first bytes how long it is, so none begins another. */
function comesBehind(bytes: Uint8Array, before: number, at: number, end: number): boolean {
  for (let nth = 0; at + nth < end; nth++) {
    const difference = bytes[at + nth]! - bytes[before + nth]!;
    if (difference !== 0) return difference > 0;
  }
  return false;
}

const u16At = (bytes: Uint8Array, at: number): number => bytes[at]! * 256 + bytes[at + 1]!;

/** Where the grants begin: behind all that the bits announce. */
function grantsOffset(bits: number): number {
  return (
    HEAD_BYTES +
    ((bits & KEY_BIT) === 0 ? 0 : KEY_BYTES) +
    ((bits & ISSUED_UNTIL_BIT) === 0 ? 0 : 4) +
    ((bits & PARTY_BIT) === 0 ? 0 : 1) +
    ((bits & LIMITS_BIT) === 0 ? 0 : LIMITS_BYTES)
  );
}

function writeLimits(view: DataView, at: number, { perTxFen, totalFen, count, until }: OfflineLimits): void {
  view.setUint32(at, u32(perTxFen));
  view.setUint32(at + 4, u32(totalFen));
  view.setUint16(at + 8, u16(count));
  view.setUint32(at + 10, u32(until));
}

const readLimits = (view: DataView, at: number): OfflineLimits => ({
  perTxFen: view.getUint32(at),
  totalFen: view.getUint32(at + 4),
  count: view.getUint16(at + 8),
  until: unixSeconds(view.getUint32(at + 10)),
});

function encodeGrant(grant: RowGrant): Uint8Array {
  if (grant.kind !== "own") {
    const limited = grant.kind === "profileFor" && !(grant.validFrom === 0 && grant.validUntil === U32_MAX) ? grant : undefined;
    const bytes = new Uint8Array(limited === undefined ? 3 : 11);
    const view = new DataView(bytes.buffer);
    view.setUint16(1, u16(grant.profile));
    if (limited === undefined) return bytes;
    bytes[0] = 1;
    view.setUint32(3, u32(limited.validFrom));
    view.setUint32(7, u32(limited.validUntil));
    return bytes;
  }
  const points = [...new Set(grant.accessPoints)].sort((a, b) => a - b);
  if (points.length === 0 || points.length > OWN_POINTS_MAX) throw new RangeError("a grant of its own names 1 to 255 access points");
  const bytes = new Uint8Array(OWN_BYTES + 2 * points.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 2;
  view.setUint32(1, u32(grant.validFrom));
  view.setUint32(5, u32(grant.validUntil));
  bytes[9] = CAPABILITIES.indexOf(grant.capability);
  view.setUint16(10, u16(grant.schedule));
  bytes[12] = points.length;
  for (const [nth, point] of points.entries()) view.setUint16(OWN_BYTES + 2 * nth, u16(point));
  return bytes;
}

function readGrants(bytes: Uint8Array, view: DataView, from: number): RowGrant[] | undefined {
  const count = bytes[from];
  if (count === undefined) return undefined;
  const grants: RowGrant[] = [];
  let at = from + 1;
  for (let nth = 0; nth < count; nth++) {
    const length = grantLength(bytes, at);
    if (at + length > bytes.length) return undefined;
    const grant = readGrant(bytes, view, at);
    if (grant === undefined) return undefined;
    grants.push(grant);
    at += length;
  }
  return at === bytes.length ? grants : undefined;
}

/** More than there is for a kind that is not known. */
function grantLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at];
  if (kind === 0) return 3;
  if (kind === 1) return 11;
  return kind === 2 ? OWN_BYTES + 2 * (bytes[at + 12] ?? U32_MAX) : U32_MAX;
}

function readGrant(bytes: Uint8Array, view: DataView, at: number): RowGrant | undefined {
  if (bytes[at] === 0) return { kind: "profile", profile: view.getUint16(at + 1) };
  const time = (offset: number): UnixSeconds => unixSeconds(view.getUint32(at + offset));
  if (bytes[at] === 1) return { kind: "profileFor", profile: view.getUint16(at + 1), validFrom: time(3), validUntil: time(7) };
  const capability = CAPABILITIES[bytes[at + 9]!];
  const count = bytes[at + 12]!;
  if (capability === undefined || count === 0) return undefined;
  const accessPoints: number[] = [];
  for (let nth = 0; nth < count; nth++) accessPoints.push(view.getUint16(at + OWN_BYTES + 2 * nth));
  return { kind: "own", validFrom: time(1), validUntil: time(5), capability, schedule: view.getUint16(at + 10), accessPoints };
}

function u32(value: number): number {
  if (!isU32(value)) throw new RangeError(`${String(value)} is no integer of 0..4294967295`);
  return value;
}

function u16(value: number): number {
  if (u32(value) > 0xffff) throw new RangeError(`${value} is no integer of 0..65535`);
  return value;
}
