import { sameBytes } from "../bytes.ts";
import { encodeCbor } from "../cbor.ts";
import { type CredentialRow, encodeCredentialRow, isCredentialRow, readCredentialRow } from "../credential-row.ts";
import { SUSPENSION_REASONS, type SuspensionReason } from "../suspension-reason.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { isListId } from "../list-id.ts";
import type { CredentialId } from "../pass.ts";
import { CAPABILITIES, type Capability, CREDENTIAL_KINDS, type CredentialKind } from "../permission.ts";
import type { CampusCalendar, LocalDate, Weekday } from "../schedule.ts";
import { elementsOf, isBytes } from "../signed.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { arrayValue, ascends, compareText, dateNumber, dateOfNumber, idValue, ITEM_VALUE_BYTES_MAX, numberKey, numberOfKey, readAll } from "./item-fields.ts";
import { isLockTable, LOCK_TABLE, type LockItem, lockItemKey, lockItemValue, readLockItem } from "./lock-item.ts";
import { GLOBAL, type Partition } from "./partition.ts";
import { decodeSchedule, decodeSpecialDays, encodeSchedule, encodeSpecialDays, type NumberedSchedule } from "./schedule-item.ts";
import type { CborValue } from "../cbor-value.ts";

/** An item as it travels and as it is hashed. */
export interface ItemBytes {
  /** 1..64 bytes; the first is the table. */
  readonly key: Uint8Array;
  /** 0..4,096 bytes. */
  readonly value: Uint8Array;
}

/** One line of an access profile: what it opens, and when. Access point and schedule by their numbers in the partition; schedule 0 is `always`. */
export interface NumberedPolicy {
  readonly accessPoint: number;
  readonly capability: Capability;
  readonly schedule: number;
}

/** What stands under each table of a zone. */
export type ZoneItem =
  | { readonly table: "credential"; readonly row: CredentialRow }
  /** A number by which a credential is found: of a card, a plate, an ID card, a face; as the zone key made it unreadable, 16 bytes. */
  | { readonly table: "match"; readonly kind: CredentialKind; readonly token: Uint8Array; readonly credential: CredentialId }
  | { readonly table: "accessProfile"; readonly number: number; readonly id: string; readonly policies: readonly NumberedPolicy[] }
  | { readonly table: "schedule"; readonly number: number; readonly schedule: NumberedSchedule }
  | { readonly table: "specialDays"; readonly number: number; readonly id: string; readonly days: readonly LocalDate[] }
  | { readonly table: "accessPoint"; readonly number: number; readonly id: string }
  /** Which zone key made the tokens: its count, and the token of no bytes at all under it, 16 bytes. */
  | { readonly table: "zoneKey"; readonly generation: number; readonly check: Uint8Array }
  | LockItem;

/** What stands under each table of `global`. */
export type GlobalItem =
  /** Refused in every zone; without a suspension: lifted again, by name. */
  | { readonly table: "revocation"; readonly credential: CredentialId; readonly suspension: SuspensionReason | undefined; readonly since: UnixSeconds }
  | ({ readonly table: "calendarDay"; readonly date: LocalDate } & NonNullable<ReturnType<CampusCalendar["days"]["get"]>>)
  /** The term phases that begin on a day. */
  | { readonly table: "termPhase"; readonly from: LocalDate; readonly phases: readonly { readonly phase: string; readonly until: LocalDate }[] };

export type FeedItem = ZoneItem | GlobalItem;
export type FeedTable = FeedItem["table"];

/** The first byte of a key. */
export const FEED_TABLE = {
  credential: 1,
  match: 2,
  accessProfile: 3,
  schedule: 4,
  specialDays: 5,
  accessPoint: 6,
  zoneKey: 7,
  revocation: 16,
  calendarDay: 17,
  termPhase: 18,
  ...LOCK_TABLE,
} as const satisfies Record<FeedTable, number>;
/** From here on a table that a reader does not know is kept and hashed and means nothing to it; below, it is refused. */
export const OPTIONAL_TABLES_FROM = 128;
export const ITEM_KEY_BYTES_MAX = 64;
/** Its table and the credential's id. */
const CREDENTIAL_KEY_BYTES = 9;

/** What bytes are as an item: one that is known, one of an optional table that is not, or none. */
export type ReadItem = { readonly kind: "item"; readonly item: FeedItem } | { readonly kind: "optional" } | { readonly kind: "malformed" };

/**
 * The key of an item: its table and what tells it from the others there.
 *
 * @throws RangeError for an id, a number or a date that is none: the caller's mistake
 */
