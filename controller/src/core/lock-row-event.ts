import { type ControllerEvent, eventOf, type LockAuditRow } from "@portico/card-protocol";

/**
 * What a row of a lock's log is to its controller's; undefined: it stands there already, or concerns the lock alone.
 *
 * @param isTold  whether a decision of this number was answered by the lock, and its result recorded
 */
export function lockRowEvent(lock: string, row: LockAuditRow, isTold: (grantedSeq: number) => boolean): ControllerEvent | undefined {
  const [at, holder] = [row.at ?? null, row.holder === 0 ? null : row.holder];
  if (row.event === "Opened" && row.way !== undefined)
    return row.way === "grant" && isTold(row.number) ? undefined : eventOf("LockOpened", { lock, way: row.way, holder, openedAt: at, row: row.seq });
  if (row.event === "Refused" && row.way !== undefined && row.refusal !== undefined)
    return eventOf("LockTryRefused", { lock, way: row.way, refusal: row.refusal, holder, triedAt: at, row: row.seq });
  if (row.event === "LockedOut") return eventOf("LockLockedOut", { lock, lockedS: row.number, at, row: row.seq });
  return row.event === "BoltJammed" ? eventOf("LockJammed", { lock, at, row: row.seq }) : undefined;
}
