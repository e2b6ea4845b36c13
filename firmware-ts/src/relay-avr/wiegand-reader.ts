import type { Scan, Scanner } from "../device.ts";
import { listeners } from "../listeners.ts";
import type { RelayAvrBoard } from "./relay-avr-board.ts";

export interface WiegandReaderOptions {
  readonly id: string;
  readonly board: RelayAvrBoard;
  /** 0 or 1. */
  readonly reader: number;
}

/** Bits of a card with its parity: SIA AC-01, H10306, H10302 and H10304. Anything else is keys, noise or a card of which bits are missing. */
const LENGTHS: ReadonlySet<number> = new Set([26, 34, 37]);

/**
 * A Wiegand reader on the relay board. A card is told as its bits, `0` and `1`, parity among them; whether that holds is judged by who reads the number.
 *
 * Nothing on a Wiegand line says that a reader is there: it counts as online while its board is.
 */
export function wiegandReader({ id, board, reader }: WiegandReaderOptions): Scanner {
  const scans = listeners<[Scan]>();
  let unreadable = 0;
  let isClosed = false;
  const stop = board.onCard((card, receivedAt) => {
    if (card.reader !== reader) return;
    if (card.bits === undefined || !LENGTHS.has(card.bits.length)) unreadable++;
    else scans.tell({ bytes: new TextEncoder().encode(card.bits), receivedAt });
  });
  return {
    id,
    get health() {
      return board.health;
    },
    onHealth: (listener) => board.onHealth((health) => void (isClosed || listener(health))),
    onScan: scans.add,
    get unreadable() {
      return unreadable;
    },
    close() {
      isClosed = true;
      stop();
      return Promise.resolve();
    },
  };
}
