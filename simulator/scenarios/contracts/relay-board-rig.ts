import type { RelayBoard, WireFaults } from "@portico/firmware-ts";
import type { BoardSide } from "../../src/board-side.ts";

/** A relay board driver with a virtual board at the other end of its wire, and the hands that spoil things. At least 4 relays and 2 inputs, all contacts open. */
export interface RelayBoardRig {
  readonly board: RelayBoard;
  readonly side: BoardSide;
  /** Milliseconds on the clock that the driver sees. */
  now(): number;
  /** Lets time pass, simulated or not. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the condition holds; false when it does not within `withinMs`. */
  until(condition: () => boolean, withinMs: number): Promise<boolean>;
  cut(): void;
  mend(): void;
  /** The device stops answering and obeying, with its wire open. */
  setMute(mute: boolean): void;
  /** Power goes and comes back, with its wire open. */
  powerCycle(): void;
  /** Only where the protocol has checksums: without them a flipped bit cannot be noticed. */
  setFaults?(faults: WireFaults): void;
  /** Timers that the driver holds; only where they can be counted. */
  timers?(): number;
  end(): Promise<void>;
}

/** How fast a driver must be, in milliseconds. */
export interface RelayBoardLimits {
  /** From a wish to its answer on a good line. */
  readonly answerMs: number;
  /** From the last answer of a silent device to `TimedOut` and to offline. */
  readonly giveUpMs: number;
  /** From a mended wire, or the device's return, to online with every wish asserted. */
  readonly comebackMs: number;
  /** How much longer than asked for a pulse may last. */
  readonly holdExcessMs: number;
}
