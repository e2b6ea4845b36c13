import type { Language } from "@portico/card-protocol";
import { BEACON_NAME_BYTES_MAX, type DisplayCharset, type DisplayCommands } from "@portico/firmware-ts";
import type { FileContent } from "./schema.ts";

/** `[[keypad]]`: numeric keys on a serial line of its own. */
export interface KeypadConfiguration {
  readonly id: string;
  readonly wire: string;
}

/** `[[display]]`: of 2 × 20 characters on a serial line of its own, or of an OSDP reader. */
export type DisplayConfiguration = SerialDisplayConfiguration | OsdpDisplayConfiguration;

export interface OsdpDisplayConfiguration {
  readonly id: string;
  readonly pd: string;
  readonly reader: number;
  readonly language: Language;
}

export interface SerialDisplayConfiguration {
  readonly id: string;
  readonly wire: string;
  readonly commands: DisplayCommands;
  readonly charset: DisplayCharset;
  /** Chinese needs the charset for it. */
  readonly language: Language;
}

/** `[[beacon]]`: challenges by Bluetooth LE, on an adapter of this machine. */
export interface BeaconConfiguration {
  readonly id: string;
  /** As BlueZ names it. */
  readonly adapter: string;
  /** What phones show of it, at most 26 bytes. */
  readonly name: string;
}

/** `[[beacon]]` as the controller takes it. */
export const beaconOf = ({ id, adapter, name }: FileContent["beacon"][number]): BeaconConfiguration => ({
  id,
  adapter,
  name: name ?? id.slice(0, BEACON_NAME_BYTES_MAX),
});

/** `[[display]]` as the controller takes it. */
export const displayOf = ({ id, wire, pd, reader, commands, charset, language }: FileContent["display"][number]): DisplayConfiguration =>
  pd === undefined ? { id, wire: wire!, commands: commands ?? "esc-pos", charset: charset ?? "ascii", language } : { id, pd, reader: reader ?? 0, language };
