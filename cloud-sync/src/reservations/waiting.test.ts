import { afterEach, beforeEach, expect, test } from "vitest";
import { answered, valueOf } from "../rig/api-rig.ts";
import { at, type BookedCampus, bookedCampus, time } from "../rig/booked-campus.ts";

let campus: BookedCampus;
let first: string;
let second: string;
beforeEach(async () => {
  campus = await bookedCampus();
  first = await campus.student("li");
  second = await campus.student("wang");
});
afterEach(() => campus.rig.close());

const EVENING = time("02", "18:00", "19:00");
const LESSON = { resource: "607", weekday: 3, startS: 18 * 3600, endS: 19 * 3600, from: "2026-09-01", until: "2026-09-30" };
const putTimetable = (lessons: (typeof LESSON)[]) => answered(campus.client.ask("PUT /v1/timetables/{id}", { params: { id: "autumn" }, body: { lessons } }));
const putClosure = (resource: string, times: (typeof EVENING)[]) => answered(campus.client.ask("PUT /v1/closures/{id}", { params: { id: "repairs" }, body: { resource, times } })); // prettier-ignore
const putCalendar = (days: { date: string; kind: "holiday" }[]) => valueOf(campus.client.ask("PUT /v1/calendar", { body: { from: "2026-09-01", until: "2026-10-01", days, termPhases: [] } })); // prettier-ignore
const waitingIds = async () => (await answered(campus.client.ask("GET /v1/waiting-list", { query: {} }))).items.map(({ person }) => person);
/** Both wait for 607 at that time, in this order. */
async function bothWait(resource = "607"): Promise<void> {
  for (const who of [first, second]) await campus.wait(who, resource, EVENING);
}
/** The first has it and was told, once; the second waits on, also when it is looked again. */
async function expectOffered(resource = "607"): Promise<void> {
  for (const again of [false, true]) {
    if (again) await campus.look();
    expect([await campus.has(first), await campus.has(second)]).toEqual([[`${resource} held 18:00`], []]);
    expect([await campus.offered(), await waitingIds()]).toEqual([[first], [second]]);
  }
}

test("what a changed calendar frees is offered at once to who waits longest, once", async () => {
  await putTimetable([LESSON]);
  await bothWait();
  await putCalendar([{ date: "2026-09-02", kind: "holiday" }]);
  await expectOffered();
});

test("what a timetable frees that is replaced, or ended, is offered at once to who waits longest, once", async () => {
  await putTimetable([LESSON]);
  await bothWait();
  await putTimetable([{ ...LESSON, startS: 9 * 3600, endS: 10 * 3600 }]);
  await expectOffered();
  await campus.wait(second, "607", time("02", "09:00", "10:00"));
  await putTimetable([]);
  expect(await campus.has(second)).toEqual(["607 held 09:00"]);
});

test("what a closure frees that ends, or is cut short, is offered at once to who waits longest, once", async () => {
  await putClosure("607", [time("02", "08:00", "20:00")]);
  await bothWait();
  await campus.wait(second, "607", time("02", "10:00", "11:00"));
  await putClosure("607", [time("02", "17:00", "20:00")]);
  expect([await campus.has(first), await campus.has(second)]).toEqual([[], ["607 held 10:00"]]);
  await answered(campus.client.ask("DELETE /v1/closures/{id}", { params: { id: "repairs" } }));
  expect([await campus.has(first), await campus.offered()]).toEqual([["607 held 18:00"], [second, first]]);
});

test("what a course frees that is held elsewhere, or not at all, is offered at once to who waits longest, once", async () => {
  const yoga = { kind: "course", type: "课程", seats: 1, sessions: [EVENING] } as const;
  await campus.put("yoga", { ...yoga, place: "court-1", sessions: [...yoga.sessions] });
  await bothWait("court-1");
  await campus.put("yoga", { ...yoga, place: "court-2", sessions: [...yoga.sessions] });
  await expectOffered("court-1");
  await campus.wait(second, "court-2", EVENING);
  await answered(campus.client.ask("DELETE /v1/resources/{id}", { params: { id: "yoga" } }));
  expect((await campus.has(second)).toSorted()).toEqual(["court-2 held 18:00"]);
});

