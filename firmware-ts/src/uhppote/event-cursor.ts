import { LAST_EVENT, type UhppoteEvent } from "../core/uhppote/event.ts";
import type { UhppoteRequest } from "../core/uhppote/request.ts";

/** More of what happened meanwhile is not read. */
const BACKLOG_MAX = 1_000;

/** An event as it is told. */
export interface ToldEvent {
  readonly event: UhppoteEvent;
  /** It may have happened long ago: nobody may be let in for it. */
  readonly isLate: boolean;
}

/** Which rows of a board's log were told: each is told once, in order, none is left out while the board has it. */
export interface EventCursor {
  /** The board is met, for the first time or again: told from the row behind `stored`, or on from the last; what is there already is late. */
  begin(stored: number, newest: number): void;
  /** The newest row, which a status shows. @param isLate  the board was not heard for so long that rows up to it may be old */
  see(event: UhppoteEvent | undefined, isLate: boolean): readonly ToldEvent[];
  /** The next row to be read; undefined while all are told. */
  next(): UhppoteRequest | undefined;
  /** The answer to {@link next}. */
  take(event: UhppoteEvent | "none" | "overwritten"): readonly ToldEvent[];
  /** The last row that was told. */
  readonly told: number;
  /** Rows that the board had lost before they were read. */
  readonly lost: number;
}

/** All of it is arithmetic: no time, no wire. */
export function eventCursor(): EventCursor {
  let told = 0;
  let newest = 0;
  let lateUpTo = 0;
  let lost = 0;
  let hasBegun = false;

  const tell = (event: UhppoteEvent): readonly ToldEvent[] => {
    told = event.index;
    return [{ event, isLate: event.index <= lateUpTo }];
  };

  return {
    begin(stored, last) {
      newest = lateUpTo = last;
      // What was told already is not told again; an index that is ahead belongs to a memory that was erased.
      const from = Math.min(last, hasBegun && told <= last ? told : stored);
      hasBegun = true;
      told = Math.max(from, last - BACKLOG_MAX);
      lost += told - from;
    },
    see(event, isLate) {
      if (event === undefined || event.index === LAST_EVENT) return [];
      // The memory was erased, and the log begins anew.
      if (event.index < newest) {
        told = event.index - 1;
        lateUpTo = 0;
      }
      newest = event.index;
      if (isLate) lateUpTo = newest;
      // An index that leaps is a damaged datagram or another board: what lies between was never written.
      if (newest - told > BACKLOG_MAX) {
        lost += newest - told - BACKLOG_MAX;
        told = newest - BACKLOG_MAX;
      }
      return newest === told + 1 ? tell(event) : [];
    },
    next: () => (told < newest ? { kind: "event", index: told + 1 } : undefined),
    take(event) {
      if (typeof event !== "string" && event.index === told + 1) return tell(event);
      told++;
      lost++;
      return [];
    },
    get told() {
      return told;
    },
    get lost() {
      return lost;
    },
  };
}
