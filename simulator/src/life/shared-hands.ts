import type { Clock } from "@portico/card-protocol";
import { listeners } from "@portico/firmware-ts";
import type { CampusHands, HeardReport } from "../campus/campus-hands.ts";
import { ReaderTurns } from "../programs/reader-turns.ts";

/** Hands that several may use at once: one thing after the other before each reader, and whoever gave a scan a mark knows its answer by it. */
export function sharedHands(hands: CampusHands, clock: Pick<Clock, "monotonic" | "after">): CampusHands {
  const readers = new ReaderTurns(clock);
  const told = listeners<[HeardReport]>();
  hands.onReport((report) => {
    const mark = readers.markOf(report);
    told.tell(mark === undefined ? report : { ...report, scan: mark });
  });
  return { ...hands, onReport: told.add, scan: (accessPoint, read, mark) => readers.scan(accessPoint, read, mark, () => hands.scan(accessPoint, read)) };
}