export function itemKey(item: FeedItem): Uint8Array {
  const table = FEED_TABLE[item.table];
  switch (item.table) {
    case "credential":
      return Uint8Array.of(table, ...idBytes(item.row.credential.id));
    case "match":
      return Uint8Array.of(table, CREDENTIAL_KINDS.indexOf(item.kind) + 1, ...item.token);
    case "accessProfile":
    case "schedule":
    case "specialDays":
    case "accessPoint":
      return numberKey(table, item.number, 2);
    case "zoneKey":
      return Uint8Array.of(table);
    case "revocation":
      return Uint8Array.of(table, ...idBytes(item.credential));
    case "calendarDay":
      return numberKey(table, dateNumber(item.date), 4);
    case "termPhase":
      return numberKey(table, dateNumber(item.from), 4);
    case "roomLock":
    case "lockPin":
    case "lockFinger":
      return lockItemKey(item);
  }
}

/**
 * An item as bytes: what is the same is the same bytes.
 *
 * @throws RangeError for what no reader takes: the caller's mistake
 */
export function encodeItem(item: FeedItem): ItemBytes {
  if (item.table === "schedule" && item.number === 0) throw new RangeError("schedule 0 is `always` and has no item");
  if (item.table === "match" && item.token.length !== 16) throw new RangeError("a token has 16 bytes");
  if (item.table === "zoneKey" && item.check.length !== 16) throw new RangeError("the check of a zone key has 16 bytes");
  const bytes = { key: itemKey(item), value: valueOf(item) };
  if (bytes.value.length > ITEM_VALUE_BYTES_MAX) throw new RangeError(`${item.table} has ${bytes.value.length} bytes, at most ${ITEM_VALUE_BYTES_MAX}`);
  return bytes;
}

/** Reads what {@link encodeItem} wrote, and nothing else: what was read is written again and compared. Total over any bytes. */
export function decodeItem(partition: Partition, { key, value }: ItemBytes): ReadItem {
  if (!isOfSize(key, value)) return { kind: "malformed" };
  if (key[0]! >= OPTIONAL_TABLES_FROM && !isLockTable(key[0]!)) return { kind: "optional" };
  const item = partition === GLOBAL ? globalItem(key, value) : zoneItem(key, value);
  if (item === undefined) return { kind: "malformed" };
  return sameBytes(itemKey(item), key) && sameBytes(valueOf(item), value) ? { kind: "item", item } : { kind: "malformed" };
}

/**
 * True for what {@link decodeItem} takes, of an optional table too. Of credentials and of the numbers by which they are found, which are nearly all of a
 * partition, it says so without making them.
 */
export function isItem(partition: Partition, { key, value }: ItemBytes): boolean {
  if (partition !== GLOBAL && key[0] === FEED_TABLE.credential) return key.length === CREDENTIAL_KEY_BYTES && isOfSize(key, value) && isCredentialRow(value);
  if (partition !== GLOBAL && key[0] === FEED_TABLE.match) return isMatch(key, value);
  return decodeItem(partition, { key, value }).kind !== "malformed";
}

const isOfSize = (key: Uint8Array, value: Uint8Array): boolean => key.length > 0 && key.length <= ITEM_KEY_BYTES_MAX && value.length <= ITEM_VALUE_BYTES_MAX;

/** A number's kind and token, and the id of the credential that is found by it: whatever these are. */
const isMatch = (key: Uint8Array, value: Uint8Array): boolean => key.length === 18 && value.length === 8 && CREDENTIAL_KINDS[key[1]! - 1] !== undefined;

function valueOf(item: FeedItem): Uint8Array {
  switch (item.table) {
    case "credential":
      return encodeCredentialRow(item.row);
    case "match":
      return idBytes(item.credential);
    case "accessProfile":
      return encodeCbor([item.id, policyRows(item.policies)]);
    case "schedule":
      return encodeSchedule(item.schedule);
    case "specialDays":
      return encodeSpecialDays(item.id, item.days);
    case "accessPoint":
      return encodeCbor(item.id);
    case "zoneKey":
      return encodeCbor([item.generation, item.check]);
    case "revocation":
      return encodeCbor([item.suspension === undefined ? 0 : SUSPENSION_REASONS.indexOf(item.suspension) + 1, item.since]);
    case "calendarDay":
      return encodeCbor(item.kind === "holiday" ? [0] : [1, item.runsAs]);
    case "termPhase":
      return encodeCbor(distinctPhases(item.phases).map(({ phase, until }) => [phase, dateNumber(until)]));
    case "roomLock":
    case "lockPin":
    case "lockFinger":
      return lockItemValue(item);
  }
}

