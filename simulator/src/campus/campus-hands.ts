import type { BoltState, LockRefusal } from "@portico/card-protocol";
import type { ControllerReport } from "@portico/controller";
import type { Direction } from "../turnstile-body.ts";

/**
 * A report as it is heard on a campus. `scan`: the mark of the scan that it judges, where whoever held it gave one and nobody else's is mistaken for it.
 * `controller`: whose it is, where a campus has several; each counts its events by itself.
 */
export type HeardReport = ControllerReport & { readonly scan?: string; readonly controller?: string };

/**
 * What people of a campus can lay hands on, and what they can hear of it: all that life needs, whether the campus runs in virtual time or as real
 * programs. Places go by the ids of the campus.
 */
export interface CampusHands {
  /**
   * Holds a code or a card before a reader. False when nothing left the reader, because its wire is cut. `mark`: whose scan it is, for a campus in which
   * others may hold something before the same reader; any text but what was held.
   */
  readonly scan: (accessPoint: string, read: string, mark?: string) => Promise<boolean>;
  /** Pushes the arm of a lane. True when the body got through. */
  readonly push: (lane: string, direction: Direction) => Promise<boolean>;
  /** Presses through a lane close behind another. False when nobody went that way just now. */
  readonly tailgate: (lane: string, direction: Direction) => Promise<boolean>;
  /** Pushes a door and holds it for `openMs`. True when it opened, or stood open. */
  readonly pushDoor: (door: string, openMs: number) => Promise<boolean>;
  /** Presses the exit button of a door. */
  readonly pressExit: (door: string) => Promise<void>;
  /** Called for each report of the controller, in its order. Returns the function that removes the listener. */
  readonly onReport: (listener: (report: HeardReport) => void) => () => void;
}

/** The lock of a room, seen from outside. */
export interface LockLook {
  readonly bolt: BoltState;
  readonly batteryPercent: number;
}

/** What people can lay hands on at the stations of a campus, and what they see there. */
export interface StationHands {
  /** Types an amount such as `12.50` at a till's keypad, and Enter. False where the keypad is unplugged. */
  readonly enter: (till: string, amount: string) => Promise<boolean>;
  /** What a till's customer display shows, a text a line. */
  readonly display: (till: string) => Promise<readonly string[]>;
  /** Somebody prints from their desk; the queue holds it. Resolves with the job's number. */
  readonly print: (printer: string, user: string, pages: number) => Promise<number>;
  /** How many sides lie in a printer's tray. */
  readonly tray: (printer: string) => Promise<number>;
  /** Types digits at the keypad of a room's lock, and its key. Null: it opens; else why it does not, as the lock's own log says it. */
  readonly typePin: (room: string, digits: string) => Promise<LockRefusal | null>;
  /** How the lock of a room looks to whoever stands before it. */
  readonly lock: (room: string) => Promise<LockLook>;
}
