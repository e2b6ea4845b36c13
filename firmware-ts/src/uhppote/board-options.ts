import type { Clock, MonotonicMs } from "@portico/card-protocol";
import type { BoardTime } from "../core/uhppote/board-time.ts";
import type { UhppoteSwipe } from "../core/uhppote/event.ts";
import type { RelayBoard } from "../device.ts";
import type { BoardListener } from "./board-meeting.ts";
import type { DatagramLink } from "./datagram-link.ts";

/** Doors of the largest board. */
export const UHPPOTE_RELAYS_MAX = 4;
/** Four door contacts, four buttons, the forced lock and the fire alarm. */
export const UHPPOTE_INPUTS_MAX = 10;

export interface UhppoteBoardOptions {
  readonly id: string;
  /** The board's own; it is closed by whoever opened it. */
  readonly link: DatagramLink;
  /** Printed on the board. */
  readonly serial: number;
  readonly clock: Clock;
  /** 1..4: its doors. */
  readonly relays: number;
  /** 0..10: door contacts of door 1 to 4 (closed: shut), buttons of door 1 to 4 (closed: pressed), forced lock, fire (open: alarm). */
  readonly inputs: number;
  /** Pause between two readings; default 100. */
  readonly pollMs?: number;
  /** Where it shall tell that something happened; absent: it is found at the next reading. */
  readonly listener?: BoardListener | undefined;
  /** What its clock shall show; undefined while nobody knows. */
  readonly localTime: () => BoardTime | undefined;
}

/** A UHPPOTE UT0311-L0x board: doors, contacts, buttons, and readers whose cards it leaves to us. */
export interface UhppoteBoard extends RelayBoard {
  /** A card that was read just now, and for which the board did nothing. */
  onSwipe(listener: (swipe: UhppoteSwipe, at: MonotonicMs) => void): () => void;
  /** A card that was read while the board was not heard: nobody may be let in for it any more. */
  onLateSwipe(listener: (swipe: UhppoteSwipe, at: MonotonicMs, readAt: BoardTime | undefined) => void): () => void;
}
