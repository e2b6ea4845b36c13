import { err, ok, type Result } from "@portico/card-protocol";
import { type ByteReader, byteReader, le16, le32 } from "./byte-reader.ts";

/** Command codes. Source: SIA OSDP 2.2 Annex A.1. */
export const COMMAND = {
  poll: 0x60,
  id: 0x61,
  capabilities: 0x62,
  localStatus: 0x64,
  inputStatus: 0x65,
  outputStatus: 0x66,
  readerStatus: 0x67,
  output: 0x68,
  led: 0x69,
  buzzer: 0x6a,
  text: 0x6b,
  communication: 0x6e,
  keySet: 0x75,
  challenge: 0x76,
  serverCryptogram: 0x77,
  receiveSize: 0x7b,
  fileTransfer: 0x7c,
  manufacturer: 0x80,
  abort: 0xa2,
  keepActive: 0xa7,
} as const;

/**
 * What an output is told. Source: SIA OSDP 2.2 §6.10. `off` and `on` end a timed operation; `off-after-timed` and `on-after-timed` set what remains when it
 * ends; `timed-on` and `timed-off` hold for the timer and then give the permanent state back.
 */
export const OUTPUT_CONTROLS = ["nothing", "off", "on", "off-after-timed", "on-after-timed", "timed-on", "timed-off"] as const;
export type OutputControl = (typeof OUTPUT_CONTROLS)[number];
/** In the order of their numbers. Source: SIA OSDP 2.2 §6.11. */
export const LED_COLOURS = ["black", "red", "green", "amber", "blue", "magenta", "cyan", "white"] as const;
export type LedColour = (typeof LED_COLOURS)[number];

/** A LED's blinking: units of 100 ms, 0..255. */
export interface LedPattern {
  readonly on: number;
  readonly off: number;
  readonly onColour: LedColour;
  readonly offColour: LedColour;
}

/** One record of a LED command. */
export interface LedRecord {
  readonly reader: number;
  readonly led: number;
  /** `timer` in units of 100 ms, 0..65,535. */
  readonly temporary: "nothing" | "cancel" | (LedPattern & { readonly timer: number });
  readonly permanent: "nothing" | LedPattern;
}

/** How a text is shown: until the next one, or for a time; wrapped or cut off. Source: SIA OSDP 2.2 §6.13. */
export const TEXT_MODES = ["permanent", "permanent-wrapped", "temporary", "temporary-wrapped"] as const;

/** A command of a control panel. Whole numbers, in the ranges of the bytes that hold them. */
export type OsdpCommand =
  | { readonly kind: "poll" | "id" | "capabilities" | "localStatus" | "inputStatus" | "outputStatus" | "readerStatus" | "abort" }
  /** `timer` in units of 100 ms, 0..65,535. */
  | { readonly kind: "output"; readonly records: readonly { readonly output: number; readonly control: OutputControl; readonly timer: number }[] }
  | { readonly kind: "led"; readonly records: readonly LedRecord[] }
  /** `on` and `off` in units of 100 ms; `count` 0: until the next command. */
  | {
      readonly kind: "buzzer";
      readonly reader: number;
      readonly tone: "none" | "off" | "default";
      readonly on: number;
      readonly off: number;
      readonly count: number;
    }
  /** `seconds` counts for the temporary modes; `row` and `column` from 1; `text` 0..255 bytes of ASCII. */
  | {
      readonly kind: "text";
      readonly reader: number;
      readonly mode: (typeof TEXT_MODES)[number];
      readonly seconds: number;
      readonly row: number;
      readonly column: number;
      readonly text: string;
    }
  | { readonly kind: "communication"; readonly address: number; readonly baud: number }
  /** A SCBK, 16 bytes. */
  | { readonly kind: "keySet"; readonly key: Uint8Array }
  /** RND.A, 8 bytes. */
  | { readonly kind: "challenge"; readonly random: Uint8Array }
  /** 16 bytes. */
  | { readonly kind: "serverCryptogram"; readonly cryptogram: Uint8Array }
  /** The longest frame that the panel takes. */
  | { readonly kind: "receiveSize"; readonly bytes: number }
  | { readonly kind: "fileTransfer"; readonly fileType: number; readonly total: number; readonly offset: number; readonly fragment: Uint8Array }
  /** `vendor`: 3 bytes, an IEEE OUI. */
  | { readonly kind: "manufacturer"; readonly vendor: Uint8Array; readonly content: Uint8Array }
  | { readonly kind: "keepActive"; readonly milliseconds: number };

