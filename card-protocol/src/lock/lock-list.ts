import { compareBytes, sameBytes } from "../bytes.ts";
import { decodeCbor, encodeCbor, isArray } from "../cbor.ts";
import { keyId } from "../cose.ts";
import { err, ok, type Result } from "../result.ts";
import type { Verifier } from "../signature.ts";
import { elementsOf, isBytes, RECORD, sign1, verify1 } from "../signed.ts";
import type { Signer } from "../signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { isLockId } from "./lock-words.ts";
import type { CborValue } from "../cbor-value.ts";

/** from ≤ t < until: an interval in which a lock opens by itself. */
export interface LockOpening {
  readonly from: UnixSeconds;
  readonly until: UnixSeconds;
}

/** What somebody may show at a lock: the key of a phone's credential, or a card by its token. */
export interface ListedCredential {
  /** 8 bytes: of the credential. */
  readonly id: Uint8Array;
  /** Public key, 32 bytes; or the token of a card under the zone's key, 16 bytes. */
  readonly proof: Uint8Array;
}

/** Somebody who may open a lock that asks nobody. A holder may stand in several rows: what one of them opens is open. */
export interface LockListRow {
  /** Handle in the lock's zone, 1 and up. */
  readonly holder: number;
  /** from ≤ t < until. */
  readonly from: UnixSeconds;
  readonly until: UnixSeconds;
  /** 0: at any time; n: in the list's n-th openings. */
  readonly openings: number;
  /** Ascending by id; none where PIN and finger are all that the holder opens with. */
  readonly credentials: readonly ListedCredential[];
}

/** Who may open one lock while nobody can be asked, and whose PIN and fingers it keeps: kind 16. docs/lock-profile.md. */
export interface LockList {
  readonly lock: string;
  /** Rises with each list for this lock; a lock takes no lower one. */
  readonly version: number;
  readonly issued: UnixSeconds;
  /** issued < validUntil ≤ issued + {@link LOCK_LIST_LIFE_MAX_S}: behind it the list opens nothing. */
  readonly validUntil: UnixSeconds;
  /** Each ascending, apart from one another: schedules, special days and calendar as they fall until `validUntil`. */
  readonly openings: readonly (readonly LockOpening[])[];
  /** Ascending by their bytes, none twice. */
  readonly rows: readonly LockListRow[];
}

/** 35 days: a month, and the days in which somebody comes by. */
export const LOCK_LIST_LIFE_MAX_S = 35 * 86_400;
export const LOCK_LIST_ROWS_MAX = 300;
export const LOCK_LIST_OPENINGS_MAX = 16;

/**
 * Signs a list: `[1, lock, version, issued, validUntil, [[[from, until]…]…], [[holder, from, until, openings, [[id 8, proof]…]]…]]`. Rows and their credentials
 * are put in order.
 *
 * @param signer  the controller's key
 * @throws RangeError for a list out of range or with more than {@link RECORD}'s bytes: the caller's mistake
 */
export function makeLockList(site: string, list: LockList, signer: Signer): Uint8Array {
  const rows = list.rows.map(rowValue).map((value) => ({ value, bytes: encodeCbor(value) }));
  rows.sort((a, b) => compareBytes(a.bytes, b.bytes));
  const { lock, version, issued, validUntil } = list;
  const openings = list.openings.map((all) => all.map(({ from, until }) => [from, until]));
  const payload = encodeCbor([1, lock, version, issued, validUntil, openings, rows.map(({ value }) => value)]);
  if (decodeList(payload) === undefined) throw new RangeError("a lock's list out of range");
  const record = sign1("lockList", site, keyId(signer.publicKey), payload, signer);
  if (record.length > RECORD.lockList.bytesMax) throw new RangeError(`a lock's list has at most ${RECORD.lockList.bytesMax} bytes`);
  return record;
}

