import { sameBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor, isArray } from "./cbor.ts";
import type { WallTime } from "./clock.ts";
import { keyId } from "./cose.ts";
import { isStrictPublicKey } from "./ed25519.ts";
import { type IssuerKey, KEY_USAGES, type KeyUsage } from "./issuer-key.ts";
import { err, ok, type Result } from "./result.ts";
import { payloadOfRootSigned, ROOT_KEYS_MAX, type RootSet, signByRoots, TRUST_LIST_BYTES_MAX, verifyByRoots } from "./root-signatures.ts";
import type { Verifier } from "./signature.ts";
import { elementsOf, isBytes, type KeyFor, type SignedError } from "./signed.ts";
import type { Signer } from "./signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "./units.ts";
import type { CborValue } from "./cbor-value.ts";

/** A key of the trust list. Its kid stays its own for ever: a retired one remains as a tombstone. */
export interface TrustedKey extends IssuerKey {
  /** 0..65,535; two bytes in a header, the higher first. */
  readonly kid: number;
}

/** Which keys may sign what at this site, signed by the roots. */
export interface TrustList {
  /** Rises with each issue, u32. */
  readonly sequence: number;
  readonly issued: UnixSeconds;
  /** At least {@link VALIDITY_MIN_S} behind `issued`. Past it the list still counts, as stale. */
  readonly validUntil: UnixSeconds;
  /** The epoch that the feed is in, u32, never lower than before. It rises when the feed of a restored backup starts anew. */
  readonly feedEpoch: number;
  readonly roots: RootSet;
  readonly keys: ReadonlyMap<number, TrustedKey>;
}

/** Why a trust list is not taken up; the one in force stays. In the order of looking. */
export type TrustListError =
  | SignedError
  /** Signed, but not the one form of a trust list, or out of range. */
  | "TrustListMalformed"
  /** An older one than that in force, or one of an older feed epoch. */
  | "TrustListRollback"
  /** Another one of the same sequence: two truths, which only the roots can have signed. */
  | "TrustListFork"
  /** Root keys changed without a new version, or by more than one version: the lists between come first. */
  | "RootVersionSkipped"
  /** A kid of the list in force is gone, revived, or stands for another key or ttl. */
  | "KidChanged";

const LAYOUT = 1;
const DAY_S = 86_400;
/** Source: docs/feed-and-events.md. */
export const VALIDITY_MIN_S = 90 * DAY_S;
/** The end is announced this long ahead. */
export const EXPIRY_WARNING_S = 30 * DAY_S;
/** The longest a pass T can be valid. */
const TTL_MAX_S = 600;
const STATUSES = ["active", "retired"] as const;

/** What acceptance needs to know beside the lists. */
export interface TrustListContext {
  readonly site: string;
  /** The roots that were pinned at commissioning: they vouch for the first list; each list vouches for the next. */
  readonly pinnedRoots: RootSet;
  readonly verifier: Verifier;
}

/**
 * The list in these bytes, if it may follow the one in force: signed by the threshold of the roots in force and, where it brings a new root version, by
 * the threshold of the new ones too; not older; no kid lost. The same list again is accepted and changes nothing. Time is not judged: see
 * {@link trustListState}. A controller that missed root versions is given the kept lists one after the other.
 *
 * @param current  the list in force; undefined before the first
 */
export function acceptTrustList(current: TrustList | undefined, bytes: Uint8Array, context: TrustListContext): Result<TrustList, TrustListError> {
  const { site, verifier } = context;
  const roots = current?.roots ?? context.pinnedRoots;
  const payload = verifyByRoots(site, bytes, roots, verifier);
  if (!payload.ok) return payload;
  const read = decodeTrustList(payload.value);
  if (!read.ok) return read;
  const list = read.value;
  if (current?.sequence === list.sequence)
    return sameBytes(payload.value, encodeTrustList(current)) ? ok(current) : err("TrustListFork", `another list of sequence ${list.sequence}`);
  const place = judgePlace(current, list, roots);
  if (!place.ok) return place;
  const byNew = verifyByRoots(site, bytes, list.roots, verifier);
  if (!byNew.ok) return err(byNew.error, `new roots: ${byNew.detail}`);
  const kids = judgeKids(current, list);
  return kids.ok ? ok(list) : kids;
}

