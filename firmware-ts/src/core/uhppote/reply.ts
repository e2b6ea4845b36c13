import { type BoardTime, encodeShortTime, encodeTime, readBcd, readShortTime, readTime } from "./board-time.ts";
import { encodeEvent, readEvent, type UhppoteEvent } from "./event.ts";
import { decodePacket, encodePacket, readU16, readU32, u16, u32 } from "./packet.ts";
import { DOOR_CONTROLS, type DoorControl, type Ipv4, kindOf, UHPPOTE_CODES, type UhppoteKind } from "./request.ts";

/** What the board sees and does now. Lists have four places, door 1 first. */
export interface UhppoteStatus {
  readonly kind: "status";
  /** The newest row of its log; undefined where it has none. */
  readonly event: UhppoteEvent | undefined;
  /** The door's contact is open. */
  readonly isOpen: readonly boolean[];
  /** The exit button is pressed. */
  readonly isPressed: readonly boolean[];
  readonly isEnergized: readonly boolean[];
  readonly isForceLocked: boolean;
  readonly isFire: boolean;
  /** 0: none. */
  readonly fault: number;
  readonly time: BoardTime | undefined;
}

/** How a board has a door set. */
export interface DoorSetting {
  /** 1..4. */
  readonly door: number;
  readonly control: DoorControl;
  readonly delayS: number;
}

/** What a board answers. */
export type UhppoteReply =
  | UhppoteStatus
  /** `version` as it is printed: `8.92`. */
  | {
      readonly kind: "device";
      readonly address: Ipv4;
      readonly netmask: Ipv4;
      readonly gateway: Ipv4;
      readonly mac: readonly number[];
      readonly version: string;
    }
  | ({ readonly kind: "door" | "setDoor" } & DoorSetting)
  | { readonly kind: "time" | "setTime"; readonly time: BoardTime | undefined }
  | { readonly kind: "cards"; readonly count: number }
  | { readonly kind: "listener"; readonly address: Ipv4; readonly port: number }
  | { readonly kind: "event"; readonly event: UhppoteEvent | "none" | "overwritten" }
  | { readonly kind: "eventIndex"; readonly index: number }
  | {
      readonly kind: "open" | "putCard" | "deleteCards" | "setListener" | "setHostControl" | "recordDoors" | "setEventIndex";
      readonly isDone: boolean;
    };

const DOORS = [0, 1, 2, 3] as const;

/** An answer, also a status that the board pushes; undefined for what is none. */
export function decodeReply(bytes: Uint8Array): { readonly serial: number; readonly reply: UhppoteReply } | undefined {
  const packet = decodePacket(bytes);
  const kind = packet === undefined ? undefined : kindOf(packet.code);
  const reply = kind === undefined ? undefined : replyOf(kind, packet!.body);
  return reply === undefined ? undefined : { serial: packet!.serial, reply };
}

function replyOf(kind: UhppoteKind, body: Uint8Array): UhppoteReply | undefined {
  switch (kind) {
    case "status":
      return statusOf(body);
    case "device": {
      const [major, minor] = [readBcd(body[18]!), readBcd(body[19]!)];
      if (major === undefined || minor === undefined) return undefined;
      const version = `${major}.${String(minor).padStart(2, "0")}`;
      return { kind, address: ipv4(body, 0), netmask: ipv4(body, 4), gateway: ipv4(body, 8), mac: [...body.subarray(12, 18)], version };
    }
    case "door":
    case "setDoor": {
      const control = DOOR_CONTROLS[body[1]! - 1];
      return control === undefined || body[0]! < 1 || body[0]! > 4 ? undefined : { kind, door: body[0]!, control, delayS: body[2]! };
    }
    case "time":
    case "setTime":
      return { kind, time: readTime(body, 0) };
    case "cards":
      return { kind, count: readU32(body, 0) };
    case "listener":
      return { kind, address: ipv4(body, 0), port: readU16(body, 4) };
    case "event":
      return { kind, event: readEvent(body) };
    case "eventIndex":
      return { kind, index: readU32(body, 0) };
    case "open":
    case "putCard":
    case "deleteCards":
    case "setListener":
    case "setHostControl":
    case "recordDoors":
    case "setEventIndex":
      return { kind, isDone: body[0] === 1 };
  }
}

