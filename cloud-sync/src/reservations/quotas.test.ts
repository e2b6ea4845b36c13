import { afterEach, expect, test } from "vitest";
import type { Quota } from "../core/reservations/terms.ts";
import { answered, valueOf } from "../rig/api-rig.ts";
import { type BookedCampus, bookedCampus, time } from "../rig/booked-campus.ts";
import { SERVICES } from "../rig/places-rig.ts";

let campus: BookedCampus;
afterEach(() => campus.rig.close());

/** A campus whose courts, and rooms, have this quota alone. */
async function withQuota(per: Quota["per"], limit: number, unit: Quota["unit"] = "pieces"): Promise<void> {
  const quotas = [{ id: "tried", rule: "5.2", ours: true, limit, unit, per } as const];
  campus = await bookedCampus({ ...SERVICES, services: SERVICES.services.map((each) => (each.reservations === null ? each : { ...each, quotas })) });
}
const full = (on: string) => ({ status: 409, problem: { reason: "QuotaReached", detail: expect.stringContaining(`, ${on}`) } });
const move = (id: string, times: ReturnType<typeof time>[], resource: string | null = null) =>
  campus.client.ask("POST /v1/reservations/{id}/modify", { params: { id }, body: { person: campus.person, resource, times } });

/** 2026-09-02 is a Wednesday, 06 the Sunday of its week, 07 the Monday of the next. */
const IN_ONE = [time("02", "10:00", "11:00"), time("02", "12:00", "13:00"), time("02", "14:00", "15:00")] as const;
const WEDNESDAY = IN_ONE[0];
const SATURDAY = time("05", "10:00", "11:00");
const SUNDAY = time("06", "21:00", "22:00");
const MONDAY = time("07", "08:00", "09:00");

/** Of each quota: two that fill it, what goes beyond it and where it says that this counts, and what counts for another period, person or place. */
const CASES = [
  {
    per: "personAndDay",
    fill: [{ times: [IN_ONE[0]] }, { resource: "court-2", times: [IN_ONE[1]] }],
    beyond: { resource: "court-2", times: [IN_ONE[2]] },
    on: "2026-09-02",
    otherPeriod: { times: [time("03", "00:00", "01:00")] },
    otherPerson: "counts alone",
    otherPlace: "counts as well",
  },
  {
    per: "personAndWeek",
    fill: [{ times: [WEDNESDAY] }, { resource: "court-2", times: [SATURDAY] }],
    beyond: { resource: "court-2", times: [SUNDAY] },
    on: "2026-08-31",
    otherPeriod: { times: [MONDAY] },
    otherPerson: "counts alone",
    otherPlace: "counts as well",
  },
  {
    per: "resourceAndDay",
    fill: [{ times: [IN_ONE[0]] }, { times: [IN_ONE[1]] }],
    beyond: { times: [IN_ONE[2]] },
    on: "2026-09-02",
    otherPeriod: { times: [time("03", "00:00", "01:00")] },
    otherPerson: "counts as well",
    otherPlace: "counts alone",
  },
  {
    per: "resourceAndWeek",
    fill: [{ times: [WEDNESDAY] }, { times: [SATURDAY] }],
    beyond: { times: [SUNDAY] },
    on: "2026-08-31",
    otherPeriod: { times: [MONDAY] },
    otherPerson: "counts as well",
    otherPlace: "counts alone",
  },
] as const;

for (const { per, fill, beyond, on, otherPeriod, otherPerson, otherPlace } of CASES) {
  const asked = ({ times, ...more }: { readonly times: readonly ReturnType<typeof time>[]; readonly resource?: string }) => ({ ...more, times: [...times] });

  test(`a quota of two ${per} takes two, no third, and counts each period, person and place by itself`, async () => {
    await withQuota(per, 2);
    for (const each of fill) await campus.book(asked(each));
    expect(await campus.ask(asked(beyond))).toMatchObject(full(on));
    await campus.book(asked(otherPeriod));
    const other = await campus.student("li");
    const byOther = { ...asked(beyond), person: other };
    if (otherPerson === "counts alone") await campus.book(byOther);
    else expect(await campus.ask(byOther)).toMatchObject(full(on));
    const elsewhere = { ...asked(beyond), resource: "court-2", times: [time("02", "16:00", "17:00")] };
    if (otherPlace === "counts alone") await campus.book(elsewhere);
    else expect(await campus.ask(elsewhere)).toMatchObject(full(on));
  });

  test(`what is moved within its period does not count twice for a quota ${per}; moved into one that is full it does, and stays where it was`, async () => {
    await withQuota(per, 2);
    const [first, second] = [await campus.book(asked(fill[0])), await campus.book(asked(fill[1]))];
    expect(await valueOf(move(first.id, [...beyond.times]))).toMatchObject({ revision: 2, times: beyond.times });
    expect(await campus.ask(asked(fill[0]))).toMatchObject(full(on));
    // Out of it, and it has room for another; back in, and it has none.
    await valueOf(move(second.id, [...otherPeriod.times]));
    const third = await campus.book(asked(fill[0]));
    expect(await move(second.id, [time("02", "18:00", "19:00")])).toMatchObject(full(on));
    expect(await answered(campus.client.ask("GET /v1/reservations/{id}", { params: { id: second.id } }))).toMatchObject({ times: otherPeriod.times });
    await campus.cancel(third.id);
    await valueOf(move(second.id, [time("02", "18:00", "19:00")]));
  });

  test(`a hold counts for a quota ${per} until it is over, once when it is confirmed, and what was given back not at all`, async () => {
    await withQuota(per, 2);
    const first = await campus.book(asked(fill[0]));
    const held = await campus.book({ ...asked(fill[1]), hold: true });
    expect(await campus.ask(asked(beyond))).toMatchObject(full(on));
    await answered(campus.client.ask("POST /v1/reservations/{id}/confirm", { params: { id: held.id }, body: { person: campus.person } }));
    await campus.cancel(first.id);
    await campus.book({ ...asked(beyond), hold: true });
    expect(await campus.ask(asked(fill[0]))).toMatchObject(full(on));
    campus.rig.cloud.pass(600);
    await campus.book(asked(fill[0]));
  });
}

