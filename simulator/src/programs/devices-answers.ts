import type { Clock } from "@portico/card-protocol";
import type { ControllerReport } from "@portico/controller";
import type { Wire } from "@portico/firmware-ts";
import { BOARD_CHANNELS } from "../campus/campus.ts";
import { type CampusDevices, lockLook } from "../campus/campus-devices.ts";
import type { HeardReport, LockLook } from "../campus/campus-hands.ts";
import { postScript } from "../post-script.ts";
import type { VirtualPrinter } from "../virtual-printer.ts";
import type { VirtualScanner } from "../virtual-scanner.ts";
import type { VirtualLock } from "../lock/virtual-lock.ts";
import type { CampusRadio } from "./campus-radio.ts";
import type { ProgramWire } from "./campus-wires.ts";
import type { ReaderTurns } from "./reader-turns.ts";
import { type AnswerOf, type BoardRow, type GuardedProgram, type DevicesAct, UPLINK, type WireRow } from "./devices-api.ts";
import type { Uplink } from "./uplink.ts";

/** An act that is not done. */
export class DevicesRefusal extends Error {
  override readonly name = "DevicesRefusal";
  /** HTTP. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;

  constructor(status: number, title: string, detail: string, remedy: string) {
    super(`${title} (${detail})`);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.remedy = remedy;
  }
}

/** One answer for every act. Nothing of the body is checked yet but the JSON's syntax. */
export type DevicesAnswers = { readonly [A in DevicesAct]: (body: Body) => AnswerOf<A> | Promise<AnswerOf<A>> };

/** A body's fields. */
export type Body = Readonly<Record<string, unknown>>;

/** What the acts are done to. */
export interface DevicesParts {
  readonly devices: Omit<CampusDevices, "scanners"> & { readonly scanners: ReadonlyMap<string, Pick<VirtualScanner, "scan">> };
  readonly printers: ReadonlyMap<string, VirtualPrinter>;
  readonly radio: Pick<CampusRadio, "rooms" | "setReachable" | "setPowered">;
  readonly wires: ReadonlyMap<string, ProgramWire>;
  readonly uplink: Uplink;
  readonly readers: ReaderTurns;
  readonly clock: Pick<Clock, "after">;
  readonly onGuard: (programs: readonly GuardedProgram[]) => void;
  readonly onTold: (report: HeardReport) => void;
}

const DIRECTIONS = ["entry", "exit"] as const;
const OPEN_MS_MAX = 3_600_000;
/** Both ends of a wire try again at least so often. */
const OPENS_WITHIN_MS = 6_000;
const PID_MAX = 2 ** 22;
const PORT_MAX = 65_535;
const WORD_CHARS_MAX = 4_096;
/** A scan has at most so many bytes. Source: docs/card-format.md. */
const READ_CHARS_MAX = 4_096;
const MARK_CHARS_MAX = 64;
const PAGES_MAX = 500;
const USER_CHARS_MAX = 64;
/** Only keys that a keypad has. */
const AMOUNT = /^[0-9.]{1,12}$/;
/** Of a lock's keypad, more than any PIN has. */
const DIGITS = /^[0-9]{1,16}$/;

/** Answers true, whatever was done. */
const after = (done: () => void): true => {
  done();
  return true;
};

/** The acts upon devices and wires of this program. */
export function devicesAnswers({ devices, printers, radio, wires, uplink, readers, clock, onGuard, onTold }: DevicesParts): DevicesAnswers {
  const { boards, scanners, lanes, doors } = devices;
  const lane = (body: Body) => placeOf(lanes, body, "lane");
  const door = (body: Body) => placeOf(doors, body, "door");
  const board = (body: Body) => placeOf(boards, body, "board");
  return {
    wires: () => [...[...wires.values()].map(wireRow), uplinkRow(uplink)],
    async cut(body) {
      if (body["wire"] === UPLINK) {
        uplink.cut();
        return uplinkRow(uplink);
      }
      const wire = placeOf(wires, body, "wire", [UPLINK]);
      await wire.cut();
      return wireRow(wire);
    },
    lead(body) {
      uplink.leadTo(wholeOf(body, "port", PORT_MAX));
      return uplinkRow(uplink);
    },
    async mend(body) {
      if (body["wire"] === UPLINK) {
        await uplink.mend();
        return uplinkRow(uplink);
      }
      const wire = placeOf(wires, body, "wire", [UPLINK]);
      if (wire.isCut) await wire.mend();
      await opened(wire.far, clock);
      return wireRow(wire);
    },
    scan(body) {
      const scanner = placeOf(scanners, body, "accessPoint");
      const read = readOf(body);
      return readers.scan(body["accessPoint"] as string, read, markOf(body), () => scanner.scan(read));
    },
    push: (body) => lane(body).push(wordOf(body, "direction", DIRECTIONS)),
    tailgate: (body) => lane(body).tailgate(wordOf(body, "direction", DIRECTIONS)),
    fire: (body) => after(() => lane(body).fire(flagOf(body, "burning"))),
    "push-door": (body) => door(body).push(wholeOf(body, "openMs", OPEN_MS_MAX)),
    "force-door": (body) => after(() => door(body).force(wholeOf(body, "openMs", OPEN_MS_MAX))),
    "wedge-door": (body) => door(body).wedge(),
    "shut-door": (body) => after(() => door(body).shut()),
    "press-exit": (body) => after(() => door(body).pressExit()),
    "set-input": (body) => after(() => board(body).setInput(wholeOf(body, "input", BOARD_CHANNELS - 1), flagOf(body, "closed"))),
    enter: (body) => placeOf(devices.keypads, body, "till").enter(amountOf(body)),
    display: (body) => placeOf(devices.displays, body, "till").lines,
    print(body) {
      const pages = wholeOf(body, "pages", PAGES_MAX);
      return placeOf(printers, body, "printer").send({ user: userOf(body), pages, document: postScript(pages) });
    },
    tray: (body) => placeOf(printers, body, "printer").printed,
    ...lockActs(radio),
    boards: () =>
      [...boards].map(([id, each]): BoardRow => ({ id, relays: channels((relay) => each.relay(relay)), inputs: channels((input) => each.input(input)) })),
    mute: (body) => after(() => board(body).setMute(flagOf(body, "mute"))),
    "power-cycle": (body) => after(() => board(body).powerCycle()),
    guard: (body) => after(() => onGuard(programsOf(body))),
    tell(body) {
      const report = reportOf(body);
      const mark = readers.markOf(report);
      onTold(mark === undefined ? report : { ...report, scan: mark });
      return mark ?? null;
    },
  };
}

/** The acts upon the locks of rooms, and upon the radio that reaches them. */
function lockActs({
  rooms,
  setReachable,
  setPowered,
}: DevicesParts["radio"]): Pick<DevicesAnswers, "type-pin" | "lock" | "battery" | "jam" | "reach" | "bluetooth"> {
  const lock = (body: Body) => placeOf(rooms, body, "room");
  const seen = (body: Body, act: (of: VirtualLock) => void): LockLook => {
    const of = lock(body);
    act(of);
    return lockLook(of);
  };
  return {
    "type-pin": (body) => lock(body).typePin(digitsOf(body)) ?? null,
    lock: (body) => lockLook(lock(body)),
    battery: (body) => seen(body, (of) => of.setBattery(wholeOf(body, "percent", 100))),
    jam: (body) => seen(body, (of) => of.setMechanismStuck(flagOf(body, "stuck"))),
    reach(body) {
      lock(body);
      return after(() => setReachable(body["room"] as string, flagOf(body, "reachable")));
    },
    bluetooth: (body) => after(() => setPowered(flagOf(body, "on"))),
  };
}

const wireRow = ({ id, use, kind, address, isCut, far }: ProgramWire): WireRow => ({ id, use, kind, address, isCut, trouble: isCut ? "cut" : far.trouble });

/** The line to the cloud is TCP whatever the other wires are. */
const uplinkRow = ({ port, isCut, trouble }: Uplink): WireRow => ({
  id: UPLINK,
  use: "cloud",
  kind: "tcp",
  address: `127.0.0.1:${port}`,
  isCut,
  trouble: isCut ? "cut" : trouble,
});

const channels = (read: (channel: number) => boolean): boolean[] => Array.from({ length: BOARD_CHANNELS }, (_, channel) => read(channel));

/** Resolves when a wire is open, or after so long that it will not be of itself. */
function opened(wire: Wire, clock: Pick<Clock, "after">): Promise<void> {
  return new Promise((resolve) => {
    if (wire.state === "open") return resolve();
    const finish = (): void => {
      cancel();
      stop();
      resolve();
    };
    const cancel = clock.after(OPENS_WITHIN_MS, finish);
    const stop = wire.onState((state) => {
      if (state === "open") finish();
    });
  });
}

function placeOf<T>(places: ReadonlyMap<string, T>, body: Body, field: string, others: readonly string[] = []): T {
  const id = body[field];
  const place = typeof id === "string" ? places.get(id) : undefined;
  if (place !== undefined) return place;
  throw new DevicesRefusal(404, `the campus has no such ${WORD[field] ?? field}`, String(id), `use one of ${[...places.keys(), ...others].join(", ")}`);
}

const WORD: Readonly<Record<string, string>> = { accessPoint: "access point" };

function readOf(body: Body): string {
  const read = body["read"];
  if (typeof read === "string" && read.length <= READ_CHARS_MAX && Array.from(read).every((char) => char.charCodeAt(0) <= 0xff)) return read;
  throw malformed("read", `at most ${READ_CHARS_MAX} characters of one byte each`);
}

function amountOf(body: Body): string {
  const amount = body["amount"];
  if (typeof amount === "string" && AMOUNT.test(amount)) return amount;
  throw malformed("amount", "an amount such as 12.50");
}

function digitsOf(body: Body): string {
  const digits = body["digits"];
  if (typeof digits === "string" && DIGITS.test(digits)) return digits;
  throw malformed("digits", "1 to 16 digits");
}

function userOf(body: Body): string {
  const user = body["user"];
  if (typeof user === "string" && user !== "" && user.length <= USER_CHARS_MAX) return user;
  throw malformed("user", `1 to ${USER_CHARS_MAX} characters`);
}

function markOf(body: Body): string | undefined {
  const mark = body["mark"];
  if (mark === undefined || (typeof mark === "string" && mark.length <= MARK_CHARS_MAX)) return mark;
  throw malformed("mark", `at most ${MARK_CHARS_MAX} characters`);
}

function wordOf<W extends string>(body: Body, field: string, words: readonly W[]): W {
  const word = words.find((each) => each === body[field]);
  if (word === undefined) throw malformed(field, `one of ${words.join(", ")}`);
  return word;
}

function flagOf(body: Body, field: string): boolean {
  const flag = body[field];
  if (typeof flag !== "boolean") throw malformed(field, "true or false");
  return flag;
}

function wholeOf(body: Body, field: string, most: number): number {
  const whole = body[field];
  if (typeof whole !== "number" || !Number.isInteger(whole) || whole < 0 || whole > most) throw malformed(field, `a whole number up to ${most}`);
  return whole;
}

function programsOf(body: Body): GuardedProgram[] {
  const programs = body["programs"];
  if (!Array.isArray(programs)) throw malformed("programs", "an array");
  return programs.map((each: unknown) => {
    const { pid, word } = (typeof each === "object" && each !== null ? each : {}) as Body;
    if (typeof word !== "string" || word === "" || word.length > WORD_CHARS_MAX) throw malformed("programs", "for each a word of its command line");
    return { pid: wholeOf({ pid }, "pid", PID_MAX), word };
  });
}

/** Reports go from one program of this user to another through here; whoever reads them knows their form. */
function reportOf(body: Body): ControllerReport {
  const report = body["report"];
  if (typeof report !== "object" || report === null || !("kind" in report)) throw malformed("report", "what the controller has printed, as an object");
  return report as ControllerReport;
}

const malformed = (field: string, wanted: string): DevicesRefusal => new DevicesRefusal(400, `${field} is missing or malformed`, field, `send ${wanted}`);