function statusOf(body: Uint8Array): UhppoteStatus {
  const event = readEvent(body);
  return {
    kind: "status",
    event: typeof event === "string" ? undefined : event,
    isOpen: DOORS.map((door) => body[20 + door] !== 0),
    isPressed: DOORS.map((door) => body[24 + door] !== 0),
    isEnergized: DOORS.map((door) => ((body[41]! >> door) & 1) === 1),
    isForceLocked: (body[42]! & 1) === 1,
    isFire: (body[42]! & 2) === 2,
    fault: body[28]!,
    time: readShortTime(body, 43, 29),
  };
}

/** The ten inputs as contacts, `true`: closed. Doors 1 to 4 (closed: shut), their buttons (closed: pressed), the forced lock, fire (open: alarm). */
export const contactsOf = ({ isOpen, isPressed, isForceLocked, isFire }: UhppoteStatus): boolean[] => [
  ...isOpen.map((open) => !open),
  ...isPressed,
  isForceLocked,
  !isFire,
];

const ipv4 = (body: Uint8Array, at: number): Ipv4 => [body[at]!, body[at + 1]!, body[at + 2]!, body[at + 3]!];

/** The bytes of an answer, for the board's side. */
export function encodeReply(serial: number, reply: UhppoteReply): Uint8Array {
  return encodePacket(UHPPOTE_CODES[reply.kind], serial, bodyOf(reply));
}

function bodyOf(reply: UhppoteReply): number[] {
  switch (reply.kind) {
    case "status":
      return statusBody(reply);
    case "device": {
      const [major, minor] = reply.version.split(".").map((digits) => Number.parseInt(digits, 16));
      return [...reply.address, ...reply.netmask, ...reply.gateway, ...reply.mac, major!, minor!];
    }
    case "door":
    case "setDoor":
      return [reply.door, DOOR_CONTROLS.indexOf(reply.control) + 1, reply.delayS];
    case "time":
    case "setTime":
      return reply.time === undefined ? [] : encodeTime(reply.time);
    case "cards":
      return u32(reply.count);
    case "listener":
      return [...reply.address, ...u16(reply.port)];
    case "event":
      if (reply.event === "none") return [];
      return reply.event === "overwritten" ? [0, 0, 0, 0, 0xff] : encodeEvent(reply.event);
    case "eventIndex":
      return u32(reply.index);
    case "open":
    case "putCard":
    case "deleteCards":
    case "setListener":
    case "setHostControl":
    case "recordDoors":
    case "setEventIndex":
      return [reply.isDone ? 1 : 0];
  }
}

function statusBody(status: UhppoteStatus): number[] {
  const bits = (flags: readonly boolean[]): number[] => flags.map((flag) => (flag ? 1 : 0));
  const body = Array.from({ length: 46 }, () => 0);
  const put = (at: number, bytes: readonly number[]): void => bytes.forEach((byte, index) => (body[at + index] = byte));
  if (status.event !== undefined) put(0, encodeEvent(status.event));
  put(20, bits(status.isOpen));
  put(24, bits(status.isPressed));
  body[28] = status.fault;
  body[41] = status.isEnergized.reduce((relays, isOn, door) => relays | (isOn ? 1 << door : 0), 0);
  body[42] = (status.isForceLocked ? 1 : 0) | (status.isFire ? 2 : 0);
  if (status.time !== undefined) {
    const { date, time } = encodeShortTime(status.time);
    put(43, date);
    put(29, time);
  }
  return body;
}
