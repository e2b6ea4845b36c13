import { elementsOf } from "../signed.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { LOCK_EVENTS, LOCK_REFUSALS, LOCK_WAYS, type LockEventName, type LockRefusal, type LockWay } from "./lock-words.ts";
import type { CborValue } from "../cbor-value.ts";

/** One row of a lock's own log. No PIN, no number of a card, no template is in it. */
export interface LockAuditRow {
  /** Counts up from 1 without gaps, over the lock's whole life. */
  readonly seq: number;
  /** By the lock's clock; undefined: it knew no time. */
  readonly at: UnixSeconds | undefined;
  readonly event: LockEventName;
  /** For Opened and Refused. */
  readonly way: LockWay | undefined;
  /** Of whom it tells, u32; 0: of nobody, or of somebody whom the lock does not know. */
  readonly holder: number;
  /**
   * Opened by a grant: the decision's number in the controller's log. PinSet, PinErased, ListTaken, DenySetTaken: the version. FingerEnrolled, FingerErased: the
   * slot. LockedOut: for how many seconds. BatteryLow: per cent. Else 0.
   */
  readonly number: number;
  /** For Refused. */
  readonly refusal: LockRefusal | undefined;
}

/** `[seq, at or 0, event, way, holder, number, refusal]`: event from 0, way and refusal from 1 with 0 for none. */
export const auditRowValue = ({ seq, at, event, way, holder, number, refusal }: LockAuditRow): CborValue => [
  seq,
  at ?? 0,
  LOCK_EVENTS.indexOf(event),
  way === undefined ? 0 : LOCK_WAYS.indexOf(way) + 1,
  holder,
  number,
  refusal === undefined ? 0 : LOCK_REFUSALS.indexOf(refusal) + 1,
];

/** Undefined: it is no row. */
export function auditRowOf(value: CborValue): LockAuditRow | undefined {
  const [seq, at, event, way, holder, number, refusal] = elementsOf(value, 7) ?? [];
  if (!isU32(seq) || seq === 0 || !isU32(at) || !isU32(holder) || !isU32(number)) return undefined;
  if (!isU32(event) || !isU32(way) || !isU32(refusal) || way > LOCK_WAYS.length || refusal > LOCK_REFUSALS.length) return undefined;
  const name = LOCK_EVENTS[event];
  if (name === undefined) return undefined;
  return {
    seq,
    at: at === 0 ? undefined : unixSeconds(at),
    event: name,
    way: LOCK_WAYS[way - 1],
    holder,
    number,
    refusal: LOCK_REFUSALS[refusal - 1],
  };
}
