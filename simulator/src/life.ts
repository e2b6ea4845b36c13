import type { Clock, MonotonicMs, Random } from "@portico/card-protocol";
import { seededRandom } from "@portico/firmware-ts";
import type { CampusHands } from "./campus/campus-hands.ts";
import { accessPointsOf, type Campus, type CampusAccessPoint } from "./campus/campus.ts";
import { Ears } from "./life/ears.ts";
import { expectedOutcome, type ListsFrom, type Outcome, SCREENSHOT_AGE_S, type Showing } from "./life/expected-outcome.ts";
import { forged, type Pocket } from "./life/pocket.ts";
import { Turns } from "./life/turns.ts";
import { leaveByButton, pause, visit, type VisitRecord, type VisitWorld } from "./life/visit.ts";

export interface LifeOptions {
  readonly campus: Campus;
  readonly hands: CampusHands;
  /** Of the world that the campus is in, virtual or real. */
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly pockets: ReadonlyMap<string, Pocket>;
  /** Of everything that people decide. */
  readonly seed: number;
  /** Everybody comes for the first time within it. */
  readonly arriveWithinMs: number;
  /** The longest pause between two things that somebody does. */
  readonly pauseMsMax: number;
  /** How often everybody comes in and goes out; default: until {@link CampusLife.stop}. */
  readonly rounds?: number;
  /** How often somebody tries a screenshot, a forgery and the like, or is followed, 0..1. Default 0.15. */
  readonly mischief?: number;
  /** How often whoever was let in does not pass, 0..1. Default 0.03. */
  readonly hesitation?: number;
  /** See {@link VisitWorld.wiresMisbehave}. Default: they do not. */
  readonly wiresMisbehave?: boolean;
  /** See {@link ListsFrom}. Default: files. */
  readonly listsFrom?: ListsFrom;
  /** See {@link VisitWorld.isChanged}. */
  readonly isChanged?: VisitWorld["isChanged"];
  /** Called behind each visit. */
  readonly onVisit?: (record: VisitRecord) => void;
}

/** Something that should not have happened. */
export interface LifeFinding {
  /** What repeats the run. */
  readonly seed: number;
  readonly at: MonotonicMs;
  readonly person: string;
  readonly place: string;
  readonly what: string;
}

/** A friend with a picture of a used pass is only this fast, or the pass is over. */
const USED_PASS_MS_MAX = 15_000;
/** Whoever was let in and could not pass waits for the grant to be over, and for the next code. */
const STUCK_MS = 12_000;
const LEAVE_ATTEMPTS_MAX = 5;
/** The same card before the same reader is the same scan, and gets no second answer. */
const SAME_SCAN_MS = 4_000;
/** Longer than any way stays free for one passage. */
const HESITATION_MS = { usual: 9_000, extended: 16_000 } as const;
const REACT_MS = { least: 300, spread: 1_500 } as const;
const OPEN_MS = { least: 800, spread: 1_500 } as const;
const MISCHIEF: readonly Exclude<Showing, "pass" | "card" | "used pass">[] = ["screenshot", "forgery", "other site"];

/**
 * People of a campus who come and go: they walk up, show, hesitate, push, tailgate, use the library and leave. Of each visit it is known what must come of
 * it; what differs is a finding. Knows nothing of how the campus runs but its {@link CampusHands}.
 */
