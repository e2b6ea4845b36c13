import { eventOf, HEALTH_FINDING, type HealthFinding, type MonotonicMs, type TrustList, trustListState } from "@portico/card-protocol";
import type { RelayBoard } from "@portico/firmware-ts";
import type { Battery } from "./batteries.ts";
import type { Configuration, InputReference } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import { type FindingCourse, NEVER_FOUND, stepFinding } from "./core/health/course.ts";
import { type Drift, frameCame } from "./core/health/drift.ts";
import { CHATTERING, happened, HELD_OFTEN, isTooOften, type Times } from "./core/health/often.ts";
import { isSilent, type ReaderUse, used } from "./core/health/silence.ts";
import { heard, READABLE, type Readability } from "./core/health/unreadable.ts";
import type { DeviceWatch } from "./device-watch.ts";
import type { Hardware } from "./hardware.ts";
import { useOf } from "./input-watch.ts";
import { listenInput, listenLost } from "./portal/board-wiring.ts";
import type { Recorder } from "./recorder.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import type { LoggedEvent } from "./store/event-log.ts";
import { presentationsOf } from "./store/presentations.ts";

/** What is looked at: everything that can be asked, once a minute. */
const LOOK_MS = 60_000;
/** A button that is pressed for so long is not held by a hand. */
const BUTTON_STUCK_MS = 120_000;
/** Habits of readers are learned from so many events of earlier runs, so many at a time, and not while the start is busy. */
const LEARNED_EVENTS = 200_000;
const LEARNED_AT_ONCE = 2_000;
const LEARN_AFTER_MS = 10_000;
const LEARN_AGAIN_MS = 50;

/** What is wrong with something now, as was told. */
export interface StandingFinding {
  /** A scanner, relay board, door or battery, or the controller itself. */
  readonly subject: string;
  readonly finding: HealthFinding;
  readonly detail: string;
  readonly since: MonotonicMs;
}

export interface HealthParts {
  readonly configuration: Configuration;
  readonly hardware: Pick<Hardware, "scanners" | "boards">;
  readonly watches: readonly DeviceWatch[];
  readonly clock: ControllerClock;
  readonly recorder: Pick<Recorder, "event">;
  readonly store: Pick<ControllerStore, "events" | "database">;
  readonly batteries: () => readonly Battery[];
  /** In force; undefined where the configuration names none. */
  readonly trustList: () => Pick<TrustList, "sequence" | "validUntil"> | undefined;
}

interface Watched {
  course: FindingCourse;
  detail: string;
  since: MonotonicMs;
}

