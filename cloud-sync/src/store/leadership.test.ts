import { afterEach, beforeEach, expect, test } from "vitest";
import { type CloudRig, cloudRig } from "../rig/cloud-rig.ts";
import type { CloudDatabase } from "./cloud-database.ts";
import { Deposed, Leadership } from "./leadership.ts";

let rig: CloudRig;
let shared: CloudDatabase;
beforeEach(async () => {
  rig = await cloudRig();
  shared = { ...rig.database, isShared: true };
});
afterEach(() => rig.close());

const looks = async (one: Leadership, count: number): Promise<boolean[]> => {
  const led: boolean[] = [];
  for (let nth = 0; nth < count; nth++) led.push(await one.look());
  return led;
};
/** Does what a publication does: checks the term, then writes. */
const publishAs = (one: Leadership): Promise<void> =>
  shared.transact(async (queries) => {
    await one.fence(queries);
    await queries
      .updateTable("site")
      .set((site) => ({ publish: site("publish", "+", 1) }))
      .execute();
  }, "repeatable read");
const publish = async (): Promise<number> => (await shared.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow()).publish;
const row = () => shared.queries.selectFrom("leader").select(["term", "holder"]).executeTakeFirstOrThrow();

test("the first who looks leads; while it shows that it is there nobody takes its place", async () => {
  const [one, two] = [new Leadership(shared, "one"), new Leadership(shared, "two")];
  expect([await one.look(), await two.look()]).toEqual([true, false]);
  for (let nth = 0; nth < 100; nth++) expect([await one.look(), await two.look()]).toEqual([true, false]);
  await publishAs(one);
  expect([await publish(), await row()]).toEqual([1, { term: 1, holder: "one" }]);
});

test("a publication is a sign of life too", async () => {
  const [one, two] = [new Leadership(shared, "one"), new Leadership(shared, "two")];
  await one.look();
  for (let nth = 0; nth < 30; nth++) {
    if (nth % 6 === 0) await publishAs(one);
    expect(await two.look()).toBe(false);
  }
});

test("who has shown no sign over twelve looks of another loses the place to him, and can publish nothing when it wakes up", async () => {
  const [one, two] = [new Leadership(shared, "one"), new Leadership(shared, "two")];
  await one.look();
  expect((await looks(two, 13)).filter(Boolean)).toEqual([true]);
  expect([one.leads, two.leads, await row()]).toEqual([true, true, { term: 2, holder: "two" }]);
  await expect(publishAs(one)).rejects.toBeInstanceOf(Deposed);
  expect([await publish(), one.leads]).toEqual([0, false]);
  await publishAs(two);
  expect([await publish(), await looks(one, 3)]).toEqual([1, [false, false, false]]);
});

test("a look tells a leader that was replaced as well", async () => {
  const [one, two] = [new Leadership(shared, "one"), new Leadership(shared, "two")];
  await one.look();
  await looks(two, 13);
  expect(await looks(one, 4)).toContain(false);
});

test("of many who would follow at once one does", async () => {
  const all = Array.from({ length: 8 }, (_, nth) => new Leadership(shared, `instance ${nth}`));
  for (let term = 1; term <= 5; term++) {
    for (let nth = 0; nth < 14; nth++) await Promise.all(all.filter((one) => !one.leads).map((one) => one.look()));
    expect((await row()).term).toBeGreaterThanOrEqual(term);
    const wrote = await Promise.allSettled(all.map(publishAs));
    expect(wrote.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  }
});

test("who leaves is followed at the next look", async () => {
  const [one, two] = [new Leadership(shared, "one"), new Leadership(shared, "two")];
  await one.look();
  await two.look();
  await one.resign();
  await expect(publishAs(one)).rejects.toBeInstanceOf(Deposed);
  expect([await two.look(), await row()]).toEqual([true, { term: 2, holder: "two" }]);
  await one.resign();
  expect((await row()).holder, "only one's own place is left").toBe("two");
});

test("a store of one's own is taken at once, whoever had it before", async () => {
  const alone = { ...rig.database, isShared: false };
  await new Leadership(alone, "before the crash").look();
  const one = new Leadership(alone, "one");
  expect([await one.look(), await row()]).toEqual([true, { term: 2, holder: "one" }]);
  await publishAs(one);
  expect(await publish()).toBe(1);
});
