import { z } from "@hono/zod-openapi";
import { ok, type Schedule, type Weekday } from "@portico/card-protocol";
import { putCalendar } from "../../calendar-change.ts";
import { listSchedules, listSpecialDays, putSchedule, putSpecialDays, readCalendar, removeSchedule } from "../../calendar.ts";
import { yearsMissing } from "../../calendar-watch.ts";
import type { LessonWithoutRoom } from "../../reservations/lessons-without-room.ts";
import { holdMassRemoval } from "../../push/mass-removal.ts";
import { endedBySchedule, endedBySpecialDays } from "../../push/policy-removal.ts";
import { changed, gone, guardOf, nothing, published, route } from "../route.ts";
import { listId, localDate, pageOf, time, timeOf, whole } from "../schemas.ts";

/** How much of each, so that every schedule and every group of days fits the 4,096 bytes of a feed item. docs/feed-and-events.md. */
const [RANGES_MAX, SPECIAL_MAX, PHASES_MAX, DAYS_MAX, PHASES_A_DAY] = [8, 16, 8, 731, 16];

const ranges = z
  .array(
    z
      .strictObject({ startS: z.int().min(0).max(86_399), endS: z.int().min(1).max(172_800) })
      .refine(({ startS, endS }) => startS < endS, { path: ["endS"], message: "not behind startS" }),
  )
  .max(RANGES_MAX)
  .openapi({ description: "startS ≤ t < endS in seconds since local midnight; endS may pass 86400: the range crosses midnight and belongs to its first day" });
const day = ranges.optional();
const definition = {
  weekly: z
    .strictObject({ "1": day, "2": day, "3": day, "4": day, "5": day, "6": day, "7": day })
    .openapi({ description: "1 is Monday; a missing day is closed" }),
  specialDays: z
    .array(z.strictObject({ group: listId, periods: ranges }))
    .max(SPECIAL_MAX)
    .openapi({ description: "What holds on the days of a group instead; without periods: closed all day" }),
  follows: z
    .strictObject({ holidays: z.boolean(), makeUpDays: z.boolean(), termPhases: z.array(listId).max(PHASES_MAX).optional() })
    .openapi({ description: "Which days of the campus calendar concern it; termPhases: open in these alone" }),
};
const schedule = z.object({ id: listId, ...definition }).openapi("Schedule");
const specialDays = z.object({ id: listId, days: z.array(localDate) }).openapi("SpecialDays");
const id = z.strictObject({ id: listId });

const calendarDay = z.discriminatedUnion("kind", [
  z.strictObject({ date: localDate, kind: z.literal("holiday") }),
  z.strictObject({ date: localDate, kind: z.literal("makeUpDay"), runsAs: z.int().min(1).max(7).openapi({ description: "Weekday as which it runs (调休)" }) }),
]);
const termPhase = z
  .strictObject({ phase: listId, from: localDate, until: localDate })
  .refine(({ from, until }) => from < until, { path: ["until"], message: "not behind from" });
const rangeBody = z
  .strictObject({ from: localDate, until: localDate, days: z.array(calendarDay).max(4000), termPhases: z.array(termPhase).max(400) })
  .refine(({ from, until }) => from < until, { path: ["until"], message: "not behind from" })
  .refine(({ termPhases }) => new Set(termPhases.map(({ phase, from }) => `${from} ${phase}`)).size === termPhases.length, {
    path: ["termPhases"],
    message: "a phase begins twice on one day",
  })
  .refine(({ termPhases }) => termPhases.every(({ from }) => termPhases.filter((other) => other.from === from).length <= PHASES_A_DAY), {
    path: ["termPhases"],
    message: `more than ${PHASES_A_DAY} begin on one day`,
  })
  .openapi("CalendarRange");

/** A lesson that has no room. */
export const lessonWithoutRoom = z.object({ timetable: listId, resource: listId, from: time, until: time }).openapi("LessonWithoutRoom");
export const lessonJson = ({ timetable, resource, from, until }: LessonWithoutRoom): z.output<typeof lessonWithoutRoom> => ({ timetable, resource, from: timeOf(from), until: timeOf(until) }); // prettier-ignore
const calendarChanged = z.object({
  days: z.int().openapi({ description: "How many there are in the range now" }),
  termPhases: z.int(),
  lessons: z
    .object({ begun: z.int(), ended: z.int(), without: z.array(lessonWithoutRoom) })
    .openapi({ description: "Stretches that lessons have got and left; those that have no room now" }),
});

/** JSON Schema knows keys as text alone. */
const scheduleFrom = (scheduleId: string, { weekly, specialDays: special, follows }: Omit<z.output<typeof schedule>, "id">): Schedule => ({
  id: scheduleId,
  weekly: Object.fromEntries(Object.entries(weekly).flatMap(([weekday, list]) => (list === undefined ? [] : [[weekday, list]]))),
  specialDays: special,
  follows: {
    holidays: follows.holidays,
    makeUpDays: follows.makeUpDays,
    ...(follows.termPhases === undefined ? {} : { termPhases: follows.termPhases }),
  },
});
const scheduleJson = ({ id: scheduleId, weekly, specialDays: special, follows }: Schedule): z.output<typeof schedule> => ({
  id: scheduleId,
  weekly: Object.fromEntries(Object.entries(weekly).map(([weekday, list]) => [weekday, [...list]])),
  specialDays: special.map(({ group, periods }) => ({ group, periods: [...periods] })),
  follows: { ...follows, termPhases: follows.termPhases && [...follows.termPhases] },
});

