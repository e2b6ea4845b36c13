import type { Clock, Random } from "@portico/card-protocol";
import { serialWire, tcpWire, type Wire } from "@portico/firmware-ts";
import type { WireConfiguration } from "./configuration/configuration.ts";

/** What hangs on a wire: scanner and keypad only speak, a display only hears, a board answers, so do the PDs of an OSDP line, of which all may be off. */
export type WireUse = "scanner" | "relay-board" | "osdp-line" | "keypad" | "display";

/** A board that is polled many times a second and has been silent for so long hangs on a line that broke without telling. */
const BOARD_SILENCE_MS = 5_000;

/** Opens the serial port or TCP connection of a wire. It goes on trying for ever. */
export function openRealWire(wire: WireConfiguration, use: WireUse, clock: Clock, random: Random): Wire {
  const shared = { name: wire.id, clock, random, ...(use === "relay-board" ? { answerWithinMs: BOARD_SILENCE_MS } : {}) };
  return wire.kind === "serial" ? serialWire({ ...shared, path: wire.device, baud: wire.baud }) : tcpWire({ ...shared, host: wire.host, port: wire.port });
}
