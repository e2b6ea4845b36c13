import type { TerminalEvent } from "../core/isapi/device-event.ts";

/** Which events of a device's log were told: each once, and from where it is read again behind an outage. */
export interface EventOrder {
  /** @returns whether the event is told: it is new */
  live(event: TerminalEvent): boolean;
  /** One that a search has found. @returns whether it is told */
  found(event: TerminalEvent): boolean;
  /** The connection was lost: what is found from now on may reach up to the next live event. */
  interrupted(): void;
  /** The first serial number that nobody has told yet; undefined: none was ever seen, so nobody knows what is new. */
  readonly next: number | undefined;
}

const REMEMBERED = 64;

/** All of it is arithmetic. A number that leaps back is a log that was erased: it begins anew. */
export function eventOrder(): EventOrder {
  let recent: readonly number[] = [];
  let last: number | undefined;
  let firstLive = Number.POSITIVE_INFINITY;
  let foundUpTo = 0;
  return {
    live({ serialNo }) {
      if (serialNo === undefined) return true;
      if (recent.includes(serialNo)) return false;
      recent = [...recent.slice(-REMEMBERED + 1), serialNo];
      firstLive = Math.min(firstLive, serialNo);
      last = serialNo;
      return true;
    },
    found({ serialNo }) {
      if (serialNo === undefined || serialNo >= firstLive || recent.includes(serialNo) || serialNo <= foundUpTo) return false;
      foundUpTo = serialNo;
      last = Math.max(last ?? 0, serialNo);
      return true;
    },
    interrupted() {
      firstLive = Number.POSITIVE_INFINITY;
      foundUpTo = last ?? 0;
    },
    get next() {
      return last === undefined ? undefined : last + 1;
    },
  };
}
