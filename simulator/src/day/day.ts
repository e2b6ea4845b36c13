import { localTime, type Random } from "@portico/card-protocol";
import type { RouteAnswer, RouteName, RouteParts } from "@portico/cloud-sync";
import { stationHands } from "../campus/campus-devices.ts";
import type { StationHands } from "../campus/campus-hands.ts";
import { accountDomain } from "../campus/campus.ts";
import { CloudCampus } from "../cloud/cloud-campus.ts";
import { Ears } from "../life/ears.ts";
import { campusPockets, type Pocket } from "../life/pocket.ts";
import { seeded } from "../seeded.ts";
import { dayCampus } from "./day-campus.ts";
import { type DayEnd, Story, type StoryLine } from "./story.ts";

export interface DayOptions {
  /** Of everything that chance decides: the same seed gives the same day. */
  readonly seed: number;
  /** How many come to lunch. */
  readonly eaters: number;
  /** Told of each sentence as it happens. */
  readonly onLine?: (line: StoryLine) => void;
}

const ANSWER_WITHIN_MS = 1_000;
const ASK_WITHIN_MS = 15_000;
/** What was shown a moment ago is the same scan: so long somebody waits who shows the same card again. */
export const DEBOUNCE_OVER_MS = 3_100;
/** Machines that were suspended are given so long before something happens: heads are renewed every 30 s. */
const AWAKE_S = 45;

/**
 * A campus on which a day goes by in virtual time, with somebody's hands in everybody's pockets and an operator's at the API. Between two things that happen
 * every machine sleeps: clocks go on, and nothing is asked of a board.
 */
export class Day {
  readonly campus: CloudCampus;
  readonly story: Story;
  readonly stations: StationHands;
  /** Of what people choose. */
  readonly random: Random;
  readonly #ears: Ears;
  readonly #pockets: ReadonlyMap<string, Pocket>;
  readonly #people = new Map<string, string>();

  private constructor(campus: CloudCampus, onLine: (line: StoryLine) => void) {
    this.campus = campus;
    this.story = new Story(() => this.time, onLine);
    this.random = seeded(campus.seed).drawn("what people choose");
    this.stations = stationHands(campus.devices, campus.printers, campus.rooms);
    this.#ears = new Ears(campus.hands, campus.clock);
    this.#pockets = campusPockets({ campus: campus.campus, now: campus.now });
  }

  static async open({ seed, eaters, onLine = () => {} }: DayOptions): Promise<Day> {
    return new Day(await CloudCampus.open({ make: (secret) => dayCampus(secret, eaters), seed }), onLine);
  }

  /** Campus time: `12:05:31`. */
  get time(): string {
    const seconds = localTime(this.campus.campus.timeZone, this.campus.now()).secondOfDay;
    return [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((each) => String(Math.floor(each)).padStart(2, "0")).join(":");
  }

  /** An instant of this day, as the API takes it. @param time  campus time, `19:00` */
  at(time: string): string {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    const seconds = localTime(this.campus.campus.timeZone, this.campus.now()).secondOfDay;
    return new Date((this.campus.now() - seconds + hours * 3600 + minutes * 60) * 1000).toISOString().replace(".000Z", "Z");
  }

  /** Lets the day go on until that time. @param time  campus time, `12:00`: not one that is over */
  async until(time: string): Promise<void> {
    const left = Date.parse(this.at(time)) / 1000 - this.campus.now();
    if (left < 0) throw new RangeError(`it is ${this.time}: ${time} is over`);
    if (left > AWAKE_S) this.campus.sleep((left - AWAKE_S) * 1000);
    await this.campus.clock.pass(Math.min(left, AWAKE_S) * 1000);
  }

  pass = (ms: number): Promise<void> => this.campus.clock.pass(ms);

  /** A person's id in the cloud. */
  async person(id: string): Promise<string> {
    const known = this.#people.get(id);
    if (known !== undefined) return known;
    const { items } = await this.ask("GET /v1/persons", { query: { account: `${id}@${accountDomain(this.campus.campus)}` } });
    this.#people.set(id, items[0]!.id);
    return items[0]!.id;
  }

  /** Asks the API as the operator. @throws where it refuses */
  async ask<R extends RouteName>(route: R, parts: RouteParts<R>): Promise<RouteAnswer<R>> {
    const outcome = await this.#asked(route, parts);
    if (!outcome.ok) throw new Error(`${route}: ${outcome.problem.reason}, ${outcome.problem.detail}`);
    return outcome.value;
  }

  /** As {@link ask}, many at once: no time passes. @throws where it refuses */
  async askNow<R extends RouteName>(route: R, parts: RouteParts<R>): Promise<RouteAnswer<R>> {
    const outcome = await this.campus.cloud.operator.ask(route, parts, { reason: "a day" });
    if (!outcome.ok) throw new Error(`${route}: ${outcome.problem.reason}, ${outcome.problem.detail}`);
    return outcome.value;
  }

  /** Asks for something that has to be refused. @returns by which name; `taken` where it was not */
  async refusal<R extends RouteName>(route: R, parts: RouteParts<R>): Promise<string> {
    const outcome = await this.#asked(route, parts);
    return outcome.ok ? "taken" : (outcome.problem.reason ?? "");
  }

  #asked<R extends RouteName>(route: R, parts: RouteParts<R>) {
    return this.campus.during(this.campus.cloud.operator.ask(route, parts, { reason: "a day" }), ASK_WITHIN_MS);
  }

  /** The code that a person's phone shows now. */
  code(person: string): string {
    const shown = this.#pocket(person).show();
    if (shown?.ok !== true) throw new Error(`the phone of ${person} shows nothing`);
    return shown.value;
  }

  card(person: string): string {
    return this.#pocket(person).card!;
  }

  /** What a person pays with: the card where there is one, else the phone. */
  shown(person: string): string {
    return this.#pocket(person).card ?? this.code(person);
  }

  /** Holds something before a reader. @returns `granted`, the reason of a refusal, or `no answer` */
  async answer(accessPoint: string, read: string): Promise<string> {
    const answer = this.#ears.judged(accessPoint, ANSWER_WITHIN_MS);
    await this.campus.hands.scan(accessPoint, read);
    const judged = await this.campus.during(answer, 2 * ANSWER_WITHIN_MS);
    return judged === undefined ? "no answer" : (judged.reason ?? "granted");
  }

  /** Goes through a lane. True when the body got through. */
  async push(lane: string, direction: "entry" | "exit"): Promise<boolean> {
    await this.pass(500);
    const through = await this.campus.hands.push(lane, direction);
    await this.pass(1_000);
    return through;
  }

  /** Ends the day and everything in it. */
  async end(): Promise<DayEnd> {
    const chains = [];
    for (const [controller, each] of this.campus.controllers) chains.push({ controller, holds: (await each.chain()).kind === "whole" });
    this.story.check("programs that had to end", this.campus.fatal.length, 0);
    this.story.check("troubles of the cloud", this.campus.cloud.troubles, []);
    await this.campus.end();
    return this.story.end(chains);
  }

  /** Ends everything where the day broke off. */
  abandon(): Promise<void> {
    return this.campus.end();
  }

  #pocket(person: string): Pocket {
    const pocket = this.#pockets.get(person);
    if (pocket === undefined) throw new RangeError(`nobody is called ${person}`);
    return pocket;
  }
}