/** `Unknown` no such code · `Length` the payload is too short or too long for it · `Record` a value in it that none may be. They are what a PD's NAK says, too. */
export type OsdpMessageError = "Unknown" | "Length" | "Record";

/** Key type of a SCBK. Source: SIA OSDP 2.2 §6.16. */
const KEY_TYPE_SCBK = 1;
const KEY_BYTES = 16;
const VENDOR_BYTES = 3;

/** The code and payload of a command. Values beyond their bytes are the caller's mistake and are cut to them. */
export function encodeCommand(command: OsdpCommand): { readonly code: number; readonly payload: Uint8Array } {
  return { code: COMMAND[command.kind], payload: Uint8Array.from(payloadOf(command)) };
}

function payloadOf(command: OsdpCommand): readonly number[] {
  switch (command.kind) {
    case "poll":
    case "localStatus":
    case "inputStatus":
    case "outputStatus":
    case "readerStatus":
    case "abort":
      return [];
    case "id":
    case "capabilities":
      return [0];
    case "output":
      return command.records.flatMap(({ output, control, timer }) => [output, OUTPUT_CONTROLS.indexOf(control), ...le16(timer)]);
    case "led":
      return command.records.flatMap(ledBytes);
    case "buzzer":
      return [command.reader, ["none", "off", "default"].indexOf(command.tone), command.on, command.off, command.count];
    case "text": {
      const characters = Array.from(command.text, (character) => character.charCodeAt(0) & 0x7f).slice(0, 255);
      return [command.reader, TEXT_MODES.indexOf(command.mode) + 1, command.seconds, command.row, command.column, characters.length, ...characters];
    }
    case "communication":
      return [command.address, ...le32(command.baud)];
    case "keySet":
      return [KEY_TYPE_SCBK, command.key.length, ...command.key];
    case "challenge":
      return [...command.random];
    case "serverCryptogram":
      return [...command.cryptogram];
    case "receiveSize":
      return le16(command.bytes);
    case "fileTransfer":
      return [command.fileType, ...le32(command.total), ...le32(command.offset), ...le16(command.fragment.length), ...command.fragment];
    case "manufacturer":
      return [...command.vendor, ...command.content];
    case "keepActive":
      return le16(command.milliseconds);
  }
}

function ledBytes({ reader, led, temporary, permanent }: LedRecord): readonly number[] {
  const pattern = ({ on, off, onColour, offColour }: LedPattern): readonly number[] => [on, off, LED_COLOURS.indexOf(onColour), LED_COLOURS.indexOf(offColour)];
  const timed =
    temporary === "nothing" ? [0, 0, 0, 0, 0, 0, 0] : temporary === "cancel" ? [1, 0, 0, 0, 0, 0, 0] : [2, ...pattern(temporary), ...le16(temporary.timer)];
  return [reader, led, ...timed, ...(permanent === "nothing" ? [0, 0, 0, 0, 0] : [1, ...pattern(permanent)])];
}

const LED_RECORD_BYTES = 14;
const OUTPUT_RECORD_BYTES = 4;
const KIND_OF: ReadonlyMap<number, OsdpCommand["kind"]> = new Map(Object.entries(COMMAND).map(([kind, code]) => [code, kind as OsdpCommand["kind"]]));

/** A command out of its code and payload in clear, as a PD reads it. Never throws. */
export function decodeCommand(code: number, payload: Uint8Array): Result<OsdpCommand, OsdpMessageError> {
  const kind = KIND_OF.get(code);
  if (kind === undefined) return err("Unknown", `command ${code.toString(16)}`);
  const reader = byteReader(payload);
  const command = readCommand(kind, reader);
  if (!reader.isExact) return err("Length", `${kind} with ${payload.length} bytes`);
  return command === undefined ? err("Record", `${kind} with a value that none may be`) : ok(command);
}