function zoneItem(key: Uint8Array, value: Uint8Array): ZoneItem | undefined {
  const table = key[0]!;
  if (isLockTable(table)) return readLockItem(key, value);
  switch (table) {
    case FEED_TABLE.credential: {
      const row = key.length === CREDENTIAL_KEY_BYTES ? readCredentialRow(bytesToHex(key.subarray(1)), value) : undefined;
      return row && { table: "credential", row };
    }
    case FEED_TABLE.match: {
      if (!isMatch(key, value)) return undefined;
      return { table: "match", kind: CREDENTIAL_KINDS[key[1]! - 1]!, token: key.slice(2), credential: bytesToHex(value) };
    }
    case FEED_TABLE.zoneKey: {
      const [generation, check] = elementsOf(arrayValue(value) ?? null, 2) ?? [];
      return isU32(generation) && isBytes(check, 16) ? { table: "zoneKey", generation, check } : undefined;
    }
    default:
      return key.length === 3 ? numberedItem(table, numberOfKey(key), value) : undefined;
  }
}

function numberedItem(table: number, number: number, value: Uint8Array): ZoneItem | undefined {
  if (table === FEED_TABLE.accessPoint) {
    const id = idValue(value);
    return id === undefined ? undefined : { table: "accessPoint", number, id };
  }
  if (table === FEED_TABLE.accessProfile) {
    const [id, rows] = elementsOf(arrayValue(value) ?? null, 2) ?? [];
    const policies = readAll(rows, readPolicy);
    return isListId(id) && policies !== undefined ? { table: "accessProfile", number, id, policies } : undefined;
  }
  if (table === FEED_TABLE.schedule) {
    const schedule = number === 0 ? undefined : decodeSchedule(value);
    return schedule && { table: "schedule", number, schedule };
  }
  const days = table === FEED_TABLE.specialDays ? decodeSpecialDays(value) : undefined;
  return days && { table: "specialDays", number, ...days };
}

function globalItem(key: Uint8Array, value: Uint8Array): GlobalItem | undefined {
  const elements = arrayValue(value) ?? [];
  if (key[0] === FEED_TABLE.revocation && key.length === 9) {
    const [code, since] = elementsOf(elements, 2) ?? [];
    if (!isU32(code) || code > SUSPENSION_REASONS.length || !isU32(since)) return undefined;
    return {
      table: "revocation",
      credential: bytesToHex(key.subarray(1)),
      suspension: code === 0 ? undefined : SUSPENSION_REASONS[code - 1],
      since: unixSeconds(since),
    };
  }
  const date = key.length === 5 ? dateOfNumber(numberOfKey(key)) : undefined;
  if (date === undefined) return undefined;
  if (key[0] === FEED_TABLE.calendarDay) {
    const [kind, runsAs] = elements;
    if (kind === 0 && elements.length === 1) return { table: "calendarDay", date, kind: "holiday" };
    if (kind !== 1 || elements.length !== 2 || !isU32(runsAs) || runsAs < 1 || runsAs > 7) return undefined;
    return { table: "calendarDay", date, kind: "makeUpDay", runsAs: runsAs as Weekday };
  }
  if (key[0] !== FEED_TABLE.termPhase) return undefined;
  const phases = readAll(elements, (row) => {
    const [phase, end] = elementsOf(row, 2) ?? [];
    const until = dateOfNumber(end);
    return isListId(phase) && until !== undefined && until > date ? { phase, until } : undefined;
  });
  return phases !== undefined && phases.length > 0 && ascends(phases, comparePhases) ? { table: "termPhase", from: date, phases } : undefined;
}

type Phases = Extract<GlobalItem, { readonly table: "termPhase" }>["phases"];
/** In order; of two of one name the last. */
const distinctPhases = (phases: Phases): Phases => [...new Map(phases.map((phase) => [phase.phase, phase])).values()].sort(comparePhases);
const comparePhases = (a: { readonly phase: string }, b: { readonly phase: string }): number => compareText(a.phase, b.phase);

/** Ascending by access point, capability and schedule, none twice. */
function policyRows(policies: readonly NumberedPolicy[]): CborValue[] {
  const rows = policies.map(({ accessPoint, capability, schedule }) => [accessPoint, CAPABILITIES.indexOf(capability), schedule] as const);
  return rows.sort(comparePolicies).filter((row, index) => index === 0 || comparePolicies(rows[index - 1]!, row) !== 0);
}

type PolicyRow = readonly [accessPoint: number, capability: number, schedule: number];
const comparePolicies = (a: PolicyRow, b: PolicyRow): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

function readPolicy(row: CborValue): NumberedPolicy | undefined {
  const [accessPoint, code, schedule] = elementsOf(row, 3) ?? [];
  const capability = isU32(code) ? CAPABILITIES[code] : undefined;
  if (!isU32(accessPoint) || accessPoint > 0xffff || capability === undefined || !isU32(schedule) || schedule > 0xffff) return undefined;
  return { accessPoint, capability, schedule };
}

function idBytes(id: CredentialId): Uint8Array {
  const bytes = hexToBytes(id);
  if (bytes?.length !== 8) throw new RangeError("a credential id is 16 lower-case hex digits");
  return bytes;
}