/** Whether a list may follow another, whoever has signed it. @param roots  in force: those of the list before, or those pinned where there is none */
export function judgeSuccessor(
  current: TrustList | undefined,
  list: TrustList,
  roots: RootSet,
): Result<null, "TrustListRollback" | "RootVersionSkipped" | "KidChanged"> {
  const place = judgePlace(current, list, roots);
  return place.ok ? judgeKids(current, list) : place;
}

function judgePlace(current: TrustList | undefined, list: TrustList, roots: RootSet): Result<null, "TrustListRollback" | "RootVersionSkipped"> {
  if (current !== undefined && list.sequence <= current.sequence) return err("TrustListRollback", `sequence ${list.sequence}, in force ${current.sequence}`);
  if (current !== undefined && list.feedEpoch < current.feedEpoch)
    return err("TrustListRollback", `feed epoch ${list.feedEpoch}, in force ${current.feedEpoch}`);
  if (list.roots.version !== roots.version + (sameRoots(list.roots, roots) ? 0 : 1))
    return err("RootVersionSkipped", `root version ${list.roots.version}, in force ${roots.version}`);
  return ok(null);
}

function judgeKids(current: TrustList | undefined, list: TrustList): Result<null, "KidChanged"> {
  for (const key of current?.keys.values() ?? []) {
    const next = list.keys.get(key.kid);
    if (next === undefined || !sameBytes(next.publicKey, key.publicKey) || next.ttlS !== key.ttlS || (key.status === "retired" && next.status === "active"))
      return err("KidChanged", `kid ${key.kid}`);
  }
  return ok(null);
}

/**
 * The list in these bytes by its own word: signed by the threshold of the roots that it names itself. For whoever hands lists on; a controller believes none
 * that the roots in force have not signed, see {@link acceptTrustList}.
 */
export function readOwnTrustList(site: string, bytes: Uint8Array, verifier: Verifier): Result<TrustList, TrustListError> {
  const payload = payloadOfRootSigned(bytes);
  if (payload === undefined) return err("RecordMalformed", "not a COSE_Sign of a trust list");
  const list = decodeTrustList(payload);
  if (!list.ok) return list;
  const signed = verifyByRoots(site, bytes, list.value.roots, verifier);
  return signed.ok ? list : signed;
}

/** Signs a list. The same checks as on acceptance stand in {@link acceptTrustList}; here only what no list may be is refused. */
export function makeTrustList(site: string, list: TrustList, signers: readonly Signer[]): Result<Uint8Array, "TrustListMalformed"> {
  if (new Set(signers.map(({ publicKey }) => publicKey.join())).size < signers.length) return err("TrustListMalformed", "a root signs twice");
  const payload = encodeTrustList(list);
  const read = decodeTrustList(payload);
  return read.ok ? ok(signByRoots(site, payload, signers)) : read;
}

/**
 * Whether a list still holds. `stale` is a state and not an error: the list counts on, and each access point's stale policy applies.
 * `expires soon` within {@link EXPIRY_WARNING_S}; `unknown` while the clock is untrusted.
 */
export function trustListState(list: Pick<TrustList, "validUntil">, wall: WallTime): "valid" | "expires soon" | "stale" | "unknown" {
  if (wall === "untrusted") return "unknown";
  if (wall.now >= list.validUntil) return "stale";
  return wall.now >= list.validUntil - EXPIRY_WARNING_S ? "expires soon" : "valid";
}

/**
 * The list's keys for one usage, as `verify1` asks for them: known, active, of this usage, and not before ≤ now < not after, widened by the
 * clock's uncertainty. While the clock is untrusted the list's own word counts and the dates are not judged.
 */
export function keysFor(list: TrustList, usage: KeyUsage, wall: WallTime): KeyFor {
  return (kidBytes) => {
    const kid = kidBytes[0]! * 256 + kidBytes[1]!;
    const key = list.keys.get(kid);
    const untrusted = (why: string) => err("KeyUntrusted", `kid ${kid} ${why}`);
    if (key === undefined) return untrusted("is unknown");
    if (key.status === "retired") return untrusted("is retired");
    if (!key.usages.includes(usage)) return untrusted(`may not sign ${usage}`);
    if (wall !== "untrusted" && wall.now + wall.uncertaintyS < key.notBefore) return untrusted("is not valid yet");
    if (wall !== "untrusted" && wall.now - wall.uncertaintyS >= key.notAfter) return untrusted("is no longer valid");
    return ok(key.publicKey);
  };
}

/** A kid as it stands in a header: two bytes, the higher first. */
export const kidBytes = (kid: number): Uint8Array => Uint8Array.of(kid >> 8, kid & 0xff);