function readCommand(kind: OsdpCommand["kind"], reader: ByteReader): OsdpCommand | undefined {
  switch (kind) {
    case "poll":
    case "localStatus":
    case "inputStatus":
    case "outputStatus":
    case "readerStatus":
    case "abort":
      return { kind };
    case "id":
    case "capabilities":
      return reader.u8() === 0 ? { kind } : undefined;
    case "output":
      return whole(
        kind,
        records(reader, OUTPUT_RECORD_BYTES, () => readOutput(reader)),
      );
    case "led":
      return whole(
        kind,
        records(reader, LED_RECORD_BYTES, () => readLed(reader)),
      );
    case "buzzer": {
      const [number, tone] = [reader.u8(), (["none", "off", "default"] as const)[reader.u8()]];
      const times = { on: reader.u8(), off: reader.u8(), count: reader.u8() };
      return tone === undefined ? undefined : { kind, reader: number, tone, ...times };
    }
    case "text": {
      const [number, mode] = [reader.u8(), TEXT_MODES[reader.u8() - 1]];
      const place = { seconds: reader.u8(), row: reader.u8(), column: reader.u8() };
      const text = String.fromCharCode(...reader.bytes(reader.u8()));
      return mode === undefined ? undefined : { kind, reader: number, mode, ...place, text };
    }
    case "communication":
      return { kind, address: reader.u8(), baud: reader.u32() };
    case "keySet": {
      const [type, length] = [reader.u8(), reader.u8()];
      const key = reader.bytes(length);
      return type === KEY_TYPE_SCBK && length === KEY_BYTES ? { kind, key } : undefined;
    }
    case "challenge":
      return { kind, random: reader.bytes(8) };
    case "serverCryptogram":
      return { kind, cryptogram: reader.bytes(16) };
    case "receiveSize":
      return { kind, bytes: reader.u16() };
    case "fileTransfer": {
      const head = { fileType: reader.u8(), total: reader.u32(), offset: reader.u32() };
      return { kind, ...head, fragment: reader.bytes(reader.u16()) };
    }
    case "manufacturer":
      return { kind, vendor: reader.bytes(VENDOR_BYTES), content: reader.rest() };
    case "keepActive":
      return { kind, milliseconds: reader.u16() };
  }
}

/** One record or more; a length that holds no whole number of them is left unread, and undefined stands for a record that none may be. */
function records<R>(reader: ByteReader, bytes: number, read: () => R | undefined): readonly (R | undefined)[] {
  if (reader.left === 0) reader.u8();
  return Array.from({ length: Math.floor(reader.left / bytes) }, read);
}

function whole<K extends "output" | "led", R>(kind: K, all: readonly (R | undefined)[]): { readonly kind: K; readonly records: readonly R[] } | undefined {
  return all.includes(undefined) ? undefined : { kind, records: all as readonly R[] };
}

function readOutput(reader: ByteReader): { readonly output: number; readonly control: OutputControl; readonly timer: number } | undefined {
  const [output, control, timer] = [reader.u8(), OUTPUT_CONTROLS[reader.u8()], reader.u16()];
  return control === undefined ? undefined : { output, control, timer };
}

function readLed(reader: ByteReader): LedRecord | undefined {
  const pattern = (): LedPattern | undefined => {
    const [on, off, onColour, offColour] = [reader.u8(), reader.u8(), LED_COLOURS[reader.u8()], LED_COLOURS[reader.u8()]];
    return onColour === undefined || offColour === undefined ? undefined : { on, off, onColour, offColour };
  };
  const [number, led, temporaryCode, temporary, timer, permanentCode, permanent] = [
    reader.u8(),
    reader.u8(),
    reader.u8(),
    pattern(),
    reader.u16(),
    reader.u8(),
    pattern(),
  ];
  if (temporaryCode > 2 || permanentCode > 1 || temporary === undefined || permanent === undefined) return undefined;
  return {
    reader: number,
    led,
    temporary: temporaryCode === 0 ? "nothing" : temporaryCode === 1 ? "cancel" : { ...temporary, timer },
    permanent: permanentCode === 0 ? "nothing" : permanent,
  };
}
