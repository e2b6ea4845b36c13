import { err, ok, type Result } from "@portico/card-protocol";
import { type ByteReader, byteReader, le16, le32 } from "./byte-reader.ts";
import type { OsdpMessageError } from "./command.ts";

/** Reply codes. Source: SIA OSDP 2.2 Annex A.2. */
export const REPLY = {
  ack: 0x40,
  nak: 0x41,
  id: 0x45,
  capabilities: 0x46,
  localStatus: 0x48,
  inputStatus: 0x49,
  outputStatus: 0x4a,
  readerStatus: 0x4b,
  raw: 0x50,
  formatted: 0x51,
  keypad: 0x53,
  communication: 0x54,
  clientCryptogram: 0x76,
  initialMac: 0x78,
  busy: 0x79,
  fileStatus: 0x7a,
  manufacturer: 0x90,
} as const;

/** Why a PD refuses, by number, from 1. Source: SIA OSDP 2.2 §7.3. */
export const NAK_REASONS = {
  1: "the check did not hold",
  2: "the length is wrong for the command",
  3: "it does not know the command",
  4: "it expected another sequence number",
  5: "it does not support this security block",
  6: "the conditions of the secure channel are not met",
  7: "it does not support this biometric type",
  8: "it does not support this biometric format",
  9: "it cannot carry out a record of the command",
} as const;

/** Functions of PDCAP that something here goes by. Source: SIA OSDP 2.2 Annex B. */
export const CAPABILITY = {
  contactStatus: 1,
  outputControl: 2,
  cardDataFormat: 3,
  readerLed: 4,
  audibleOutput: 5,
  textOutput: 6,
  checkCharacters: 8,
  communicationSecurity: 9,
  receiveBufferSize: 10,
  largestCombinedMessage: 11,
  readers: 14,
} as const;

/** One record of PDCAP: a function, how far it goes, and of how many there are. */
export interface CapabilityRecord {
  readonly function: number;
  readonly compliance: number;
  readonly count: number;
}

/** What a PD says of itself. */
export interface PdIdentity {
  /** 3 bytes, an IEEE OUI. */
  readonly vendor: Uint8Array;
  readonly model: number;
  readonly version: number;
  readonly serial: number;
  /** Major, minor, build. */
  readonly firmware: readonly [number, number, number];
}

/** A reply of a PD. */
export type OsdpReply =
  | { readonly kind: "ack" | "busy" }
  | { readonly kind: "nak"; readonly reason: number; readonly detail: Uint8Array }
  | { readonly kind: "id"; readonly identity: PdIdentity }
  | { readonly kind: "capabilities"; readonly records: readonly CapabilityRecord[] }
  | { readonly kind: "localStatus"; readonly tamper: boolean; readonly powerFailure: boolean }
  /** 0 inactive, 1 active; boards that measure their inputs: 2 shorted, 3 cut. */
  | { readonly kind: "inputStatus"; readonly states: readonly number[] }
  | { readonly kind: "outputStatus"; readonly active: readonly boolean[] }
  /** Per attached reader: 0 well, 1 not connected, 2 tampered with. */
  | { readonly kind: "readerStatus"; readonly states: readonly number[] }
  /** What a reader read, bit for bit: `bits` of them, first bit highest. `wiegand`: in the format P/data/P. */
  | { readonly kind: "raw"; readonly reader: number; readonly format: number; readonly bits: number; readonly content: Uint8Array }
  | { readonly kind: "formatted"; readonly reader: number; readonly direction: number; readonly characters: Uint8Array }
  /** ASCII digits; 0x7F clear, 0x0D enter. */
  | { readonly kind: "keypad"; readonly reader: number; readonly keys: Uint8Array }
  | { readonly kind: "communication"; readonly address: number; readonly baud: number }
  /** `clientId` 8 bytes, `random` (RND.B) 8, `cryptogram` 16. */
  | { readonly kind: "clientCryptogram"; readonly clientId: Uint8Array; readonly random: Uint8Array; readonly cryptogram: Uint8Array }
  /** 16 bytes. */
  | { readonly kind: "initialMac"; readonly mac: Uint8Array }
  /** `status` 0 go on, 1 done, 2 rebooting, 3 finishing; below 0 refused. `delayMs` before the next fragment; `fragmentMax` 0: as before. */
  | { readonly kind: "fileStatus"; readonly action: number; readonly delayMs: number; readonly status: number; readonly fragmentMax: number }
  | { readonly kind: "manufacturer"; readonly vendor: Uint8Array; readonly content: Uint8Array };

/** The code and payload of a reply, as a PD sends it. */
export function encodeReply(reply: OsdpReply): { readonly code: number; readonly payload: Uint8Array } {
  return { code: REPLY[reply.kind], payload: Uint8Array.from(payloadOf(reply)) };
}

