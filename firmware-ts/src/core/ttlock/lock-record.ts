import { type LockAuditRow, type LockWay, unixSeconds } from "@portico/card-protocol";
import { readFingerName, readPinName } from "./entry-name.ts";
import { type PlatformBody, textOf, wholeOf } from "./platform-body.ts";

/** A record of a lock as the platform has it, without what was typed or shown: that is read by nobody. */
export interface LockRecord {
  /** The platform's number of it. */
  readonly id: number;
  readonly type: number;
  readonly isSuccess: boolean;
  /** The account of whoever asked, or the name of the code, card or finger. */
  readonly name: string;
  /** By the lock's clock, and when the platform was given it; ms. */
  readonly lockMs: number;
  readonly serverMs: number;
}

/** An opening from afar that we asked for. */
export interface OwnOpening {
  readonly seq: number;
  readonly holder: number;
  /** Asked and answered, seconds. */
  readonly fromS: number;
  readonly toS: number;
}

/** Types of records of the platform's (Cloud API v3, lock records) that open, by what opened. Locking by whatever way is none of them. */
const WAY_OF: Readonly<Record<number, LockWay>> = {
  1: "key", // the maker's app over Bluetooth
  4: "pin",
  7: "card",
  8: "finger",
  9: "card", // a wrist band
  10: "key",
  12: "grant", // a gateway
  32: "inside",
  46: "inside", // the button
  49: "card", // of a hotel
  51: "card", // one that was deleted
  55: "key", // a fob
  57: "card", // a code that is shown
  58: "card",
  62: "card",
  75: "key",
  76: "grant",
  77: "key",
  78: "pin",
  79: "finger",
  80: "card",
  82: "grant",
  91: "card",
  92: "pin", // the administrator's
};
const NEVER_OPENS: ReadonlySet<number> = new Set([51, 58, 62, 91]);
const LOCKED_OUT = 48;
const MS_MAX = 0xffff_ffff * 1000;
/** A lock's clock may be so far off the time at which we asked. */
const OFF_S_MAX = 60;

/** Undefined: it is no record. */
export function readRecord(row: PlatformBody): LockRecord | undefined {
  const [id, type, lockMs, serverMs] = [wholeOf(row, "recordId"), wholeOf(row, "recordType"), wholeOf(row, "lockDate"), wholeOf(row, "serverDate")];
  if (id === undefined || type === undefined || lockMs === undefined || serverMs === undefined) return undefined;
  // A row's number is a second in 32 bits; a time that is none is nobody's.
  if (serverMs < 1_000 || serverMs > MS_MAX) return undefined;
  return { id, type, isSuccess: wholeOf(row, "success") === 1, name: textOf(row, "username") ?? "", lockMs, serverMs };
}

/** The row of a log that a record is: the second in which the platform was given it. The platform numbers them in no order that could be gone by. */
export const rowOf = ({ serverMs }: LockRecord): number => Math.floor(serverMs / 1000);

/**
 * A record in the words of a lock's log; undefined: it opened nothing and nobody tried.
 *
 * @param own  openings of ours: a record of a gateway that falls into one of them is that one
 */
export function auditRowOfRecord(record: LockRecord, own: readonly OwnOpening[]): LockAuditRow | undefined {
  const seq = rowOf(record);
  const lockS = Math.floor(record.lockMs / 1000);
  const at = lockS > 0 && record.lockMs <= MS_MAX ? unixSeconds(lockS) : undefined;
  if (record.type === LOCKED_OUT) return row({ seq, at, event: "Refused", way: "pin", holder: 0, number: 0, refusal: "LockedOut" });
  const way = WAY_OF[record.type];
  if (way === undefined) return undefined;
  const holder = readPinName(record.name)?.holder ?? readFingerName(record.name)?.holder ?? 0;
  if (!record.isSuccess || NEVER_OPENS.has(record.type)) return row({ seq, at, event: "Refused", way, holder, number: 0, refusal: "HolderNotListed" });
  const ours = way === "grant" ? openingAt(own, lockS) : undefined;
  return row({ seq, at, event: "Opened", way, holder: ours?.holder ?? holder, number: ours?.seq ?? 0, refusal: undefined });
}

function openingAt(own: readonly OwnOpening[], atS: number): OwnOpening | undefined {
  const far = ({ fromS, toS }: OwnOpening): number => (atS < fromS ? fromS - atS : atS > toS ? atS - toS : 0);
  return own.filter((each) => far(each) <= OFF_S_MAX).sort((a, b) => far(a) - far(b))[0];
}

const row = (fields: LockAuditRow): LockAuditRow => fields;