/**
 * `[1, sequence, issued, validUntil, feedEpoch, [version, threshold, [root key…]], [[kid, key, usages, notBefore, notAfter, ttl, status]…]]`, the
 * keys in ascending order of their kids. What the roots sign.
 */
export function encodeTrustList({ sequence, issued, validUntil, feedEpoch, roots, keys }: TrustList): Uint8Array {
  const rows = [...keys.values()]
    .sort((a, b) => a.kid - b.kid)
    .map((key): CborValue => {
      // bit n stands for the nth of KEY_USAGES
      const usages = KEY_USAGES.reduce((bits, usage, n) => bits | (key.usages.includes(usage) ? 1 << n : 0), 0);
      return [kidBytes(key.kid), key.publicKey, usages, key.notBefore, key.notAfter, key.ttlS, STATUSES.indexOf(key.status)];
    });
  return encodeCbor([LAYOUT, sequence, issued, validUntil, feedEpoch, [roots.version, roots.threshold, roots.keys], rows]);
}

/** Reads what {@link encodeTrustList} wrote. Only for bytes that roots have signed. */
export function decodeTrustList(payload: Uint8Array): Result<TrustList, "TrustListMalformed"> {
  const malformed = (detail: string) => err("TrustListMalformed", detail);
  const read = decodeCbor(payload, TRUST_LIST_BYTES_MAX);
  if (!read.ok) return malformed(read.detail);
  const [layout, sequence, issued, validUntil, feedEpoch, rootRow, keyRows] = elementsOf(read.value, 7) ?? [];
  if (layout !== LAYOUT || !isU32(sequence) || !isU32(issued) || !isU32(validUntil) || !isU32(feedEpoch))
    return malformed("layout, sequence, times or feed epoch");
  if (validUntil < issued + VALIDITY_MIN_S) return malformed("valid for less than 90 days");
  const roots = readRoots(rootRow ?? null);
  if (roots === undefined) return malformed("roots");
  if (keyRows === undefined || !isArray(keyRows)) return malformed("keys");
  const keys = new Map<number, TrustedKey>();
  let previous = -1;
  for (const row of keyRows) {
    const key = readKey(row);
    if (key === undefined || key.kid <= previous) return malformed(`key ${keys.size + 1}`);
    previous = key.kid;
    keys.set(key.kid, key);
  }
  return ok({ sequence, issued: unixSeconds(issued), validUntil: unixSeconds(validUntil), feedEpoch, roots, keys });
}

function readRoots(value: CborValue): RootSet | undefined {
  const [version, threshold, keys] = elementsOf(value, 3) ?? [];
  if (!isU32(version) || version === 0 || !isU32(threshold) || threshold === 0 || keys === undefined || !isArray(keys)) return undefined;
  if (keys.length < threshold || keys.length > ROOT_KEYS_MAX || !keys.every(isPublicKey)) return undefined;
  const ids = new Set(keys.map((key) => keyId(key).join()));
  return ids.size === keys.length ? { version, threshold, keys } : undefined;
}

function readKey(value: CborValue): TrustedKey | undefined {
  const [kid, publicKey, bits, notBefore, notAfter, ttlS, status] = elementsOf(value, 7) ?? [];
  if (!isBytes(kid, 2) || !isPublicKey(publicKey) || !isU32(bits) || bits === 0 || bits >= 1 << KEY_USAGES.length) return undefined;
  if (!isU32(notBefore) || !isU32(notAfter) || notAfter <= notBefore || !isU32(ttlS) || !isU32(status)) return undefined;
  const usages = KEY_USAGES.filter((_, n) => (bits & (1 << n)) !== 0);
  const word = STATUSES[status];
  if (word === undefined || (usages.includes("T") ? ttlS < 1 || ttlS > TTL_MAX_S : ttlS !== 0)) return undefined;
  return { kid: kid[0]! * 256 + kid[1]!, publicKey, usages, notBefore: unixSeconds(notBefore), notAfter: unixSeconds(notAfter), ttlS, status: word };
}

const isPublicKey = (value: unknown): value is Uint8Array => isBytes(value, 32) && isStrictPublicKey(value);

/** The same keys in any order, and the same threshold. */
export function sameRoots(a: RootSet, b: RootSet): boolean {
  return a.threshold === b.threshold && a.keys.length === b.keys.length && a.keys.every((key) => b.keys.some((other) => sameBytes(key, other)));
}