export const calendarRoutes = {
  "GET /v1/schedules": route({
    scope: "places:read",
    action: null,
    summary: "All schedules but `always`, which is always there",
    answer: pageOf(schedule),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listSchedules(cloud.database.queries)).map(scheduleJson))),
  }),
  "PUT /v1/schedules/{id}": route({
    scope: "places:write",
    action: "schedule put",
    summary: "Make a schedule, or make it say this: whoever is granted by it follows",
    params: id,
    body: z.strictObject(definition).openapi("ScheduleContent"),
    example: {
      weekly: { "1": [{ startS: 25_200, endS: 79_200 }], "5": [{ startS: 25_200, endS: 90_000 }] },
      specialDays: [],
      follows: { holidays: true, makeUpDays: true },
    },
    answer: changed(schedule),
    refusals: ["RequestMalformed", "SpecialDaysUnknown", "RemovalHeld"],
    act: async (call, { params, body }) => {
      const wanted = scheduleFrom(params.id, body);
      const held = await holdMassRemoval(guardOf(call), { kind: "schedule", schedule: wanted }, await endedBySchedule(call.cloud, wanted));
      return held ?? published(call, await putSchedule(call.cloud, call.note, wanted), scheduleJson);
    },
  }),
  "DELETE /v1/schedules/{id}": route({
    scope: "places:write",
    action: "schedule remove",
    summary: "Take a schedule away that no profile and no grant names",
    params: id,
    answer: changed(gone),
    refusals: ["ScheduleUnknown", "StillInUse"],
    act: async (call, { params }) => published(call, await removeSchedule(call.cloud, call.note, params.id), nothing),
  }),
  "GET /v1/special-days": route({
    scope: "places:read",
    action: null,
    summary: "All groups of special days",
    answer: pageOf(specialDays),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listSpecialDays(cloud.database.queries)).map((group) => ({ id: group.id, days: [...group.days] })))),
  }),
  "PUT /v1/special-days/{id}": route({
    scope: "places:write",
    action: "special-days put",
    summary: "Make a group of special days, or make it say this",
    params: id,
    body: z.strictObject({ days: z.array(localDate).max(DAYS_MAX) }),
    example: { days: ["2026-10-10", "2026-10-11"] },
    answer: changed(specialDays),
    refusals: ["RequestMalformed", "RemovalHeld"],
    act: async (call, { params, body }) => {
      const wanted = { id: params.id, days: body.days };
      const held = await holdMassRemoval(guardOf(call), { kind: "specialDays", specialDays: wanted }, await endedBySpecialDays(call.cloud, wanted));
      return held ?? published(call, await putSpecialDays(call.cloud, call.note, wanted), (group) => ({ id: group.id, days: [...group.days] }));
    },
  }),
  "GET /v1/calendar": route({
    scope: "places:read",
    action: null,
    summary: "The campus calendar: holidays, make-up working days and term phases",
    answer: z
      .object({
        days: z.array(calendarDay),
        termPhases: z.array(termPhase),
        missing: z.array(z.int()).openapi({
          description: "Years whose list should be there by now: this one and, from 1 December, the next. Without it every holiday opens like any day",
        }),
      })
      .openapi("Calendar"),
    refusals: [],
    act: async ({ cloud }) => {
      const { days, termPhases } = await readCalendar(cloud.database.queries);
      return ok({
        days: [...days].map(([date, what]) => ({ date, ...what })),
        termPhases: [...termPhases],
        missing: await yearsMissing(cloud, cloud.database.queries),
      });
    },
  }),
  "PUT /v1/calendar": route({
    scope: "places:write",
    action: "calendar put",
    summary: "Replace what the calendar says of a range of days, from ≤ day < until; lessons of timetables move along (周日补周四的课)",
    description:
      "Nobody's booking is taken for a lesson: where somebody has its room at the time to which it moves, it is listed in `lessons.without`, told as `timetable.without-room`, and has the room as soon as that is free.",
    body: rangeBody,
    example: {
      from: "2026-01-01",
      until: "2027-01-01",
      days: [
        { date: "2026-10-01", kind: "holiday" },
        { date: "2026-10-10", kind: "makeUpDay", runsAs: 4 },
      ],
      termPhases: [{ phase: "autumn", from: "2026-09-01", until: "2027-01-16" }],
    },
    answer: changed(calendarChanged),
    refusals: ["RequestMalformed"],
    act: async (call, { body }) => {
      const days = body.days.map((one) => (one.kind === "makeUpDay" ? { ...one, runsAs: one.runsAs as Weekday } : one));
      return published(call, await putCalendar(call, call.note, { ...body, days }), ({ days: count, termPhases, lessons }) => ({
        days: count,
        termPhases,
        lessons: { begun: lessons.begun, ended: lessons.ended, without: lessons.without.map(lessonJson) },
      }));
    },
  }),
};
