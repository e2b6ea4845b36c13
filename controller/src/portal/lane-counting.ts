import { type LocalDate, localTime } from "@portico/card-protocol";
import type { ControllerClock } from "../controller-clock.ts";
import { type LaneTally, tallySum } from "../core/lane-tally.ts";
import type { Recorder } from "../recorder.ts";
import type { LaneCounts, LaneDay } from "../store/lane-counts.ts";

/** On a disk that refuses it is tried again so often. */
const RETRY_MS = 5_000;

export interface LaneCountingParts {
  readonly counts: LaneCounts;
  readonly clock: Pick<ControllerClock, "wall" | "after">;
  readonly recorder: Pick<Recorder, "attempt">;
  /** IANA zone in which days begin. */
  readonly timeZone: string;
}

/** Writes down who passes lanes. What the disk refuses is kept until it takes it. */
export class LaneCounting {
  readonly #parts: LaneCountingParts;
  readonly #owed = new Map<string, LaneDay>();
  #cancelRetry: (() => void) | undefined;

  constructor(parts: LaneCountingParts) {
    this.#parts = parts;
  }

  /** So many more passed that way. */
  passed(way: string, tally: LaneTally): void {
    const day = this.today();
    const key = `${day ?? ""} ${way}`;
    const before = this.#owed.get(key);
    this.#owed.set(key, { day, way, tally: before === undefined ? tally : tallySum(before.tally, tally) });
    this.#write();
  }

  /** What is kept of that day and later ones (null: of all), and what is still to be written, by day and way. */
  since(first: LocalDate | null): readonly LaneDay[] {
    const days = new Map(this.#parts.counts.since(first).map((each) => [`${each.day ?? ""} ${each.way}`, each]));
    for (const [key, owed] of this.#owed) {
      if (first !== null && owed.day !== null && owed.day < first) continue;
      const kept = days.get(key);
      days.set(key, kept === undefined ? owed : { ...owed, tally: tallySum(kept.tally, owed.tally) });
    }
    return [...days].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  }

  /** The day of the campus; null: no clock says which. */
  today(): LocalDate | null {
    const wall = this.#parts.clock.wall();
    return wall === "untrusted" ? null : localTime(this.#parts.timeZone, wall.now).date;
  }

  /** Writes what is owed, where the disk takes it, and stops trying. */
  close(): void {
    if (this.#owed.size > 0) this.#write();
    this.#cancelRetry?.();
  }

  #write(): void {
    const { counts, clock, recorder } = this.#parts;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    for (const [key, day] of this.#owed) {
      const isWritten = recorder.attempt(() => {
        counts.add(day);
        return true;
      });
      if (isWritten !== true) break;
      this.#owed.delete(key);
    }
    if (this.#owed.size > 0) this.#cancelRetry = clock.after(RETRY_MS, () => this.#write());
  }
}
