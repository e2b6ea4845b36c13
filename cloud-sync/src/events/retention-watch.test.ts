import { afterEach, beforeEach, expect, test } from "vitest";
import { RETENTION_DAYS } from "../core/event-retention.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { CLOUD_KEY, DAY_S, type RetentionRig, retentionRig } from "../rig/retention-rig.ts";
import { readRetentionRun } from "./event-retention.ts";
import { RETENTION_LOOK_MS, RETENTION_PAUSE_MS, RetentionWatch } from "./retention-watch.ts";

let rig: RetentionRig;
let later: { readonly ms: number; readonly act: () => void }[];
let told: ReadonlyMap<string, string>[];
let watches: RetentionWatch[];
beforeEach(async () => {
  rig = await retentionRig();
  [later, told, watches] = [[], [], []];
});
afterEach(async () => {
  for (const watch of watches) await watch.close();
  await rig.cloud.close();
});

/** Pauses between steps pass at once, unless the test waits in them; the look of every ten minutes waits until the test lets it. */
function watch({ isShared = false, pauses = true } = {}): RetentionWatch {
  const made = new RetentionWatch({
    cloud: { ...rig.cloud, database: { ...rig.cloud.database, isShared } },
    days: RETENTION_DAYS,
    key: () => CLOUD_KEY,
    clock: { after: (ms, act) => (ms === RETENTION_PAUSE_MS && pauses ? act() : void later.push({ ms, act }), () => {}) },
    onBroken: (broken) => told.push(broken),
    onFailure: (error) => expect(error).toBeUndefined(),
  });
  watches.push(made);
  return made;
}
const run = () => readRetentionRun(rig.cloud.database.queries);
/** To this hour of the campus, of today or tomorrow. */
const until = (hour: number): void => rig.cloud.pass(((hour - 8) * 3600 - (rig.cloud.now() % DAY_S) + 2 * DAY_S) % DAY_S || DAY_S);

test("it runs once a day, from three at night of the campus on, and looks every ten minutes", async () => {
  const own = watch();
  expect(later.map(({ ms }) => ms)).toEqual([RETENTION_LOOK_MS]);
  const began: (string | undefined)[] = [];
  for (const hour of [2, 3, 4, 23, 2, 3]) {
    until(hour);
    await own.look();
    began.push((await run()).day);
  }
  expect(began).toEqual([undefined, "2026-09-02", "2026-09-02", "2026-09-02", "2026-09-02", "2026-09-03"]);
  later[0]!.act();
  await own.close();
  expect(later.at(-1)?.ms).toBe(RETENTION_LOOK_MS);
});

test("a run that found a chain which does not hold is told of, once it has ended", async () => {
  const log = new MachineLog("gate-house", 8).fill(3);
  await rig.take(log);
  await rig.cloud.database.queries.deleteFrom("controller_event").where("seq", "=", 2).execute();
  rig.cloud.pass(185 * DAY_S);
  await watch().look();
  expect(told).toEqual([new Map([["gate-house", "at 2: found 3"]])]);
  rig.cloud.pass(DAY_S);
  await watches[0]!.look();
  expect(told, "what was told is looked at no more").toHaveLength(1);
});

test("behind a leap of the clock it waits a day of looks; a clock that was put right meanwhile has taken nothing away", async () => {
  await rig.take(new MachineLog("gate-house", 8).fill(3));
  const own = watch();
  await own.look();
  rig.cloud.pass(400 * DAY_S);
  for (let nth = 0; nth < 143; nth++) await own.look();
  rig.cloud.pass(-399 * DAY_S);
  await own.look();
  expect([(await run()).day, (await rig.kept()).length]).toEqual(["2026-09-02", 3]);
  rig.cloud.pass(399 * DAY_S);
  for (let nth = 0; nth < 144; nth++) await own.look();
  expect(await rig.kept(), "the last look of the day").toHaveLength(3);
  await own.look();
  expect(await rig.kept()).toEqual(["[1-3]"]);
});

test("a run that another instance has begun is left to it, and taken over when it has not come on between two looks", async () => {
  for (let nth = 0; nth < 4; nth++) await rig.take(new MachineLog(`door-${nth}`, 20 + nth).fill(3));
  rig.cloud.pass(185 * DAY_S);
  const [first, second] = [watch({ isShared: true, pauses: false }), watch({ isShared: true })];
  void first.look();
  while ((await run()).startedAt === undefined) await Promise.resolve();
  await second.look();
  expect((await run()).finishedAt, "it waits for its next step").toBeUndefined();
  await first.close(); // it ends in the middle
  await second.look();
  expect([(await run()).finishedAt, await rig.kept("door-3")]).toEqual([rig.cloud.now(), ["[1-3]"]]);
});