/** A list for this lock whose signature holds. Whether it is newer than what the lock has, the lock knows. */
export function readLockList(bytes: Uint8Array, site: string, lock: string, controllerKey: Uint8Array, verifier: Verifier): Result<LockList, "RecordRefused"> {
  const keyFor = (kid: Uint8Array) => (sameBytes(kid, keyId(controllerKey)) ? ok(controllerKey) : err("KeyUntrusted", "another key"));
  const record = verify1("lockList", site, bytes, keyFor, verifier);
  if (!record.ok) return err("RecordRefused", record.error);
  const list = decodeList(record.value.payload);
  if (list === undefined) return err("RecordRefused", "out of range");
  return list.lock === lock ? ok(list) : err("RecordRefused", "for another lock");
}

/** Whether a list lets a holder open at an instant: by one row of his, or by the row that a credential stands in. */
export function isListed(list: LockList, at: UnixSeconds, asked: { readonly holder: number } | { readonly credential: Uint8Array }): boolean {
  if (at < list.issued || at >= list.validUntil) return false;
  return list.rows.some((row) => {
    const isAsked = "holder" in asked ? row.holder === asked.holder : row.credentials.some(({ id }) => sameBytes(id, asked.credential));
    return isAsked && row.from <= at && at < row.until && (row.openings === 0 || list.openings[row.openings - 1]!.some(({ from, until }) => from <= at && at < until)); // prettier-ignore
  });
}

const rowValue = ({ holder, from, until, openings, credentials }: LockListRow): CborValue => [
  holder,
  from,
  until,
  openings,
  credentials.toSorted((a, b) => compareBytes(a.id, b.id)).map(({ id, proof }) => [id, proof]),
];

function decodeList(payload: Uint8Array): LockList | undefined {
  const read = decodeCbor(payload, RECORD.lockList.bytesMax);
  const [form, lock, version, issued, validUntil, openingValues, rowValues] = (read.ok ? elementsOf(read.value, 7) : undefined) ?? [];
  if (form !== 1 || !isLockId(lock) || !isU32(version) || !isU32(issued) || !isU32(validUntil)) return undefined;
  if (validUntil <= issued || validUntil > issued + LOCK_LIST_LIFE_MAX_S) return undefined;
  const openings = allOf(openingValues, LOCK_LIST_OPENINGS_MAX, openingsOf);
  const rows = allOf(rowValues, LOCK_LIST_ROWS_MAX, rowOf);
  if (openings === undefined || rows === undefined || !isArray(rowValues!) || !isAscending(rowValues.map((row) => encodeCbor(row)))) return undefined;
  if (rows.some((row) => row.openings > openings.length)) return undefined;
  return { lock, version, issued: unixSeconds(issued), validUntil: unixSeconds(validUntil), openings, rows };
}

function openingsOf(value: CborValue): readonly LockOpening[] | undefined {
  const all = allOf(value, 366, (one) => {
    const [from, until] = elementsOf(one, 2) ?? [];
    return isU32(from) && isU32(until) && from < until ? { from: unixSeconds(from), until: unixSeconds(until) } : undefined;
  });
  return all?.every(({ from }, nth) => nth === 0 || all[nth - 1]!.until < from) === true ? all : undefined;
}

function rowOf(value: CborValue): LockListRow | undefined {
  const [holder, from, until, openings, credentialValues] = elementsOf(value, 5) ?? [];
  if (!isU32(holder) || holder === 0 || !isU32(from) || !isU32(until) || until <= from || !isU32(openings)) return undefined;
  const credentials = allOf(credentialValues, 32, (one) => {
    const [id, proof] = elementsOf(one, 2) ?? [];
    return isBytes(id, 8) && (isBytes(proof, 32) || isBytes(proof, 16)) ? { id, proof } : undefined;
  });
  if (credentials === undefined || !isAscending(credentials.map(({ id }) => id))) return undefined;
  return { holder, from: unixSeconds(from), until: unixSeconds(until), openings, credentials };
}

const isAscending = (all: readonly Uint8Array[]): boolean => all.every((bytes, nth) => nth === 0 || compareBytes(all[nth - 1]!, bytes) < 0);

function allOf<T>(value: CborValue | undefined, most: number, one: (value: CborValue) => T | undefined): readonly T[] | undefined {
  if (value === undefined || !isArray(value) || value.length > most) return undefined;
  const all = value.map(one);
  return all.every((each) => each !== undefined) ? all : undefined;
}