export class CampusLife {
  readonly findings: LifeFinding[] = [];
  /** How many visits had each outcome so far. */
  readonly outcomes = new Map<VisitRecord["got"], number>();
  passages = 0;
  readonly #options: LifeOptions;
  readonly #random: Random;
  readonly #world: VisitWorld;
  readonly #turns = new Turns();
  /** When somebody's card was held before a reader last. */
  readonly #cardsHeld = new Map<string, MonotonicMs>();
  readonly #points: readonly CampusAccessPoint[];
  #isStopping = false;
  #tellStop = (): void => {};
  readonly #stopped = new Promise<void>((resolve) => (this.#tellStop = resolve));
  #done: Promise<unknown> = Promise.resolve();

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#points = accessPointsOf(options.campus);
    const { hands, clock, isChanged } = options;
    this.#world = {
      hands,
      clock,
      ears: new Ears(hands, clock),
      wiresMisbehave: options.wiresMisbehave ?? false,
      ...(isChanged === undefined ? {} : { isChanged }),
    };
  }

  /** Everybody sets out. Resolves when the last round of the last person is over, or everybody has stopped. */
  async live(): Promise<void> {
    const days = [...this.#options.pockets.values()].map((pocket) => this.#day(pocket));
    this.#done = Promise.allSettled(days);
    await Promise.all(days);
    this.#world.ears.close();
  }

  /** Nobody begins anything new, waits, rests or hesitates; resolves when what was begun is over and everybody inside has left. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#tellStop();
    await this.#done;
  }

  async #day(pocket: Pocket): Promise<void> {
    const { arriveWithinMs, rounds = Number.POSITIVE_INFINITY } = this.#options;
    await this.#wait(this.#random() * arriveWithinMs);
    for (let round = 0; round < rounds && !this.#isStopping; round++) {
      if (await this.#passGate(pocket, "in")) {
        await this.#rest();
        for (const { id } of this.#options.campus.doors) if (!this.#isStopping) await this.#useDoor(pocket, id);
        await this.#leave(pocket);
      }
      await this.#rest();
    }
  }

  /** Out by any lane; whoever is refused again and again asks the guard. */
  async #leave(pocket: Pocket): Promise<void> {
    for (let attempt = 1; attempt <= LEAVE_ATTEMPTS_MAX && !(await this.#passGate(pocket, "out")); attempt++) await this.#rest();
  }

  /** Through any lane, that way. True when the person is through. */
  async #passGate(pocket: Pocket, way: "in" | "out"): Promise<boolean> {
    const lanes = this.#points.filter((point) => point.opens.kind === "lane" && point.way === way);
    const point = lanes[Math.floor(this.#random() * lanes.length)]!;
    const isMischief = way === "in" && this.#random() < (this.#options.mischief ?? 0.15);
    if (isMischief && this.#random() < 0.5) await this.#tryMischief(pocket, point);
    const record = await this.#try(pocket, point, this.#chooses(pocket, point), isMischief);
    if (record.got === "granted" && !record.passed) await pause(this.#world, STUCK_MS);
    return record.passed;
  }

  /** Into a building and out of it again. */
  async #useDoor(pocket: Pocket, door: string): Promise<void> {
    const point = this.#points.find(({ opens }) => opens.kind === "door" && opens.door.id === door)!;
    const { passed } = await this.#try(pocket, point, this.#chooses(pocket, point));
    await this.#rest();
    if (!passed) return;
    const openMs = this.#about(OPEN_MS);
    const findings = await this.#turns.take(door, () => leaveByButton(door, openMs, this.#world));
    this.#note(pocket.person.id, door, findings);
  }

  #chooses({ person, card }: Pocket, point: CampusAccessPoint): Showing {
    const heldAt = this.#cardsHeld.get(`${person.id} ${point.id}`);
    const isSameScan = heldAt !== undefined && this.#options.clock.monotonic() - heldAt < SAME_SCAN_MS;
    if (!point.readsCards || card === undefined || isSameScan) return "pass";
    return person.phone === undefined && person.wallet === undefined ? "card" : this.#random() < 0.5 ? "card" : "pass";
  }

  async #tryMischief(pocket: Pocket, point: CampusAccessPoint): Promise<void> {
    const showing = MISCHIEF[Math.floor(this.#random() * MISCHIEF.length)]!;
    const picture = showing === "screenshot" ? pocket.show() : undefined;
    // Whoever holds a picture that is still good when everybody is asked to stop goes home with it.
    if (picture !== undefined && !(await this.#wait(SCREENSHOT_AGE_S * 1000 + this.#random() * 30_000))) return;
    await this.#try(pocket, point, showing, false, picture);
  }

  /** @param isShared  a friend gets a picture of the pass and tries the next lane; also, whoever passes is followed */
  async #try(pocket: Pocket, point: CampusAccessPoint, showing: Showing, isShared = false, picture?: ReturnType<Pocket["show"]>): Promise<VisitRecord> {
    const { campus, onVisit, hesitation = 0.03 } = this.#options;
    const hesitates = this.#random() < hesitation && !this.#isStopping; // who goes home does not dawdle
    const plan = {
      person: pocket.person.id,
      accessPoint: point,
      showing,
      expected: expectedOutcome(campus, pocket.person, point.id, showing, this.#options.listsFrom),
      reactMs: hesitates ? HESITATION_MS[pocket.person.flags.includes("extendedTime") ? "extended" : "usual"] : this.#about(REACT_MS),
      hesitates,
      isFollowed: isShared && !hesitates && this.#random() < 0.5,
      openMs: this.#about(OPEN_MS),
    };
    let last: { readonly read: string | undefined; readonly at: MonotonicMs } | undefined;
    const read = (): string | undefined => {
      const text = picture === undefined ? shownNow(pocket, showing) : picture.ok ? picture.value : undefined;
      last = { read: text, at: this.#options.clock.monotonic() };
      return text;
    };
    const record = await this.#turns.take(placeOf(point), () => visit({ ...plan, read }, this.#world));
    if (showing === "card" && last !== undefined) this.#cardsHeld.set(`${pocket.person.id} ${point.id}`, last.at);
    this.#count(record);
    onVisit?.(record);
    if (isShared && !plan.isFollowed && record.passed && showing === "pass" && last?.read !== undefined)
      await this.#passBack(pocket, point, last.read, last.at);
    return record;
  }

  /** A friend holds a picture of the pass before the next lane of the gate. */
  async #passBack(pocket: Pocket, used: CampusAccessPoint, text: string, shownAt: MonotonicMs): Promise<void> {
    const { campus, clock, onVisit } = this.#options;
    const next = this.#points.find((point) => point.id !== used.id && point.way === used.way && gateOf(point) !== undefined && gateOf(point) === gateOf(used));
    if (next === undefined) return;
    const expected: Outcome = expectedOutcome(campus, pocket.person, next.id, "used pass", this.#options.listsFrom);
    await this.#turns.take(placeOf(next), async () => {
      if (clock.monotonic() - shownAt > USED_PASS_MS_MAX) return;
      const friend = `a friend of ${pocket.person.id}`;
      const calm = { reactMs: 0, hesitates: false, isFollowed: false, openMs: 0 };
      const record = await visit({ person: friend, accessPoint: next, showing: "used pass", expected, read: () => text, ...calm }, this.#world);
      this.#count(record);
      onVisit?.(record);
    });
  }

  #count(record: VisitRecord): void {
    this.outcomes.set(record.got, (this.outcomes.get(record.got) ?? 0) + 1);
    if (record.passed) this.passages++;
    this.#note(record.person, record.accessPoint, record.findings);
  }

  #note(person: string, place: string, findings: readonly string[]): void {
    const { seed, clock } = this.#options;
    for (const what of findings) this.findings.push({ seed, at: clock.monotonic(), person, place, what });
  }

  #rest(): Promise<boolean> {
    return this.#wait(this.#random() * this.#options.pauseMsMax);
  }

  /** False where everybody was asked to stop meanwhile. */
  #wait(ms: number): Promise<boolean> {
    return Promise.race([pause(this.#world, ms).then(() => !this.#isStopping), this.#stopped.then(() => false)]);
  }

  #about({ least, spread }: { readonly least: number; readonly spread: number }): number {
    return least + Math.floor(this.#random() * spread);
  }
}

function shownNow(pocket: Pocket, showing: Showing): string | undefined {
  if (showing === "card") return pocket.card;
  const shown = showing === "other site" ? pocket.showOfOtherSite() : pocket.show();
  if (shown?.ok !== true) return undefined;
  return showing === "forgery" ? forged(shown.value) : shown.value;
}

/** Both directions of a lane share one queue. */
const placeOf = ({ opens }: CampusAccessPoint): string => (opens.kind === "lane" ? opens.lane.id : opens.door.id);
const gateOf = ({ opens }: CampusAccessPoint): string | undefined => (opens.kind === "lane" ? opens.lane.gate : undefined);