test("each time of a weekly booking counts in its own week: what fits in each is booked, and where one week is full none is", async () => {
  const weekly = { until: "2026-09-23", everyWeeks: 1, followsCalendar: false };
  for (const per of ["personAndWeek", "resourceAndWeek"] as const) {
    await withQuota(per, 1);
    const { id } = await campus.book({ resource: "607", times: [WEDNESDAY], weekly });
    for (const day of ["03", "10", "17", "24"])
      expect(await campus.ask({ resource: "607", times: [time(day, "10:00", "11:00")] })).toMatchObject(full(`2026-${["08-31", "09-07", "09-14", "09-21"][["03", "10", "17", "24"].indexOf(day)]!}`)); // prettier-ignore
    // One week is given back: that week has room again, and the others have not.
    await answered(campus.client.ask("POST /v1/reservations/{id}/cancel", { params: { id }, body: { person: campus.person, nth: 1 } }));
    await campus.book({ resource: "607", times: [time("10", "10:00", "11:00")] });
    expect(await campus.ask({ resource: "607", times: [time("03", "18:00", "19:00")], weekly })).toMatchObject(full("2026-08-31"));
    expect((await answered(campus.client.ask("GET /v1/reservations", { query: { person: campus.person } }))).items.length).toBe(2);
    await campus.rig.close();
  }
  await withQuota("personAndWeek", 1);
  await campus.book({ resource: "608", times: [time("16", "18:00", "19:00")] });
  expect(await campus.ask({ resource: "607", times: [WEDNESDAY], weekly })).toMatchObject(full("2026-09-14"));
  expect(await campus.has(campus.person)).toEqual(["608 booked 18:00"]);
});

test("a weekly booking that is moved as a whole, within its weeks or by a week, counts once", async () => {
  await withQuota("personAndWeek", 1);
  const weekly = { until: "2026-09-16", everyWeeks: 1, followsCalendar: false };
  const { id } = await campus.book({ resource: "607", times: [WEDNESDAY], weekly });
  const moved = ["03", "10", "17"].map((day) => time(day, "15:00", "16:00"));
  expect(await valueOf(move(id, moved))).toMatchObject({ times: moved });
  const later = ["10", "17", "24"].map((day) => time(day, "15:00", "16:00"));
  expect(await valueOf(move(id, later, "608"))).toMatchObject({ resource: "608", times: later });
  await campus.book({ resource: "607", times: [WEDNESDAY] });
  expect(await move(id, moved)).toMatchObject(full("2026-08-31"));
});

test("several times of one booking count together, as pieces and as minutes, and a longer one may not grow beyond the day's minutes", async () => {
  await withQuota("resourceAndDay", 120, "minutes");
  expect(await campus.ask({ times: [time("02", "10:00", "11:00"), time("02", "12:00", "13:30")] })).toMatchObject(full("2026-09-02"));
  const { id } = await campus.book({ times: [time("02", "10:00", "11:00"), time("02", "12:00", "12:30")] });
  await valueOf(move(id, [time("02", "10:00", "12:00")]));
  expect(await move(id, [time("02", "10:00", "12:00"), time("02", "14:00", "14:30")])).toMatchObject(full("2026-09-02"));
  expect(await campus.ask({ person: await campus.student("li"), times: [time("02", "18:00", "18:30")] })).toMatchObject(full("2026-09-02"));
  await campus.book({ resource: "court-2", times: [time("02", "18:00", "20:00")] });
});

test("of many who ask at once a quota lets in as many as it says: of a person's week, and of a court's day", async () => {
  await withQuota("resourceAndDay", 3);
  const people = await Promise.all(["a", "b", "c", "d", "e", "f"].map((name) => campus.student(name)));
  const answers = await Promise.all(people.map((who, nth) => campus.ask({ person: who, times: [time("02", `${10 + nth}:00`, `${11 + nth}:00`)] })));
  expect([answers.filter(({ ok }) => ok).length, answers.filter(({ status }) => status === 409).length]).toEqual([3, 3]);
  await campus.rig.close();
  await withQuota("personAndWeek", 3);
  const own = await Promise.all(["02", "03", "04", "05", "06"].map((day) => campus.ask({ times: [time(day, "10:00", "11:00")] })));
  expect(own.filter(({ ok }) => ok).length).toBe(3);
});