function payloadOf(reply: OsdpReply): readonly number[] {
  switch (reply.kind) {
    case "ack":
    case "busy":
      return [];
    case "nak":
      return [reply.reason, ...reply.detail];
    case "id": {
      const { vendor, model, version, serial, firmware } = reply.identity;
      return [...vendor, model, version, ...le32(serial), ...firmware];
    }
    case "capabilities":
      return reply.records.flatMap((record) => [record.function, record.compliance, record.count]);
    case "localStatus":
      return [Number(reply.tamper), Number(reply.powerFailure)];
    case "inputStatus":
    case "readerStatus":
      return reply.states;
    case "outputStatus":
      return reply.active.map(Number);
    case "raw":
      return [reply.reader, reply.format, ...le16(reply.bits), ...reply.content];
    case "formatted":
      return [reply.reader, reply.direction, reply.characters.length, ...reply.characters];
    case "keypad":
      return [reply.reader, reply.keys.length, ...reply.keys];
    case "communication":
      return [reply.address, ...le32(reply.baud)];
    case "clientCryptogram":
      return [...reply.clientId, ...reply.random, ...reply.cryptogram];
    case "initialMac":
      return [...reply.mac];
    case "fileStatus":
      return [reply.action, ...le16(reply.delayMs), ...le16(reply.status & 0xffff), ...le16(reply.fragmentMax)];
    case "manufacturer":
      return [...reply.vendor, ...reply.content];
  }
}

const KIND_OF: ReadonlyMap<number, OsdpReply["kind"]> = new Map(Object.entries(REPLY).map(([kind, code]) => [code, kind as OsdpReply["kind"]]));

/** A reply out of its code and payload in clear. Never throws. */
export function decodeReply(code: number, payload: Uint8Array): Result<OsdpReply, OsdpMessageError> {
  const kind = KIND_OF.get(code);
  if (kind === undefined) return err("Unknown", `reply ${code.toString(16)}`);
  const reader = byteReader(payload);
  const reply = readReply(kind, reader);
  if (!reader.isExact) return err("Length", `${kind} with ${payload.length} bytes`);
  return reply === undefined ? err("Record", `${kind} with a value that none may be`) : ok(reply);
}

function readReply(kind: OsdpReply["kind"], reader: ByteReader): OsdpReply | undefined {
  switch (kind) {
    case "ack":
    case "busy":
      return { kind };
    case "nak":
      return { kind, reason: reader.u8(), detail: reader.rest() };
    case "id": {
      const head = { vendor: reader.bytes(3), model: reader.u8(), version: reader.u8(), serial: reader.u32() };
      return { kind, identity: { ...head, firmware: [reader.u8(), reader.u8(), reader.u8()] } };
    }
    case "capabilities":
      return {
        kind,
        records: Array.from({ length: Math.floor(reader.left / 3) }, () => ({ function: reader.u8(), compliance: reader.u8(), count: reader.u8() })),
      };
    case "localStatus": {
      const [tamper, power] = [reader.u8(), reader.u8()];
      return tamper > 1 || power > 1 ? undefined : { kind, tamper: tamper === 1, powerFailure: power === 1 };
    }
    case "inputStatus":
    case "readerStatus":
      return { kind, states: [...reader.rest()] };
    case "outputStatus": {
      const states = [...reader.rest()];
      return states.some((state) => state > 1) ? undefined : { kind, active: states.map((state) => state === 1) };
    }
    case "raw": {
      const head = { reader: reader.u8(), format: reader.u8(), bits: reader.u16() };
      return { kind, ...head, content: reader.bytes(Math.ceil(head.bits / 8)) };
    }
    case "formatted": {
      const head = { reader: reader.u8(), direction: reader.u8() };
      return { kind, ...head, characters: reader.bytes(reader.u8()) };
    }
    case "keypad":
      return { kind, reader: reader.u8(), keys: reader.bytes(reader.u8()) };
    case "communication":
      return { kind, address: reader.u8(), baud: reader.u32() };
    case "clientCryptogram":
      return { kind, clientId: reader.bytes(8), random: reader.bytes(8), cryptogram: reader.bytes(16) };
    case "initialMac":
      return { kind, mac: reader.bytes(16) };
    case "fileStatus": {
      const [action, delayMs, status, fragmentMax] = [reader.u8(), reader.u16(), reader.u16(), reader.u16()];
      return { kind, action, delayMs, status: status >= 0x8000 ? status - 0x1_0000 : status, fragmentMax };
    }
    case "manufacturer":
      return { kind, vendor: reader.bytes(3), content: reader.rest() };
  }
}

/** A NAK's reason in words. */
export const nakText = (reason: number): string =>
  `NAK ${reason} (${(NAK_REASONS as Readonly<Record<number, string>>)[reason] ?? "a reason of the maker's own"})`;
