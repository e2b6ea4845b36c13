/** One thing that is measured against a limit. All figures of a goal come from one run on one machine. */
export interface Goal {
  /** Stable, kebab-case: the argument of `--only`. */
  readonly name: string;
  /** What is divided by what, or which percentile of what, for people. */
  readonly what: string;
  readonly unit: "×" | "ms" | "s" | "MiB";
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

/** Runs `work` and returns each duration in microseconds; the first tenth warms up and is thrown away. */
export function sampleUs(count: number, work: (index: number) => void): number[] {
  const warmUp = Math.ceil(count / 10);
  const samples: number[] = [];
  for (let i = -warmUp; i < count; i++) {
    const start = process.hrtime.bigint();
    work(i + warmUp);
    if (i >= 0) samples.push(Number(process.hrtime.bigint() - start) / 1_000);
    else process.hrtime.bigint();
  }
  return samples;
}

/**
 * Runs several pieces of work in turns, round by round, so that whatever else the machine does hits them alike.
 *
 * @returns the median of each in microseconds, in the order given
 */
export function pairedMediansUs(rounds: number, work: readonly ((index: number) => void)[]): number[] {
  const samples: number[][] = work.map(() => []);
  const warmUp = Math.ceil(rounds / 10);
  for (let round = 0; round < rounds + warmUp; round++) {
    work.forEach((one, which) => {
      const start = process.hrtime.bigint();
      one(round);
      const us = Number(process.hrtime.bigint() - start) / 1_000;
      if (round >= warmUp) samples[which]!.push(us);
    });
  }
  return samples.map(median);
}
