import type { Clock } from "@portico/card-protocol";
import { systemClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { CrashRun } from "./crash-run.ts";
import { type Findings, STAGES } from "./findings.ts";
import { type Shot, shotOf } from "./shot.ts";

const KILLS = 200;
const DATA_FOLDERS = 3;
const clock: Clock = systemClock(() => "untrusted");
/** Seeds that are to be fired again, one behind the other on one folder; absent: 1 to 200, over several folders. */
const chosen = process.env["PORTICO_CRASH_SEEDS"]?.split(",").map(Number);

interface Fired extends Findings {
  readonly shot: Shot;
}

/** Fires the shots one behind the other at one data folder, up to the first that leaves something wrong. */
async function fireAll(run: CrashRun, seeds: readonly number[]): Promise<Fired[]> {
  const fired: Fired[] = [];
  await run.open();
  for (const [index, seed] of seeds.entries()) {
    const replay = `replay with PORTICO_CRASH_SEEDS=${seeds.slice(Math.max(0, index - 1), index + 1).join(",")} npx vitest run test/crash/crash.test.ts`;
    const shot = shotOf(seed);
    const findings = await run.fire(shot).catch((cause: unknown) => {
      throw new Error(`seed ${seed} (${shot.point}): ${cause instanceof Error ? cause.message : String(cause)}\n${replay}`, { cause });
    });
    expect(findings.faults, `seed ${seed} (${shot.point}, ${shot.delayMs.toFixed(2)} ms): ${replay}`).toEqual([]);
    fired.push({ shot, ...findings });
  }
  expect(await run.end(), `data folder of the seeds ${seeds.join(",")}`).toEqual([]);
  return fired;
}

test(
  "a controller that is killed anywhere between scan and acknowledgement has every passage in its log, and acts on none twice",
  { timeout: 240_000 },
  async () => {
    const seeds = chosen ?? Array.from({ length: KILLS }, (_, index) => index + 1);
    const folders = Array.from({ length: chosen === undefined ? DATA_FOLDERS : 1 }, () => new CrashRun({ clock, wallMs: () => Date.now() }));
    try {
      const startedAt = clock.monotonic();
      const outcomes = await Promise.allSettled(
        folders.map((run, nth) =>
          fireAll(
            run,
            seeds.filter((_, index) => index % folders.length === nth),
          ),
        ),
      );
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
      const fired = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
      console.log(report(fired, folders, clock.monotonic() - startedAt));
      if (chosen !== undefined) return;
      expect(fired.length).toBe(KILLS);
      expect(betweenCommitAndAcknowledgement(fired)).toBeGreaterThanOrEqual(50);
    } finally {
      await Promise.all(folders.map((run) => run.close()));
    }
  },
);

const count = <T>(all: readonly T[], isCounted: (one: T) => boolean): number => all.filter(isCounted).length;

const betweenCommitAndAcknowledgement = (fired: readonly Fired[]): number =>
  count(fired, ({ stage }) => stage === "commit to write" || stage === "write to acknowledgement");

function report(fired: readonly Fired[], folders: readonly CrashRun[], tookMs: number): string {
  const strikes = folders.flatMap((run) => run.strikes);
  const longest = strikes.reduce((a, b) => (b.overHoldMs > a.overHoldMs ? b : a), { overHoldMs: -Infinity, lateMs: 0 });
  const events = folders.flatMap((run) => run.log);
  const line = (what: string, figure: number | string): string => `  ${what.padEnd(58)}${String(figure).padStart(8)}`;
  return [
    `kill -9 of portico controller run, ${folders.length} data folders, ${(tookMs / 1000).toFixed(1)} s`,
    ...STAGES.map((stage) =>
      line(
        stage,
        count(fired, (one) => one.stage === stage),
      ),
    ),
    line("kills", fired.length),
    line("kills between commit and acknowledgement", betweenCommitAndAcknowledgement(fired)),
    line(
      "passages granted, each in the log and ended once",
      count(fired, ({ grant }) => grant !== undefined),
    ),
    line(
      "  ended as taken",
      count(fired, ({ end }) => end === "taken"),
    ),
    line(
      "  ended by the restart",
      count(fired, ({ end }) => end === "restart"),
    ),
    line(
      "spent passes shown after the restart, all refused",
      count(fired, ({ isRefusedAgain }) => isRefusedAgain),
    ),
    line(
      "unspent passes shown after the restart",
      count(fired, ({ isSecondShowing }) => isSecondShowing),
    ),
    line(
      "  let in",
      count(fired, ({ isSecondShowing, grant }) => isSecondShowing && grant !== undefined),
    ),
    line("events in whole chains, verified after each kill", events.length),
    line("strikes energised, none twice for a passage", strikes.length),
    line(
      "  ended by the board itself",
      count(strikes, ({ isEndedByBoard }) => isEndedByBoard),
    ),
    line("  longest over its hold, ms", longest.overHoldMs.toFixed(0)),
    line("  of which the board itself was late at most, ms", longest.lateMs.toFixed(0)),
  ].join("\n");
}
