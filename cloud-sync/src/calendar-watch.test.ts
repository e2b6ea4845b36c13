import { afterEach, beforeEach, expect, test } from "vitest";
import { putCalendar } from "./calendar-change.ts";
import { CALENDAR_LOOK_MS, CalendarWatch } from "./calendar-watch.ts";
import { numberNotifications, readNotifications } from "./notifications/notification.ts";
import { type CloudRig, cloudRig, done, NOTE, START } from "./rig/cloud-rig.ts";
import { SERVICES } from "./rig/places-rig.ts";

let rig: CloudRig;
let watch: CalendarWatch;
let told: string[];
let due: (() => void)[];
const start = (): CalendarWatch =>
  new CalendarWatch({
    cloud: rig,
    clock: { after: (ms, act) => (expect(ms).toBe(CALENDAR_LOOK_MS), due.push(act), () => {}) },
    onMissing: (years) => void told.push(years.join(" ")),
    onFailure: (error) => expect(error).toBeUndefined(),
  });
beforeEach(async () => {
  [told, due] = [[], []];
  rig = await cloudRig();
  await holidaysOf(2026);
  watch = start();
});
afterEach(async () => {
  await watch.close();
  await rig.close();
});

const holidaysOf = (year: number) => done(putCalendar({ cloud: rig, services: SERVICES }, NOTE, { from: `${year}-01-01`, until: `${year + 1}-01-01`, days: [{ date: `${year}-01-01`, kind: "holiday" }], termPhases: [] })); // prettier-ignore
async function notified(): Promise<string[]> {
  await numberNotifications(rig.database);
  const { items } = await readNotifications(rig.database.queries, { after: 0, limit: 100, kinds: ["calendar.missing"] });
  return items.map(({ body }) => `${String(body["day"])}: ${String(body["years"])}`);
}
/** The clock of the campus stands there. */
const at = (instant: string): void => rig.pass(Date.parse(instant) / 1000 - rig.now());

test("from the first minute of 1 December on the campus the missing list of the next year is told, each day once, until it is there", async () => {
  expect(rig.now()).toBe(START);
  at("2026-11-30T23:59:59+08:00");
  await watch.look();
  expect(told).toEqual([]);
  rig.pass(1);
  await watch.look();
  await watch.look();
  rig.pass(86_399);
  await watch.look();
  expect(await notified()).toEqual(["2026-12-01: 2027"]);
  rig.pass(1);
  await watch.look();
  expect(await notified()).toEqual(["2026-12-01: 2027", "2026-12-02: 2027"]);
  await holidaysOf(2027);
  at("2026-12-03T09:00:00+08:00");
  await watch.look();
  expect([told, (await notified()).length]).toEqual([["2027", "2027"], 2]);
  at("2027-12-01T00:00:00+08:00");
  await watch.look();
  expect(told).toEqual(["2027", "2027", "2028"]);
});

test("two instances tell it once, and again on the same day where the list was there in between", async () => {
  at("2026-12-05T12:00:00+08:00");
  const other = start();
  await Promise.all([watch.look(), other.look()]);
  expect(await notified()).toEqual(["2026-12-05: 2027"]);
  await holidaysOf(2027);
  await watch.look();
  await done(putCalendar({ cloud: rig, services: SERVICES }, NOTE, { from: "2027-01-01", until: "2028-01-01", days: [], termPhases: [] }));
  await other.look();
  expect((await notified()).length).toBe(2);
  await other.close();
});

test("it looks again and again by itself", async () => {
  at("2026-12-05T12:00:00+08:00");
  due.shift()!();
  while (due.length === 0) await new Promise(setImmediate);
  expect(told).toEqual(["2027"]);
});
