import { afterEach, expect, test } from "vitest";
import { answered } from "../rig/api-rig.ts";
import { type BookedCampus, bookedCampus, time } from "../rig/booked-campus.ts";
import { SERVICES } from "../rig/places-rig.ts";

let campus: BookedCampus;
afterEach(() => campus.rig.close());

const TWO = [time("02", "18:00", "19:00"), time("02", "18:30", "19:30")];
const close = (times: typeof TWO) => campus.client.ask("PUT /v1/closures/{id}", { params: { id: "drill" }, body: { resource: "607", times } });

test("times of one booking that overlap each other are refused by name, when it is made and when it is moved, and nothing is moved", async () => {
  campus = await bookedCampus();
  const { person, client } = campus;
  const refused = { status: 422, problem: { reason: "TimesRefused", rule: "11.2", detail: "two of the times overlap" } };
  expect(await campus.ask({ resource: "607", times: TWO })).toMatchObject(refused);
  const { id } = await campus.book({ resource: "607", times: [time("02", "10:00", "11:00")] });
  const body = { person, resource: null, times: TWO, noticeVersion: null };
  expect(await client.ask("POST /v1/reservations/{id}/modify", { params: { id }, body })).toMatchObject(refused);
  expect(await campus.has(person)).toEqual(["607 booked 10:00"]);
});

test("times of one closure that overlap each other are one, and a timetable that ends before it begins is a mistake", async () => {
  campus = await bookedCampus();
  expect((await answered(close(TWO))).value).toEqual({ times: 1 });
  const lesson = { resource: "607", weekday: 3, startS: 0, endS: 60, from: "2026-09-30", until: "2026-09-01" };
  expect(await campus.client.ask("PUT /v1/timetables/{id}", { params: { id: "autumn" }, body: { lessons: [lesson] } })).toMatchObject({
    status: 400,
    problem: { errors: [{ pointer: "/lessons/0/until", detail: "before from" }] },
  });
});

test("what is free between a time and an earlier one is a mistake, not nothing", async () => {
  campus = await bookedCampus();
  const { from, until } = time("02", "18:00", "19:00");
  for (const [begins, ends] of [
    [until, from],
    [from, from],
  ] as const)
    // prettier-ignore
    expect(await campus.client.ask("GET /v1/resources", { query: { "free-from": begins, "free-until": ends } })).toMatchObject({
      status: 400,
      problem: { errors: [{ in: "query", pointer: "/free-until", detail: "not behind free-from" }] },
    });
});

test("a weekly booking that ends before its first time is a mistake", async () => {
  campus = await bookedCampus();
  expect(await campus.ask({ resource: "607", times: [time("02", "10:00", "11:00")], weekly: { until: "2026-09-01" } })).toMatchObject({
    status: 400,
    problem: { errors: [{ pointer: "/weekly/until", detail: "before the first time" }] },
  });
});

test("rule 5.4: nobody has two seats of a course, nor waits for a second one", async () => {
  campus = await bookedCampus();
  await campus.put("yoga", { kind: "course", type: "课程", seats: 2, sessions: [time("04", "18:00", "19:00")] });
  const { id } = await campus.book({ resource: "yoga", times: [] });
  expect(await campus.ask({ resource: "yoga", times: [] })).toMatchObject({
    status: 409,
    problem: { reason: "AlreadyBooked", rule: "5.4", detail: `reservation ${id}` },
  });
  await campus.book({ resource: "yoga", times: [], person: await campus.student("li") });
  const body = { resource: "yoga", person: campus.person, time: null, noticeVersion: 1 };
  expect(await campus.client.ask("POST /v1/waiting-list", { body })).toMatchObject({
    problem: { reason: "NotBookable", detail: `AlreadyBooked: reservation ${id}` },
  });
  await campus.cancel(id);
  await campus.book({ resource: "yoga", times: [] });
});

test("who may not cancel any more may not put it off either: the window of cancelling is that of moving", async () => {
  const window = { id: "cancel", rule: "5.3", from: { of: "booking", offsetS: 0 }, until: { of: "start", offsetS: -7_200 } } as const;
  const services = SERVICES.services.map((each) => (each.id === "sports-hall" ? { ...each, windows: [...each.windows, { ...window, ours: true }] } : each));
  campus = await bookedCampus({ ...SERVICES, services });
  const { id } = await campus.book({ times: [time("01", "12:00", "13:00")] });
  const body = { person: campus.person, resource: null, times: [time("03", "12:00", "13:00")], noticeVersion: 1 };
  const move = () => campus.client.ask("POST /v1/reservations/{id}/modify", { params: { id }, body });
  campus.rig.cloud.pass(7_200);
  const refused = { status: 409, problem: { reason: "WindowClosed", rule: "5.3", detail: "cancel: until 2026-09-01 10:00" } };
  expect(await move()).toMatchObject(refused);
  expect(await campus.client.ask("POST /v1/reservations/{id}/cancel", { params: { id }, body: { person: campus.person } })).toMatchObject(refused);
  campus.rig.cloud.pass(-1);
  expect(await move()).toMatchObject({ ok: true });
});
