import type { HeardReport, StationHands } from "@portico/simulator";
import type { RunningCampus } from "./sim-campus.ts";

/** What was seen at a room's lock in a minute of campus life. */
export interface RoomSummary {
  readonly room: string;
  /** What the resident's phone got at the reader, and whether the bolt was seen drawn then. */
  readonly phone: string;
  readonly drawn: boolean;
  /** What somebody's phone got who lives elsewhere. */
  readonly stranger: string;
  /** What became of the PIN that the resident has set, and how long behind it the lock's word of it was in the log; null: nothing came. */
  readonly pin: { readonly outcome: string; readonly afterMs: number } | null;
  /** What the lock said to a PIN that nobody has, and to the resident's: `opened`, or the refusal. */
  readonly wrong: string;
  readonly typed: string;
  /** What stands of both in the controller's log, read from the lock's own. */
  readonly told: readonly string[];
}

export interface RoomShowOptions {
  readonly campus: RunningCampus & { readonly stations: StationHands };
  readonly note: (text: string) => void;
}

type LogEvent = Extract<HeardReport, { readonly kind: "event" }>["event"];

const RESIDENT = "zhang";
const STRANGER = "wang";
const PIN = "274951";
const WRONG_PIN = "105938";
const BEGIN_AFTER_MS = 5_000;
const PAUSE_MS = 1_500;
const ANSWER_WITHIN_MS = 5_000;
/** A bolt is drawn within it, or not at all. */
const DRAWN_WITHIN_MS = 6_500;
const PIN_WITHIN_MS = 12_000;
/** A lock's own log is read so often at least. */
const TOLD_WITHIN_MS = 15_000;

/** Somebody comes home: by phone at the reader, and by a PIN at the lock; others try both. Shown on a campus in which life goes on. */
export class RoomShow {
  readonly #options: RoomShowOptions;
  #marks = 0;
  #summary: RoomSummary | null = null;

  constructor(options: RoomShowOptions) {
    this.#options = options;
  }

  /** What was seen; null: nothing yet, or the campus has no room. */
  get summary(): RoomSummary | null {
    return this.#summary;
  }

  /** Resolves when it is over. Rejects where devices or cloud refuse what they are asked. */
  async run(): Promise<void> {
    const { campus, note } = this.#options;
    const room = campus.campus.stations?.find(({ kind }) => kind === "room")?.id;
    if (room === undefined) return;
    await this.#wait(BEGIN_AFTER_MS);
    const phone = await this.#scan(room, RESIDENT);
    const drawn = (await campus.stations.lock(room)).bolt === "unlocked";
    note(`${room}: ${drawn ? "the bolt is drawn" : "the bolt has not moved"}`);
    await this.#wait(PAUSE_MS);
    const stranger = await this.#scan(room, STRANGER);
    const pin = await this.#setPin(room);
    const heard = this.#events(room, ["LockOpened", "LockTryRefused"], 2, TOLD_WITHIN_MS);
    const wrong = (await campus.stations.typePin(room, WRONG_PIN)) ?? "opened";
    note(`${room}: somebody types a PIN that nobody has: ${wrong}`);
    await this.#wait(PAUSE_MS);
    const typed = (await campus.stations.typePin(room, PIN)) ?? "opened";
    note(`${room}: ${RESIDENT} types the PIN: ${typed}`);
    const told = (await heard).map(({ name }) => name);
    this.#summary = { room, phone, drawn, stranger, pin, wrong, typed, told };
  }

  /** As the phone does it, and until the lock has said what it makes of it. */
  async #setPin(room: string): Promise<RoomSummary["pin"]> {
    const { campus, note } = this.#options;
    const since = campus.clock.monotonic();
    const answered = this.#events(room, ["LockPinApplied", "LockPinRefused"], 1, PIN_WITHIN_MS);
    const version = await campus.cloud.pinSet(RESIDENT, room, PIN);
    note(`${RESIDENT}'s phone has sealed a PIN to the lock of ${room}; the cloud keeps version ${version} and cannot read it`);
    const [event] = await answered;
    if (event === undefined) return null;
    const outcome = event.name === "LockPinApplied" ? "taken" : String(event.fields["refusal"]);
    return { outcome, afterMs: campus.clock.monotonic() - since };
  }

  /** Holds a phone before the reader: what it came to, once the bolt was drawn or was not. */
  async #scan(room: string, person: string): Promise<string> {
    const { hands, pockets } = this.#options.campus;
    const code = pockets.get(person)!.show();
    if (code?.ok !== true) return "nothing shown";
    const mark = `room ${++this.#marks}`;
    let seq: number | null = null;
    let remove = (): void => {};
    const over = new Promise<string>((resolve) => {
      remove = hands.onReport((report) => {
        if (report.kind === "judged" && report.scan === mark) {
          if (report.outcome === "denied") resolve(report.reason ?? "denied");
          seq = report.seq;
        } else if (seq === null) return;
        else if (report.kind === "acted" && report.accessPoint === room && report.grantedSeq === seq) resolve("granted");
        else if (report.kind === "event" && isNotOpened(report.event, room, seq)) resolve("granted, and not opened");
      });
    });
    await hands.scan(room, code.value, mark);
    const answer = await this.#first(over, ANSWER_WITHIN_MS + DRAWN_WITHIN_MS);
    remove();
    return answer ?? "no answer";
  }

  /** So many events of the room's lock, as they come in, or as many as do in time. */
  async #events(room: string, names: readonly string[], count: number, withinMs: number): Promise<readonly LogEvent[]> {
    const found: LogEvent[] = [];
    let remove = (): void => {};
    const all = new Promise<true>((resolve) => {
      remove = this.#options.campus.hands.onReport((report) => {
        if (report.kind !== "event" || report.event.fields["lock"] !== room || !names.includes(report.event.name)) return;
        found.push(report.event);
        if (found.length === count) resolve(true);
      });
    });
    await this.#first(all, withinMs);
    remove();
    return found;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.campus.clock.after(ms, resolve));
  }

  /** Undefined when it is not there in time. */
  #first<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
    return Promise.race([work, this.#wait(ms).then(() => undefined)]);
  }
}

const isNotOpened = ({ name, source, fields }: LogEvent, room: string, seq: number): boolean =>
  name === "AccessNotTaken" && source === room && fields["grantedSeq"] === seq;

/** Whether everything at the room came to what it had to. */
export const isGoodRoom = ({ phone, drawn, stranger, pin, wrong, typed, told }: RoomSummary): boolean =>
  phone === "granted" &&
  drawn &&
  stranger === "Unauthorized" &&
  pin?.outcome === "taken" &&
  wrong === "HolderNotListed" &&
  typed === "opened" &&
  told.includes("LockOpened") &&
  told.includes("LockTryRefused");

/** The room's line of a summary: a name and a value. */
export const roomLines = ({ room, phone, drawn, stranger, pin, wrong, typed, told }: RoomSummary): string[][] => [
  [
    "room",
    `${room}: zhang's phone: ${phone}, ${drawn ? "and the bolt drawn" : "and the bolt not drawn"}; wang's: ${stranger}; a PIN, ${pin === null ? "of which the lock said nothing" : `${pin.outcome} ${(pin.afterMs / 1000).toFixed(1)} s after it was set`}: ${typed}; another: ${wrong}; ${told.length === 0 ? "nothing of it" : "both"} in the log`,
  ],
];
