import { afterEach, beforeEach, expect, test } from "vitest";
import { NOBODY_COUNTED } from "../core/lane-tally.ts";
import { LaneCounting } from "../portal/lane-counting.ts";
import { RigStore } from "../rig/rig-store.ts";
import { LaneCounts } from "./lane-counts.ts";

let rig: RigStore;
beforeEach(() => {
  rig = new RigStore();
});
afterEach(() => rig.end());

const two = { ...NOBODY_COUNTED, granted: 1, tailgating: 1 };

test("each passage is on its day and way at once, and there at the next start", () => {
  const { laneCounts } = rig.store;
  laneCounts.add({ day: "2027-01-11", way: "gate-1/entry", tally: two });
  laneCounts.add({ day: "2027-01-11", way: "gate-1/entry", tally: { ...NOBODY_COUNTED, granted: 1 } });
  laneCounts.add({ day: null, way: "gate-1/exit", tally: { ...NOBODY_COUNTED, evacuation: 4 } });
  laneCounts.add({ day: "2027-01-12", way: "gate-1/entry", tally: two });
  const kept = [
    { day: null, way: "gate-1/exit", tally: { ...NOBODY_COUNTED, evacuation: 4 } },
    { day: "2027-01-11", way: "gate-1/entry", tally: { ...NOBODY_COUNTED, granted: 2, tailgating: 1 } },
    { day: "2027-01-12", way: "gate-1/entry", tally: two },
  ];
  expect(new LaneCounts(rig.store.database).since(null)).toEqual(kept);
  expect(laneCounts.since("2027-01-12")).toEqual([kept[0], kept[2]]);
});

test("days go when they are 400 days old; what no day is known of stays", () => {
  const { laneCounts } = rig.store;
  for (const day of [null, "2025-12-07", "2025-12-08", "2027-01-12"]) laneCounts.add({ day, way: "gate-1/entry", tally: two });
  expect(laneCounts.since(null).map(({ day }) => day)).toEqual([null, "2025-12-08", "2027-01-12"]);
});

test("what the disk refuses is counted all the same, shown, and written when it takes it; days begin at midnight of the campus", async () => {
  let isFull = true;
  const attempt = <T>(write: () => T): T | undefined => (isFull ? undefined : write());
  const counting = new LaneCounting({ counts: rig.store.laneCounts, clock: rig.clock, recorder: { attempt }, timeZone: "Asia/Shanghai" });
  const today = counting.today();
  counting.passed("gate-1/entry", two);
  counting.passed("gate-1/entry", two);
  const all = [{ day: today, way: "gate-1/entry", tally: { ...NOBODY_COUNTED, granted: 2, tailgating: 2 } }];
  expect([counting.since(today), rig.store.laneCounts.since(null)]).toEqual([all, []]);
  isFull = false;
  await rig.time.pass(5_000);
  expect([counting.since(null), rig.store.laneCounts.since(null)]).toEqual([all, all]);
  expect(today).toBe("2027-01-11");
  counting.close();
});