test("a seat that comes along is offered: of a place, and of a course", async () => {
  await campus.book({ times: [EVENING] });
  await bothWait("court-1");
  await campus.put("court-1", { seats: 2 });
  await expectOffered("court-1");
  const yoga = { kind: "course", type: "课程", sessions: [time("04", "18:00", "19:00")] } as const;
  await campus.put("yoga", { ...yoga, seats: 1, sessions: [...yoga.sessions] });
  await campus.book({ resource: "yoga", times: [] });
  await campus.wait(second, "yoga", null);
  await campus.put("yoga", { ...yoga, seats: 2, sessions: [...yoga.sessions] });
  expect(await campus.has(second)).toEqual(["yoga held 18:00"]);
});

test("what somebody had who is taken away is offered within ten seconds, and nobody who does not wait takes it before", async () => {
  const gone = await campus.student("gone");
  await campus.book({ person: gone, times: [EVENING] });
  await bothWait("court-1");
  await answered(campus.client.ask("DELETE /v1/persons/{id}", { params: { id: gone } }, { reason: "left" }));
  expect(await campus.ask({ times: [EVENING] })).toMatchObject({ status: 409, problem: { reason: "SlotTaken" } });
  expect(await campus.ask({ person: second, times: [EVENING] })).toMatchObject({ status: 409, problem: { reason: "SlotTaken" } });
  await campus.look();
  await expectOffered("court-1");
});

test("a hold that is over goes to who waits, not to who comes by; whoever waits longest may book it himself, and then waits no more", async () => {
  await campus.book({ times: [EVENING], hold: true });
  await bothWait("court-1");
  campus.rig.cloud.pass(600);
  expect(await campus.ask({ person: await campus.student("zhao"), times: [EVENING] })).toMatchObject({ problem: { reason: "SlotTaken" } });
  expect(await campus.ask({ person: second, times: [time("02", "18:30", "19:30")] })).toMatchObject({ problem: { reason: "SlotTaken" } });
  await campus.book({ person: first, times: [EVENING] });
  expect([await campus.has(first), await waitingIds(), await campus.offered()]).toEqual([["court-1 booked 18:00"], [second], []]);
});

test("the rest of a hold that is over is offered, though somebody has booked a part of it before it was looked", async () => {
  await campus.book({ times: [time("02", "18:00", "20:00")], hold: true });
  await campus.wait(first, "court-1", time("02", "19:00", "20:00"));
  campus.rig.cloud.pass(600);
  await campus.book({ person: second, times: [EVENING] });
  expect([await campus.has(second), await campus.has(first)]).toEqual([["court-1 booked 18:00"], ["court-1 held 19:00"]]);
});

test("a lesson without a room goes before people who wait, and has it in the change that frees it", async () => {
  const { id } = await campus.book({ resource: "607", times: [time("03", "18:30", "19:30")] });
  await putTimetable([LESSON]);
  await valueOf(campus.client.ask("PUT /v1/calendar", { body: { from: "2026-09-01", until: "2026-10-01", days: [{ date: "2026-09-03", kind: "makeUpDay", runsAs: 3 }], termPhases: [] } })); // prettier-ignore
  await campus.wait(first, "607", time("03", "18:30", "19:00"));
  await campus.wait(second, "607", time("03", "19:00", "19:30"));
  await campus.cancel(id);
  expect((await answered(campus.client.ask("GET /v1/timetables", {}))).items[0]!.without).toEqual([]);
  expect([await campus.has(first), await campus.has(second)]).toEqual([[], ["607 held 19:00"]]);
});

