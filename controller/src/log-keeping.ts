import { type ChainEnd, type Clock, type ControllerEvent, eventOf, type EventName, type UnixSeconds } from "@portico/card-protocol";
import type { LogConfiguration } from "./configuration/configuration.ts";
import { EVENT_RANK, EVENT_RANKS } from "./core/event-rank.ts";
import type { UploadPosition } from "./store/event-upload-mark.ts";
import type { DroppableEvent, LogBounds, LogRange, LogShortening } from "./store/log-shortening.ts";
import { RecordingFailed } from "./store/recording-failed.ts";

export interface LogKeepingOptions {
  readonly policy: LogConfiguration;
  readonly shortening: LogShortening;
  readonly last: () => ChainEnd;
  /** Writes what is still owed of older events, so that these are not needed any more. @throws RecordingFailed */
  readonly settle: () => void;
  /** How far the log is with the cloud; undefined where there is none: then nothing waits for it. */
  readonly upload: () => UploadPosition | undefined;
  /** Free bytes on the disk of the database. */
  readonly freeBytes: () => number;
  readonly now: () => UnixSeconds | null;
  readonly clock: Pick<Clock, "after">;
  readonly onEvent: (event: ControllerEvent) => void;
}

const LOOK_EVERY_MS = 60_000;
/** So many events are looked at between two pauses, in which scans are judged. */
const PAGE = 250;
const PAUSE_MS = 20;
/** Where the disk is short, a GapRecord must be worth it: it takes about so much itself. */
const GAP_BYTES = 600;
/** What is dropped for want of room leaves this share of it free. */
const ROOM = 0.9;
const DAY_S = 86_400;

/**
 * Keeps the log within its room and its time. Events go when their time is over and the cloud has them; when the disk is short, what the cloud has goes first,
 * then what it has not, each in order of rank. What is on its way to the cloud stays. Each round that dropped something says so at the end of the log.
 */
export class LogKeeping {
  readonly #options: LogKeepingOptions;
  #cancel = (): void => {};

  constructor(options: LogKeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#later(LOOK_EVERY_MS, () => this.#run(this.#round()));
  }

  close(): void {
    this.#cancel();
  }

  #later(ms: number, act: () => void): void {
    this.#cancel = this.#options.clock.after(ms, act);
  }

  #run(round: Generator<void, void>): void {
    let isOver = true;
    try {
      isOver = round.next().done === true;
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error; // the disk refuses: the next round begins anew
    }
    if (isOver) this.start();
    else this.#later(PAUSE_MS, () => this.#run(round));
  }

  *#round(): Generator<void, void> {
    const { policy, now } = this.#options;
    const at = now();
    if (policy.keepDays.size === 0 && !this.#isShort(1)) return;
    this.#options.settle();
    const bounds = this.#options.shortening.bounds(this.#options.last().seq);
    if (at !== null && policy.keepDays.size > 0)
      yield* this.#told("their time was over", (count) =>
        this.#pass({
          bounds,
          upTo: this.#safeUpTo(),
          behind: 0,
          worth: 0,
          cause: "their time was over",
          goes: (event) => isOver(event, policy.keepDays, at),
          count,
        }),
      );
    if (!this.#isShort(1)) return;
    const cause = "the disk was short";
    yield* this.#told(cause, (count) => this.#makeRoom(bounds, cause, count));
  }

  *#makeRoom(bounds: LogBounds, cause: string, count: Count): Generator<void, void> {
    const sentSeq = this.#options.upload()?.sentSeq ?? Number.POSITIVE_INFINITY;
    for (const isUnsent of [false, true]) {
      if (isUnsent && sentSeq === Number.POSITIVE_INFINITY) return;
      for (const rank of EVENT_RANKS) {
        const [behind, upTo] = isUnsent ? [sentSeq, Number.POSITIVE_INFINITY] : [0, this.#safeUpTo()];
        const goes = ({ name }: DroppableEvent): boolean => (EVENT_RANK[name as EventName] ?? Number.POSITIVE_INFINITY) <= rank;
        const pass = this.#pass({ bounds, upTo, behind, worth: GAP_BYTES, cause, goes, count: (n) => count(n, isUnsent) });
        for (;;) {
          if (!this.#isShort(ROOM)) return;
          if (pass.next().done === true) break;
          yield;
        }
      }
    }
  }

  /** Walks through a part of the log once and drops every run of events that go. */
  *#pass({ bounds, behind, upTo, worth, cause, goes, count }: Pass): Generator<void, void> {
    const { shortening } = this.#options;
    for (let after = behind; ;) {
      const events = shortening.page(after, PAGE).filter(({ seq }) => seq <= upTo && seq < bounds.untouchedFrom);
      const last = events.at(-1);
      if (last === undefined) return;
      const runs = runsOf(events, (event) => goes(event) && !bounds.kept.has(event.seq), worth);
      for (const run of runs) count(shortening.drop(run, cause));
      // A run that reaches to the end of the page goes on with the next: its GapRecord and that of the rest become one.
      after = events.length > 1 && runs.at(-1)?.lastRow === last.seq ? last.seq - 1 : last.seq;
      yield;
    }
  }

  /** Runs a part of a round, and tells of it what it has dropped. */
  *#told(cause: string, part: (count: Count) => Generator<void, void>): Generator<void, void> {
    let [dropped, unsent] = [0, 0];
    try {
      yield* part((events, isUnsent = false) => {
        dropped += events;
        if (isUnsent) unsent += events;
      });
    } finally {
      if (dropped > 0) this.#options.onEvent(eventOf("LogShortened", { cause, dropped, unsent }));
    }
  }

  /** The cloud has everything up to here, or there is none that would want it. */
  #safeUpTo(): number {
    return this.#options.upload()?.acknowledged.seq ?? Number.POSITIVE_INFINITY;
  }

  #isShort(share: number): boolean {
    const { policy, shortening, freeBytes } = this.#options;
    const { used, file } = shortening.size();
    return used > share * Math.min(policy.bytesMax, file + freeBytes() - policy.keepFreeBytes);
  }
}

type Count = (events: number, isUnsent?: boolean) => void;

interface Pass {
  readonly bounds: LogBounds;
  /** Events behind `behind`, up to `upTo`. */
  readonly behind: number;
  readonly upTo: number;
  /** A run of fewer bytes is left. */
  readonly worth: number;
  readonly cause: string;
  readonly goes: (event: DroppableEvent) => boolean;
  readonly count: Count;
}

function isOver({ name, at }: DroppableEvent, keepDays: LogConfiguration["keepDays"], now: UnixSeconds): boolean {
  const days = keepDays.get(name as EventName);
  return days !== undefined && at !== null && at < now - days * DAY_S;
}

/** Neighbouring events that go, with the GapRecords between them; none of GapRecords alone. */
function runsOf(events: readonly DroppableEvent[], goes: (event: DroppableEvent) => boolean, worth: number): LogRange[] {
  const runs: LogRange[] = [];
  let run: DroppableEvent[] = [];
  const end = (): void => {
    const isWorth = run.some(({ name }) => name !== "GapRecord") && run.reduce((sum, { bytes }) => sum + bytes, 0) > worth;
    if (isWorth) runs.push({ firstRow: run[0]!.seq, lastRow: run.at(-1)!.seq });
    run = [];
  };
  for (const event of events) {
    if (event.name === "GapRecord" || goes(event)) run.push(event);
    else end();
  }
  end();
  return runs;
}
