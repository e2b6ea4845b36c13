import { boardTimeText } from "../core/uhppote/board-time.ts";
import type { UhppoteSwipe } from "../core/uhppote/event.ts";
import type { Scan, Scanner } from "../device.ts";
import { listeners } from "../listeners.ts";
import type { UhppoteBoard } from "./board-options.ts";

/** Two for each door. */
export const UHPPOTE_READERS_MAX = 8;

export interface UhppoteReaderOptions {
  readonly id: string;
  readonly board: UhppoteBoard;
  /** 0..3: of door 1 to 4 on the way in; 4..7: on the way out. */
  readonly reader: number;
  /** Digits of its cards: 8 for facility code of three and number of five, as the board writes cards of 26 bits; 10 for cards of 34. */
  readonly digits: 8 | 10;
}

/** A reader on a UHPPOTE board. */
export interface UhppoteReader extends Scanner {
  /** Cards that were read while the board was not heard, and opened nothing. */
  readonly late: number;
}

/**
 * A Wiegand reader on a UHPPOTE board. A card is told as the board's decimal number.
 *
 * The board itself has checked the parity. Nothing says that a reader is there: it counts as online while its board is.
 */
export function uhppoteReader({ id, board, reader, digits }: UhppoteReaderOptions): UhppoteReader {
  const scans = listeners<[Scan]>();
  const lateScans = listeners<[Scan, string]>();
  let late = 0;
  let isClosed = false;
  const stops = [
    board.onSwipe(
      (swipe, receivedAt) => void (swipe.reader === reader && scans.tell({ bytes: new TextEncoder().encode(cardText(swipe, digits)), receivedAt })),
    ),
    board.onLateSwipe((swipe, receivedAt, time) => {
      if (swipe.reader !== reader) return;
      late++;
      lateScans.tell({ bytes: new TextEncoder().encode(cardText(swipe, digits)), receivedAt }, time === undefined ? "" : boardTimeText(time));
    }),
  ];
  return {
    id,
    get health() {
      return board.health;
    },
    onHealth: (listener) => board.onHealth((health) => void (isClosed || listener(health))),
    onScan: scans.add,
    onLateScan: lateScans.add,
    unreadable: 0,
    get late() {
      return late;
    },
    close() {
      isClosed = true;
      for (const stop of stops) stop();
      return Promise.resolve();
    },
  };
}

/** One that has more digits keeps them, and is judged by whoever reads the number. */
const cardText = ({ card }: UhppoteSwipe, digits: number): string => String(card).padStart(digits, "0");
