/** One thing that is measured against a limit. All figures of a goal come from one run on one machine. */
export interface Goal {
  /** Stable, kebab-case: the argument of `--only`. */
  readonly name: string;
  /** What is divided by what, or which percentile of what, for people. */
  readonly what: string;
  readonly unit: "×" | "ms" | "s" | "MiB" | "B";
  /** The value must not exceed this. */
  readonly goal: number;
  /** Measures; says on `note` what a reader of the table needs beside the value. Throws where it cannot measure, with what is missing. */
  measure(note: (line: string) => void): Promise<number>;
}

/** The value below which the given share (0..1) of the samples lie. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Pieces of work to be compared. */
export interface PairedWork {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them, for compilers and caches: what is measured has been running for long. */
  readonly warmUpRounds: number;
  /** What a stretch of rounds needs, made in front of it and not measured. */
  readonly prepare?: (firstRound: number, rounds: number) => void | Promise<void>;
  /** Each is done once a round. A promise is awaited, and the waiting is measured. */
  readonly work: readonly ((round: number) => void | Promise<void>)[];
}

/**
 * So many rounds of one piece come before those of the next: short enough that whatever else the machine does hits them alike, long enough that they do not
 * live in each other's caches. The loop turns between two stretches: timers, disk syncs and checkpoints come between decisions then, as in a controller.
 */
const ROUNDS_A_STRETCH = 50;

/**
 * Runs several pieces of work in turns, stretch by stretch.
 *
 * @returns the median of each in microseconds, in the order given
 */
export async function pairedMediansUs({ rounds, warmUpRounds, prepare, work }: PairedWork): Promise<number[]> {
  const samples: number[][] = work.map(() => []);
  const all = warmUpRounds + rounds;
  for (let first = 0; first < all; first += ROUNDS_A_STRETCH) {
    const last = Math.min(first + ROUNDS_A_STRETCH, all);
    await prepare?.(first, last - first);
    for (const [which, one] of work.entries()) {
      await loopTurned();
      for (let round = first; round < last; round++) {
        const start = process.hrtime.bigint();
        const promise = one(round);
        if (promise !== undefined) await promise;
        const us = Number(process.hrtime.bigint() - start) / 1_000;
        if (round >= warmUpRounds) samples[which]!.push(us);
      }
    }
  }
  return samples.map(median);
}

const loopTurned = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