/** Finds what is about to fail, and tells each thing once with what to do about it, and once when it has been well for half an hour. */
export class HealthWatch {
  readonly #parts: HealthParts;
  readonly #watched = new Map<string, Watched & { readonly subject: string; readonly finding: HealthFinding }>();
  readonly #removals: (() => void)[] = [];
  readonly #use = new Map<string, ReaderUse>();
  readonly #readability = new Map<string, { known: Readability; scans: number; unreadable: number }>();
  readonly #changes = new Map<string, { readonly board: string; readonly input: number; times: Times }>();
  readonly #pressedSince = new Map<string, MonotonicMs>();
  readonly #held = new Map<string, Times>();
  #drift: Drift | undefined;
  #hasLearned = false;
  #cancelLook = (): void => {};
  #cancelLearning = (): void => {};

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  /** What is told and not over, the oldest first. */
  get findings(): readonly StandingFinding[] {
    return [...this.#watched.values()]
      .filter(({ course }) => course.isFound)
      .map(({ subject, finding, detail, since }) => ({ subject, finding, detail, since }))
      .toSorted((a, b) => a.since - b.since);
  }

  start(): void {
    const { configuration, hardware, clock, store } = this.#parts;
    for (const [id, scanner] of hardware.scanners) this.#removals.push(scanner.onScan(() => this.#used(id)));
    for (const [id, board] of hardware.boards) this.#removals.push(board.onInput((input) => this.#changed(id, input)));
    for (const { id, rex } of configuration.doors) if (rex !== undefined) this.#watchButton(id, rex);
    this.#removals.push(store.events.onEvent((event) => this.#recorded(event)));
    this.#cancelLook = clock.after(LOOK_MS, () => this.#look());
    const { seq } = store.events.last();
    this.#cancelLearning = clock.after(LEARN_AFTER_MS, () => this.#learn(Math.max(0, seq - LEARNED_EVENTS)));
  }

  close(): void {
    this.#cancelLook();
    this.#cancelLearning();
    for (const remove of this.#removals) remove();
  }

  #used(scanner: string): void {
    if (!this.#hasLearned) return; // what comes first is read last, and would count for nothing
    const { at } = this.#parts.clock.eventTime();
    if (at !== null) this.#use.set(scanner, used(this.#use.get(scanner), at));
  }

  /** Habits from the log, where scans of this run stand too that came meanwhile. */
  #learn(after: number): void {
    const { configuration, clock, store } = this.#parts;
    const scannerOf = new Map(configuration.accessPoints.map(({ id, scanner }) => [id, scanner]));
    const end = store.events.last().seq;
    const upTo = Math.min(end, after + LEARNED_AT_ONCE);
    for (const { accessPoint, at } of presentationsOf(store.database, after, upTo)) {
      const scanner = scannerOf.get(accessPoint);
      if (scanner !== undefined) this.#use.set(scanner, used(this.#use.get(scanner), at));
    }
    if (upTo < end) this.#cancelLearning = clock.after(LEARN_AGAIN_MS, () => this.#learn(upTo));
    else this.#hasLearned = true;
  }

  #changed(board: string, input: number): void {
    const at = this.#parts.clock.monotonic();
    const key = `${board} ${input}`;
    const times = happened(this.#changes.get(key)?.times ?? [], at, CHATTERING);
    this.#changes.set(key, { board, input, times });
    if (isTooOften(times, at, CHATTERING)) this.#judgeContact(board, input, times, at);
  }

  #watchButton(door: string, reference: InputReference): void {
    const { hardware, clock } = this.#parts;
    const boardOf = (id: string): RelayBoard => hardware.boards.get(id)!;
    const released = (): void => void this.#pressedSince.delete(door);
    this.#removals.push(
      listenInput(boardOf, reference, (closed) => {
        if (!closed) released();
        else if (!this.#pressedSince.has(door)) this.#pressedSince.set(door, clock.monotonic());
      }),
      listenLost(boardOf, reference, released),
    );
  }

