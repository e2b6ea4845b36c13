import type { Clock } from "@portico/card-protocol";
import { EvenLooks } from "../even-looks.ts";
import { EventRetention, type EventRetentionNeeds, readRetentionRun, type RetentionStep } from "./event-retention.ts";

export interface RetentionWatchNeeds extends EventRetentionNeeds {
  readonly clock: Pick<Clock, "after">;
  /** A run has ended that found chains which do not hold: chain, and where first. */
  readonly onBroken: (broken: ReadonlyMap<string, string>) => void;
  readonly onFailure: (error: unknown) => void;
}

/** How often it is looked whether a run is due. */
export const RETENTION_LOOK_MS = 600_000;
/** Who finds that the last run was so long ago waits a day of looks: a clock that is wrong would take everything away, and is mostly put right before. */
const LEAP_S = 30 * 86_400;
const LOOKS_BEHIND_LEAP = 144;
/** Between two steps: what controllers send up has its turn. */
export const RETENTION_PAUSE_MS = 25;

/**
 * Runs the retention of events: each day once, whichever instance begins, in steps with pauses. A run of another instance is left to it, unless it has not come
 * on between two looks. Where the time has leapt by a month since the last run it waits a day first.
 */
export class RetentionWatch {
  readonly #needs: RetentionWatchNeeds;
  readonly #retention: EventRetention;
  readonly #looks: EvenLooks;
  /** Where a run stood that somebody else had begun, at the look before. */
  #seen: number | undefined;
  #looksBehindLeap = 0;

  constructor(needs: RetentionWatchNeeds) {
    this.#needs = needs;
    this.#retention = new EventRetention(needs);
    const { clock, onFailure } = needs;
    this.#looks = new EvenLooks({ clock, everyMs: RETENTION_LOOK_MS, look: () => this.look(), onFailure });
  }

  /** Looks once, and runs to the end where it is this instance's turn. */
  async look(): Promise<void> {
    const { cloud, onBroken } = this.#needs;
    const { step, startedAt, finishedAt } = await readRetentionRun(cloud.database.queries);
    const isAnothers = cloud.database.isShared && startedAt !== undefined && finishedAt === undefined && step !== this.#seen;
    this.#seen = step;
    if (isAnothers || this.#mustWait(startedAt)) return;
    let came: RetentionStep = await this.#retention.step();
    while (came === "more" && !this.#looks.isClosed) {
      await this.#looks.pause(RETENTION_PAUSE_MS);
      if (!this.#looks.isClosed) came = await this.#retention.step();
    }
    if (came !== "finished") return;
    const { broken } = await readRetentionRun(cloud.database.queries);
    if (broken.size > 0) onBroken(broken);
  }

  #mustWait(startedAt: number | undefined): boolean {
    const isLeap = startedAt !== undefined && this.#needs.cloud.nowMs() / 1000 - startedAt > LEAP_S;
    this.#looksBehindLeap = isLeap ? this.#looksBehindLeap + 1 : 0;
    return isLeap && this.#looksBehindLeap <= LOOKS_BEHIND_LEAP;
  }

  close(): Promise<void> {
    return this.#looks.close();
  }
}
