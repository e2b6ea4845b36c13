import { readJsonTree } from "./json-tree.ts";
import { type BodyTree, readXmlTree } from "./xml-tree.ts";

/** Somebody at a terminal: a face, an ID card, a card. */
export interface TerminalEvent {
  readonly kind: "person";
  /** Number of the event in the device's log, 1 to 2³²−1: what is read from again behind an outage. Undefined: it has none. */
  readonly serialNo: number | undefined;
  /** The device waits for our word before it opens. */
  readonly asks: boolean;
  /** Without a question: which of the device's own checks was passed; undefined: none, or one that says nothing of who it was. */
  readonly recognized: "card" | "face" | "idcard" | undefined;
  /** Each as the device sends it; empty where it sends none. */
  readonly cardNo: string;
  readonly employeeNo: string;
  readonly idNumber: string;
  readonly qrCode: string;
  /** Of the device, from 1; undefined: not said. */
  readonly door: number | undefined;
  /** Happened while nobody heard the device: it sends it again now. */
  readonly isLate: boolean;
  /** As the device's own clock has it; empty: not said. */
  readonly at: string;
}

/** A plate that a camera has read. */
export interface PlateEvent {
  readonly kind: "plate";
  /** As it was read; empty: a car without one. */
  readonly plate: string;
  /** 0 to 100; undefined: not said. */
  readonly confidence: number | undefined;
  /** The camera's name for the car, the same while it sees it; undefined: it has none. */
  readonly car: string | undefined;
  /** `lost`: it has left the picture. */
  readonly state: "seen" | "lost";
  /** As seen from the camera: towards it, away from it; undefined: not known yet. */
  readonly direction: "in" | "out" | undefined;
  readonly isLate: boolean;
  readonly at: string;
}

/** What a device says. `heartbeat`: that it is there. `other`: something that is nothing to us. */
export type DeviceEvent = TerminalEvent | PlateEvent | { readonly kind: "heartbeat" } | { readonly kind: "other" };

/** ISAPI: events of access control. */
const ACCESS_EVENT = 5;
/** Subtypes of it that say that somebody was recognized. */
const RECOGNIZED: Readonly<Record<number, "card" | "face" | "idcard">> = { 1: "card", 75: "face", 105: "idcard" };
const TEXT_MAX = 512;

/**
 * One body of a device, XML or JSON as its first character says: what `Content-Type` claims is often the other one. Hikvision's `EventNotificationAlert` in
 * both, and the plates of Axis' License Plate Verifier.
 *
 * @returns undefined for what cannot be read
 */
export function readDeviceEvent(body: string): DeviceEvent | undefined {
  const text = body.replace(/^\uFEFF/, "").trim();
  if (text.startsWith("<")) {
    const read = readXmlTree(text);
    return read === undefined ? undefined : eventOf(read.tree);
  }
  const tree = readJsonTree(text);
  if (tree === undefined) return undefined;
  // JSON of some firmwares is wrapped in the name that is XML's root.
  return eventOf(at(tree, "EventNotificationAlert") ?? tree);
}

function eventOf(tree: BodyTree): DeviceEvent | undefined {
  if (typeof tree === "string") return undefined;
  if (at(tree, "carState") !== undefined || at(tree, "plateUTF8") !== undefined || at(tree, "plateText") !== undefined) return axisPlate(tree);
  const type = textAt(tree, "eventType");
  if (type === "") return undefined;
  const access = at(tree, "AccessControllerEvent");
  if (access !== undefined) return terminalEvent(tree, access);
  const anpr = at(tree, "ANPR");
  if (anpr !== undefined) return hikvisionPlate(tree, anpr);
  if (type === "heartBeat" || (type === "videoloss" && textAt(tree, "eventState") === "inactive")) return { kind: "heartbeat" };
  return { kind: "other" };
}

function terminalEvent(tree: BodyTree, access: BodyTree): DeviceEvent {
  if (numberAt(access, "majorEventType") !== ACCESS_EVENT) return { kind: "other" };
  const asks = textAt(access, "remoteCheck") === "true";
  return personOf(access, "subEventType", { asks, isLate: isLate(tree) || isLate(access), at: textAt(tree, "dateTime") });
}

