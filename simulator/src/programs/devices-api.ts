import type { LockRefusal } from "@portico/card-protocol";
import type { ControllerReport } from "@portico/controller";
import type { LockLook } from "../campus/campus-hands.ts";
import type { Direction } from "../turnstile-body.ts";
import type { WireKind } from "./campus-wires.ts";

/**
 * What the devices of a simulated campus answer on their socket: HTTP/1.1 over a Unix socket of mode 0600. Each act is `POST /v1/<act>` with a JSON object;
 * a refused one is answered by a {@link DevicesProblem} with its own HTTP status. One table for server and client. Places go by the ids of the campus.
 */
export interface DevicesActs {
  wires: { readonly ask: Nothing; readonly answer: readonly WireRow[] };
  cut: { readonly ask: { readonly wire: string }; readonly answer: WireRow };
  mend: { readonly ask: { readonly wire: string }; readonly answer: WireRow };
  /**
   * `read`: single-byte characters, one for each byte. Answers false when nothing left the reader, because its wire is cut or nobody holds the other end.
   * `mark`: any text of at most 64 characters but what is read; the report that judges this scan bears it as `scan`. Waits until what was held before the
   * same reader has its answer, for at most 3 s.
   */
  scan: { readonly ask: { readonly accessPoint: string; readonly read: string; readonly mark?: string }; readonly answer: boolean };
  /** Answers true when the body got through. */
  push: { readonly ask: { readonly lane: string; readonly direction: Direction }; readonly answer: boolean };
  /** Answers false when nobody went that way just now. */
  tailgate: { readonly ask: { readonly lane: string; readonly direction: Direction }; readonly answer: boolean };
  fire: { readonly ask: { readonly lane: string; readonly burning: boolean }; readonly answer: true };
  /** Answers true when the door opened, or stood open. */
  "push-door": { readonly ask: { readonly door: string; readonly openMs: number }; readonly answer: boolean };
  "force-door": { readonly ask: { readonly door: string; readonly openMs: number }; readonly answer: true };
  /** Answers false at a latched door. */
  "wedge-door": { readonly ask: { readonly door: string }; readonly answer: boolean };
  "shut-door": { readonly ask: { readonly door: string }; readonly answer: true };
  "press-exit": { readonly ask: { readonly door: string }; readonly answer: true };
  /** Closes or opens a contact at a board by hand: a button, or what a unit says of itself. What hangs there otherwise may move it again. */
  "set-input": { readonly ask: { readonly board: string; readonly input: number; readonly closed: boolean }; readonly answer: true };
  /** Types an amount such as `12.50` at a till's keypad, and Enter. Answers false where the keypad is unplugged. */
  enter: { readonly ask: { readonly till: string; readonly amount: string }; readonly answer: boolean };
  /** What a till's customer display shows, a text a line. */
  display: { readonly ask: { readonly till: string }; readonly answer: readonly string[] };
  /** Somebody sends pages to a queue, which holds them. Answers with the job's number. */
  print: { readonly ask: { readonly printer: string; readonly user: string; readonly pages: number }; readonly answer: number };
  /** How many sides lie in a printer's tray. */
  tray: { readonly ask: { readonly printer: string }; readonly answer: number };
  /** Types digits at the keypad of a room's lock, and its key. Answers null when it opens, else the refusal. */
  "type-pin": { readonly ask: { readonly room: string; readonly digits: string }; readonly answer: LockRefusal | null };
  /** How a room's lock looks from outside. */
  lock: { readonly ask: { readonly room: string }; readonly answer: LockLook };
  /** What a lock's batteries have left, 0 to 100; below 5 no bolt is drawn, at 0 it is dead. */
  battery: { readonly ask: { readonly room: string; readonly percent: number }; readonly answer: LockLook };
  /** The bolt sticks, or goes again. */
  jam: { readonly ask: { readonly room: string; readonly stuck: boolean }; readonly answer: LockLook };
  /** A lock leaves the reach of its controller's Bluetooth adapter, or comes back. */
  reach: { readonly ask: { readonly room: string; readonly reachable: boolean }; readonly answer: true };
  /** Switches the Bluetooth adapter off or on. */
  bluetooth: { readonly ask: { readonly on: boolean }; readonly answer: true };
  boards: { readonly ask: Nothing; readonly answer: readonly BoardRow[] };
  /** A mute board neither answers nor obeys. */
  mute: { readonly ask: { readonly board: string; readonly mute: boolean }; readonly answer: true };
  "power-cycle": { readonly ask: { readonly board: string }; readonly answer: true };
  /** Where the cloud listens on loopback: from now on the line to it leads there. */
  lead: { readonly ask: { readonly port: number }; readonly answer: WireRow };
  /** Which programs belong to the campus: should whoever started the devices be killed, they end these, in this order. */
  guard: { readonly ask: { readonly programs: readonly GuardedProgram[] }; readonly answer: true };
  /** Passes on what the controller has reported, to whoever follows {@link REPORTS_PATH}. Answers with the mark of the scan that it judges; null: with none. */
  tell: { readonly ask: { readonly report: ControllerReport }; readonly answer: string | null };
}

/** A name of {@link DevicesActs}. */
export type DevicesAct = keyof DevicesActs;
export type AskOf<A extends DevicesAct> = DevicesActs[A]["ask"];
export type AnswerOf<A extends DevicesAct> = DevicesActs[A]["answer"];
type Nothing = Readonly<Record<string, never>>;

/** `GET`: JSON lines, one `HeardReport` each, as they are told; stays open. */
export const REPORTS_PATH = "/v1/reports";
/** The path of an act. */
export const actPath = (act: DevicesAct): string => `/v1/${act}`;

/** A program that ends with the campus. */
export interface GuardedProgram {
  readonly pid: number;
  /** Stands in its command line, so that one which got its number later is left alone: the path of its configuration or folder. */
  readonly word: string;
}

/** The id of the line from the controllers to the cloud, among the wires. */
export const UPLINK = "cloud";

/** One wire, or the line to the cloud. */
export interface WireRow {
  readonly id: string;
  readonly use: "scanner" | "relay-board" | "keypad" | "display" | "cloud";
  readonly kind: WireKind;
  /** What the controller's configuration names. */
  readonly address: string;
  readonly isCut: boolean;
  /** Empty while bytes may flow; else why not, as the device's end sees it. */
  readonly trouble: string;
}

/** One relay board. */
export interface BoardRow {
  readonly id: string;
  /** True where energised. */
  readonly relays: readonly boolean[];
  /** True where the contact is closed. */
  readonly inputs: readonly boolean[];
}

/** A refused act. */
export interface DevicesProblem {
  /** What went wrong, in a few words. */
  readonly title: string;
  /** On what. */
  readonly detail: string;
  /** The next step. */
  readonly remedy: string;
}

/** What the devices print on standard output when everything listens: one JSON line. */
export interface DevicesReady {
  readonly kind: "ready";
  readonly socket: string;
  readonly wires: readonly Pick<WireRow, "id" | "use" | "kind" | "address">[];
  /** Where terminals, cameras and print queues are, `host:port`. */
  readonly network: readonly { readonly id: string; readonly address: string }[];
  /** The line to the cloud: what the controllers' configurations name. */
  readonly uplink: Pick<WireRow, "id" | "address">;
  /** The message bus that BlueZ's stand-in is on: what controllers are given as DBUS_SYSTEM_BUS_ADDRESS. Absent: there are no rooms. */
  readonly bus?: string;
}