  #recorded(event: LoggedEvent): void {
    if (event.name !== "DoorOpenTooLong" || !event.record.ok || event.record.value.event.name !== "DoorOpenTooLong") return;
    const { door } = event.record.value.event.fields;
    this.#held.set(door, happened(this.#held.get(door) ?? [], this.#parts.clock.monotonic(), HELD_OFTEN));
  }

  #look(): void {
    const { clock, configuration } = this.#parts;
    const at = clock.monotonic();
    this.#cancelLook = clock.after(LOOK_MS, () => this.#look());
    this.#lookAtScanners();
    for (const { board, input, times } of this.#changes.values()) this.#judgeContact(board, input, times, at);
    for (const { id, rex } of configuration.doors) {
      const since = this.#pressedSince.get(id);
      const isStuck = since !== undefined && at - since >= BUTTON_STUCK_MS;
      if (rex !== undefined) this.#judge(id, "ExitButtonStuck", isStuck, () => `pressed for ${durationWords(at - since!)}`);
    }
    for (const [door, times] of this.#held)
      this.#judge(door, "DoorHeldOften", isTooOften(times, at, HELD_OFTEN), () => `${HELD_OFTEN.count} times within ${durationWords(at - times[0]!)}`);
    this.#lookAtClock();
    for (const { id, isLow, detail } of this.#parts.batteries()) this.#judge(id, "BatteryLow", isLow, () => detail);
    this.#lookAtRelays();
    this.#lookAtTrustList();
  }

  #lookAtScanners(): void {
    const { hardware, watches, clock } = this.#parts;
    const now = clock.eventTime().at;
    for (const [id, scanner] of hardware.scanners) {
      const scans = watches.find(({ device }) => device === scanner)?.scans ?? 0;
      const { unreadable } = scanner;
      const before = this.#readability.get(id) ?? { known: READABLE, scans: 0, unreadable: 0 };
      const more = unreadable - before.unreadable;
      const known = heard(before.known, scans - before.scans + more, more);
      this.#readability.set(id, { known, scans, unreadable });
      this.#judge(id, "ScansUnreadable", known.isIll, () => `${percent(known.share)} of what it hears is no scan; usual here are ${percent(known.usual)}`);
      const use = this.#use.get(id);
      if (use === undefined || now === null || scanner.health.kind === "offline") continue; // what does not answer is told as such
      this.#judge(id, "ReaderSilent", isSilent(use, now), () => `nobody was read for ${durationWords((now - use.last) * 1000)}`);
    }
  }

  #lookAtClock(): void {
    const { clock, configuration } = this.#parts;
    const { frame } = clock;
    if (frame === undefined) return;
    const drift = (this.#drift = frameCame(this.#drift, frame));
    this.#judge(configuration.controller.id, "ClockDrifting", drift.isIll, () => `${Math.abs(drift.ppm)} ppm ${drift.ppm > 0 ? "slow" : "fast"}`);
  }

  #lookAtRelays(): void {
    for (const [id, board] of this.#parts.hardware.boards) {
      if (board.isStuck === undefined) continue;
      const stuck = Array.from({ length: board.relays }, (_, relay) => relay).filter((relay) => board.isStuck!(relay));
      this.#judge(id, "RelayStuck", stuck.length > 0, () => `relay ${stuck.join(", ")} stays otherwise than it is told`);
    }
  }

  /** Who signs the next one needs days to come together. */
  #lookAtTrustList(): void {
    const { trustList, clock, configuration } = this.#parts;
    const list = trustList();
    const wall = clock.wall();
    if (list === undefined || wall === "untrusted") return;
    const state = trustListState(list, wall);
    const end = new Date(list.validUntil * 1000).toISOString().replace(".000Z", "Z");
    const words = (): string => `list ${list.sequence} ${state === "stale" ? "has ended at" : "holds until"} ${end}`;
    this.#judge(configuration.controller.id, "TrustListEnding", state !== "valid", words);
  }

  #judgeContact(board: string, input: number, times: Times, at: MonotonicMs): void {
    const words = (): string =>
      `input ${input}, ${useOf(this.#parts.configuration, board, input)}, changed ${times.length} times within ${CHATTERING.withinMs / 1000} s`;
    this.#judge(`${board}/${input}`, "ContactChattering", isTooOften(times, at, CHATTERING), words);
  }

  #judge(subject: string, finding: HealthFinding, isIll: boolean, detail: () => string): void {
    const key = `${finding} ${subject}`;
    const known = this.#watched.get(key);
    if (known === undefined && !isIll) return;
    const at = this.#parts.clock.monotonic();
    const watched = known ?? { subject, finding, course: NEVER_FOUND, detail: "", since: at };
    const { course, told } = stepFinding(watched.course, isIll, at);
    if (course.isFound) this.#watched.set(key, { ...watched, course, detail: isIll ? detail() : watched.detail, since: told === "found" ? at : watched.since });
    else this.#watched.delete(key);
    const { recorder } = this.#parts;
    if (told === "found") recorder.event(eventOf("HealthFound", { subject, finding, detail: detail(), remedy: HEALTH_FINDING[finding].en }));
    else if (told === "restored") recorder.event(eventOf("HealthRestored", { subject, finding }));
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const durationWords = (ms: number): string => (ms >= 2 * 3_600_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 60_000)} min`);