test("who waits for the same beginning and another end waits for that, in his place of the line", async () => {
  const { id } = await campus.book({ times: [time("02", "18:00", "20:00")] });
  await bothWait("court-1");
  const longer = (await campus.wait(first, "court-1", time("02", "18:00", "20:00"))) as { readonly value: { readonly time: { readonly until: string } } };
  expect([longer.value.time.until, await waitingIds()]).toEqual([at("02 20:00"), [first, second]]);
  await campus.cancel(id);
  const { items } = await answered(campus.client.ask("GET /v1/reservations", { query: { person: first } }));
  expect([items[0]!.times, await campus.has(second)]).toMatchObject([[time("02", "18:00", "20:00")], []]);
});

test("of thirty who wait for more than is free, and one behind them for just that, he is offered it", async () => {
  const { id } = await campus.book({ resource: "607", times: [EVENING] });
  await campus.book({ resource: "607", times: [time("02", "17:00", "18:00")] });
  for (let nth = 0; nth < 30; nth++) await campus.wait(await campus.student(`long-${nth}`), "607", time("02", "17:00", "19:00"));
  await campus.wait(first, "607", EVENING);
  await campus.cancel(id);
  expect(await campus.has(first)).toEqual(["607 held 18:00"]);
});

test("of twelve who begin to wait in one millisecond each is offered it in the order in which they came, page by page too", async () => {
  const { id } = await campus.book({ times: [EVENING] });
  const came: string[] = [];
  for (let nth = 0; nth < 12; nth++) {
    came.push(await campus.student(`at-once-${nth}`));
    await campus.wait(came[nth]!, "court-1", EVENING);
  }
  const page = async (query: { readonly after?: number }) => answered(campus.client.ask("GET /v1/waiting-list", { query: { limit: 7, ...query } }));
  const { items, next } = await page({});
  const { items: others } = await page({ after: Number(next) });
  expect([...items, ...others].map(({ person }) => person)).toEqual(came);
  expect(new Set([...items, ...others].map(({ since }) => since)).size).toBe(1);
  await campus.cancel(id);
  expect([await campus.has(came[0]!), await campus.offered()]).toEqual([["court-1 held 18:00"], [came[0]]]);
});

test("who waits again with a newer version of the notice is judged by that one, in his place of the line", async () => {
  await campus.book({ times: [EVENING] });
  await bothWait("court-1");
  await campus.rig.cloud.database.queries.updateTable("waiting_place").set({ accepted_version: null }).where("person", "=", first).execute();
  await campus.wait(first, "court-1", EVENING);
  const rows = await campus.rig.cloud.database.queries.selectFrom("waiting_place").select(["person", "accepted_version"]).orderBy("number").execute();
  expect(rows).toEqual([
    { person: first, accepted_version: 1 },
    { person: second, accepted_version: 1 },
  ]);
});

test("who may not book it any more leaves the list without an offer, and so does everybody when it begins", async () => {
  const { id } = await campus.book({ times: [EVENING] });
  await bothWait("court-1");
  await answered(campus.client.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id: first, audience: "student" } }));
  await campus.cancel(id);
  expect([await campus.has(first), await campus.has(second), await campus.offered()]).toEqual([[], ["court-1 held 18:00"], [second]]);
  await campus.wait(await campus.student("zhao"), "court-1", EVENING);
  campus.rig.cloud.pass(Date.parse(at("02 18:00")) / 1000 - campus.rig.cloud.now());
  await campus.look();
  expect(await waitingIds()).toEqual([]);
});

test("of a course whose sessions are over nothing is booked", async () => {
  await campus.put("yoga", { kind: "course", type: "课程", seats: 1, sessions: [time("01", "08:30", "09:00")], opens: [] });
  campus.rig.cloud.pass(3_600);
  expect(await campus.ask({ resource: "yoga", times: [] })).toMatchObject({
    status: 422,
    problem: { reason: "TimesRefused", detail: "all its sessions are over" },
  });
});
