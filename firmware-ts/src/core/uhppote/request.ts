import { type BoardTime, encodeTime, readTime } from "./board-time.ts";
import { decodePacket, encodePacket, readU16, readU32, u16, u32 } from "./packet.ts";

/** Who opens a door: `controlled`, whoever is let in; the others hold it open or shut whoever comes. */
export const DOOR_CONTROLS = ["normally-open", "normally-closed", "controlled"] as const;
export type DoorControl = (typeof DOOR_CONTROLS)[number];

/** An address of the internet protocol, version 4. */
export type Ipv4 = readonly [number, number, number, number];

/** What a board is asked. Doors are 1..4. */
export type UhppoteRequest =
  | { readonly kind: "device" | "status" | "cards" | "deleteCards" | "time" | "listener" | "eventIndex" }
  | { readonly kind: "open" | "door"; readonly door: number }
  /** `delayS`: how long it opens, 1..255. */
  | { readonly kind: "setDoor"; readonly door: number; readonly control: DoorControl; readonly delayS: number }
  | { readonly kind: "setTime"; readonly time: BoardTime }
  | { readonly kind: "setListener"; readonly address: Ipv4; readonly port: number }
  /** `isOn`: cards are left to whoever speaks with the board, as long as somebody does so every 30 s. */
  | { readonly kind: "setHostControl"; readonly isOn: boolean }
  /** `isOn`: doors and buttons are written into the board's log too. */
  | { readonly kind: "recordDoors"; readonly isOn: boolean }
  | { readonly kind: "event" | "setEventIndex"; readonly index: number }
  /** On the board's own list, for good; `doors` as bits. */
  | { readonly kind: "putCard"; readonly card: number; readonly doors: number };

export type UhppoteKind = UhppoteRequest["kind"];

/** What makes a board do what cannot be undone. */
const MAGIC = [0x55, 0xaa, 0xaa, 0x55];

/** The byte that names each question and its answer. Source: uhppote-core, messages. */
export const UHPPOTE_CODES: Readonly<Record<UhppoteKind, number>> = {
  status: 0x20,
  setTime: 0x30,
  time: 0x32,
  open: 0x40,
  putCard: 0x50,
  deleteCards: 0x54,
  cards: 0x58,
  setDoor: 0x80,
  door: 0x82,
  recordDoors: 0x8e,
  setListener: 0x90,
  listener: 0x92,
  device: 0x94,
  setHostControl: 0xa0,
  event: 0xb0,
  setEventIndex: 0xb2,
  eventIndex: 0xb4,
};
const KINDS = new Map(Object.entries(UHPPOTE_CODES).map(([kind, code]) => [code, kind as UhppoteKind]));
/** Which question or answer a packet is; undefined: none that is known. */
export const kindOf = (code: number): UhppoteKind | undefined => KINDS.get(code);

/** First and last day of a card that is valid for good. */
const FOR_GOOD = [0x20, 0x00, 0x01, 0x01, 0x20, 0x99, 0x12, 0x31];

/** @param serial  of the board; 0 with `device`: every board answers */
export function encodeRequest(serial: number, request: UhppoteRequest): Uint8Array {
  return encodePacket(UHPPOTE_CODES[request.kind], serial, bodyOf(request));
}

function bodyOf(request: UhppoteRequest): number[] {
  switch (request.kind) {
    case "device":
    case "status":
    case "cards":
    case "time":
    case "listener":
    case "eventIndex":
      return [];
    case "deleteCards":
      return MAGIC;
    case "open":
    case "door":
      return [request.door];
    case "setDoor":
      return [request.door, DOOR_CONTROLS.indexOf(request.control) + 1, request.delayS];
    case "setTime":
      return encodeTime(request.time);
    case "setListener":
      return [...request.address, ...u16(request.port)];
    case "setHostControl":
      return [...MAGIC, request.isOn ? 1 : 0];
    case "recordDoors":
      return [request.isOn ? 1 : 0];
    case "event":
      return u32(request.index);
    case "setEventIndex":
      return [...u32(request.index), ...MAGIC];
    case "putCard":
      return [...u32(request.card), ...FOR_GOOD, ...[0, 1, 2, 3].map((door) => (request.doors >> door) & 1)];
  }
}

/** A question as the board hears it; undefined for what is none, and for what a board would not carry out. */
export function decodeRequest(bytes: Uint8Array): { readonly serial: number; readonly request: UhppoteRequest } | undefined {
  const packet = decodePacket(bytes);
  const kind = packet === undefined || bytes[0] !== 0x17 ? undefined : kindOf(packet.code);
  const request = kind === undefined ? undefined : requestOf(kind, packet!.body);
  return request === undefined ? undefined : { serial: packet!.serial, request };
}

function requestOf(kind: UhppoteKind, body: Uint8Array): UhppoteRequest | undefined {
  const hasMagic = (at: number): boolean => MAGIC.every((byte, index) => body[at + index] === byte);
  const door = body[0]!;
  switch (kind) {
    case "device":
    case "status":
    case "cards":
    case "time":
    case "listener":
    case "eventIndex":
      return { kind };
    case "deleteCards":
      return hasMagic(0) ? { kind } : undefined;
    case "open":
    case "door":
      return isDoor(door) ? { kind, door } : undefined;
    case "setDoor": {
      const control = DOOR_CONTROLS[body[1]! - 1];
      return isDoor(door) && control !== undefined ? { kind, door, control, delayS: body[2]! } : undefined;
    }
    case "setTime": {
      const time = readTime(body, 0);
      return time === undefined ? undefined : { kind, time };
    }
    case "setListener":
      return { kind, address: [body[0]!, body[1]!, body[2]!, body[3]!], port: readU16(body, 4) };
    case "setHostControl":
      return hasMagic(0) ? { kind, isOn: body[4] === 1 } : undefined;
    case "recordDoors":
      return { kind, isOn: body[0] === 1 };
    case "event":
      return { kind, index: readU32(body, 0) };
    case "setEventIndex":
      return hasMagic(4) ? { kind, index: readU32(body, 0) } : undefined;
    case "putCard":
      return { kind, card: readU32(body, 0), doors: [0, 1, 2, 3].reduce((bits, each) => bits | (body[12 + each] === 0 ? 0 : 1 << each), 0) };
  }
}

const isDoor = (door: number): boolean => door >= 1 && door <= 4;
