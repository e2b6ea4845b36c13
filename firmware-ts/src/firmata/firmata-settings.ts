import type { Clock } from "@portico/card-protocol";
import type { Wire } from "../wire.ts";
import type { FirmataPins } from "./johnny-five-board.ts";
import type { SupervisedWiring } from "./supervised-inputs.ts";

/** How often every relay is read back and every input's level asked for. */
export const BEAT_MS = 250;
/** Beats without any answer until the board counts as offline. */
export const SILENT_BEATS_MAX = 3;
/** How often a silent board is told to drop everything and asked whether it is there. An Uno takes 1.9 s to boot, about 1.6 s more through its boot loader. */
export const KNOCK_MS = 500;
/** How long a board that spoke may take to read what had piled up for it: 64 bytes in, three times as many out, 33 ms at 57,600 baud. */
export const DRAIN_MS = 40;
/** How long the questions and answers of one configuration may take: three round trips, 16 ms each through a USB adapter, and 16 pins' line time. */
export const CONFIGURE_MS = 300;
/** A beat this late means that the loop stood still: nobody can say what became of a pulse meanwhile. */
export const STALL_MS = 1_000;

/** The state of an input pin, as the board tells it: whether its pull-up is on, not its level. */
export const PULLED_UP = 1;

/** A Firmata board as its driver needs it. */
export interface FirmataRelayBoardSettings extends FirmataPins {
  readonly id: string;
  /** 57,600 baud, 8N1 for StandardFirmata. The driver lets go of it and leaves closing to whoever opened it. */
  readonly wire: Wire;
  readonly clock: Clock;
  /** Which inputs are measured, and where the voltages of their loops lie; absent: none is. */
  readonly supervised?: SupervisedWiring;
}