/** A row of a search of the device's log: it has happened already. Undefined: without a number. */
export function eventOfSearch(row: BodyTree): TerminalEvent | undefined {
  const event = personOf(row, "minor", { asks: false, isLate: true, at: textAt(row, "time") });
  return event.serialNo === undefined ? undefined : event;
}

function personOf(access: BodyTree, subtype: string, when: Pick<TerminalEvent, "asks" | "isLate" | "at">): TerminalEvent {
  const code = at(access, "QRCodeInfo");
  const card = at(access, "IDCardInfo") ?? at(access, "IdentityCard");
  const serialNo = numberAt(access, "serialNo");
  return {
    kind: "person",
    serialNo: serialNo !== undefined && serialNo > 0 ? serialNo : undefined,
    recognized: RECOGNIZED[numberAt(access, subtype) ?? 0],
    cardNo: textAt(access, "cardNo"),
    employeeNo: textAt(access, "employeeNoString") || textAt(access, "employeeNo"),
    idNumber: textAt(access, "IDCardNo") || (card === undefined ? "" : textAt(card, "IDCardNo") || textAt(card, "idNumber")),
    qrCode: code === undefined ? "" : typeof code === "string" ? code.slice(0, TEXT_MAX) : textAt(code, "QRCode") || textAt(code, "info"),
    door: numberAt(access, "doorNo"),
    ...when,
  };
}

function hikvisionPlate(tree: BodyTree, anpr: BodyTree): DeviceEvent {
  const said = textAt(anpr, "direction").toLowerCase();
  return {
    kind: "plate",
    plate: textAt(anpr, "licensePlate") || textAt(anpr, "originalLicensePlate"),
    confidence: percent(textAt(anpr, "confidenceLevel") || textAt(anpr, "confidence"), 100),
    car: undefined,
    state: "seen",
    direction: said === "forward" || said === "approach" ? "in" : said === "reverse" || said === "leave" ? "out" : undefined,
    isLate: isLate(tree),
    at: textAt(tree, "dateTime"),
  };
}

function axisPlate(tree: BodyTree): DeviceEvent {
  const said = textAt(tree, "carMoveDirection").toLowerCase();
  return {
    kind: "plate",
    plate: textAt(tree, "plateUTF8") || textAt(tree, "plateText") || textAt(tree, "plateASCII"),
    confidence: percent(textAt(tree, "plateConfidence"), 1),
    car: textAt(tree, "carID") || undefined,
    state: textAt(tree, "carState").toLowerCase() === "lost" ? "lost" : "seen",
    direction: said === "in" || said === "out" ? said : undefined,
    isLate: false,
    at: textAt(tree, "datetime"),
  };
}

const isLate = (tree: BodyTree): boolean => textAt(tree, "currentEvent") === "false";

/** A field; the first where several have the name. */
function at(tree: BodyTree, name: string): BodyTree | undefined {
  if (typeof tree === "string" || Array.isArray(tree) || !Object.hasOwn(tree, name)) return undefined;
  const found = (tree as Readonly<Record<string, BodyTree>>)[name];
  return Array.isArray(found) ? (found as readonly BodyTree[])[0] : found;
}

/** All that stands under a name, one or several. */
export function listAt(tree: BodyTree, name: string): readonly BodyTree[] {
  if (typeof tree === "string" || Array.isArray(tree) || !Object.hasOwn(tree, name)) return [];
  const found = (tree as Readonly<Record<string, BodyTree>>)[name]!;
  return Array.isArray(found) ? (found as readonly BodyTree[]) : [found];
}

/** The text of a field; empty where there is none, or where it is longer than any that means something. */
export function textAt(tree: BodyTree, name: string): string {
  const found = at(tree, name);
  return typeof found === "string" && found.length <= TEXT_MAX ? found.trim() : "";
}

function numberAt(tree: BodyTree, name: string): number | undefined {
  const text = textAt(tree, name);
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function percent(text: string, full: number): number | undefined {
  if (!/^\d{1,3}(\.\d{1,9})?$/.test(text)) return undefined;
  const value = Math.round((Number(text) / full) * 100);
  return value <= 100 ? value : undefined;
}
