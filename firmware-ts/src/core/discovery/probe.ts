import type { PortFinding } from "./port-finding.ts";

/** One question to a port, or a while of listening. */
export interface Probe {
  /** The rate to speak at; a gateway passes over it. */
  readonly baud: number;
  /** For people: `Modbus unit 3 at 9600 baud`. */
  readonly about: string;
  /** Empty: nothing is said, only listened. */
  readonly send: Uint8Array;
  readonly waitMs: number;
  /** True once nothing more has to be waited for. */
  readonly isAnswered: (received: Uint8Array) => boolean;
}

/** Questions in their order: each is yielded, and goes on with the bytes that came behind it; at the end what was found. A pure function of these bytes. */
export type Probing = Generator<Probe, readonly PortFinding[], Uint8Array>;

/** The bits of a character on the line, and its time in ms. */
const BITS = 11;
/** How long a frame of so many bytes takes. */
export const lineMs = (bytes: number, baud: number): number => Math.ceil((bytes * BITS * 1_000) / baud);

/** Silence between two questions, in ms: four characters at 9,600 baud, by which a Modbus unit tells frames apart. */
export const QUIET_MS = 5;
