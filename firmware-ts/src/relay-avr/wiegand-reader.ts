import type { MonotonicMs } from "@portico/card-protocol";
import { wiegandKey } from "../core/relay-avr/wiegand-key.ts";
import type { Scan, Scanner } from "../device.ts";
import { listeners } from "../listeners.ts";
import type { RelayAvrBoard } from "./relay-avr-board.ts";

/** A Wiegand reader, with a keypad or without. */
export interface WiegandReader extends Scanner {
  /** A key, `0` to `9`, `*` or `#`, as it is pressed. Keys are a person's secret: nothing here keeps or prints them. */
  onKeys(listener: (keys: string, at: MonotonicMs) => void): () => void;
}

export interface WiegandReaderOptions {
  readonly id: string;
  readonly board: RelayAvrBoard;
  /** 0 or 1. */
  readonly reader: number;
}

/** Bits of a card with its parity: SIA AC-01, H10306, H10302 and H10304. Anything else is a key, noise, or a card of which bits are missing. */
const LENGTHS: ReadonlySet<number> = new Set([26, 34, 37]);

/**
 * A Wiegand reader on the relay board. A card is told as its bits, `0` and `1`, parity among them; whether that holds is judged by who reads the number. Four
 * or eight bits are a key.
 *
 * Nothing on a Wiegand line says that a reader is there: it counts as online while its board is.
 */
export function wiegandReader({ id, board, reader }: WiegandReaderOptions): WiegandReader {
  const scans = listeners<[Scan]>();
  const keys = listeners<[string, MonotonicMs]>();
  let unreadable = 0;
  let isClosed = false;
  const stop = board.onCard((card, receivedAt) => {
    if (card.reader !== reader) return;
    const { bits = "" } = card;
    const key = wiegandKey(bits);
    if (key !== undefined) keys.tell(key, receivedAt);
    else if (!LENGTHS.has(bits.length)) unreadable++;
    else scans.tell({ bytes: new TextEncoder().encode(bits), receivedAt });
  });
  return {
    id,
    get health() {
      return board.health;
    },
    onHealth: (listener) => board.onHealth((health) => void (isClosed || listener(health))),
    onScan: scans.add,
    onKeys: keys.add,
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
