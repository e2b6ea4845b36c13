import { z } from "@hono/zod-openapi";
import { endOfDay, ok, startOfDay, unixSeconds, type Weekday } from "@portico/card-protocol";
import { RESOURCE_KINDS } from "../../core/reservations/terms.ts";
import { TIMELINE_STATES } from "../../core/reservations/timeline.ts";
import { type Span, span } from "../../core/reservations/span.ts";
import { refuse } from "../../core/refusal.ts";
import { offeringOf } from "../../reservations/offering.ts";
import { readResource, type Resource } from "../../reservations/resource-rows.ts";
import { putResource, removeResource } from "../../reservations/resources.ts";
import { freeResources, searchRows, withSessions } from "../../reservations/search.ts";
import { timelinesOf } from "../../reservations/timelines.ts";
import { readWithoutRoom } from "../../reservations/lessons-without-room.ts";
import { type Lesson, readTimetables } from "../../reservations/lessons.ts";
import { endClosure, putClosure, putTimetable } from "../../reservations/timetables.ts";
import { changed, gone, nothing, published, route } from "../route.ts";
import { capability, listId, localDate, names, pageOf, page, secondsOf, text, time, timeOf, whole } from "../schemas.ts";
import { lessonJson, lessonWithoutRoom } from "./calendar.ts";

export const spanSchema = z
  .strictObject({ from: time, until: time })
  .openapi("Span", { description: "from ≤ t < until", example: { from: "2026-09-02T18:00:00+08:00", until: "2026-09-02T19:00:00+08:00" } });
export const spanFrom = ({ from, until }: z.output<typeof spanSchema>): Span => ({ from: secondsOf(from, 0), until: secondsOf(until, 0) });
export const spanJson = ({ from, until }: Span): z.output<typeof spanSchema> => ({ from: timeOf(from), until: timeOf(until) });

const content = {
  campusService: listId.openapi({
    description: "The service that offers it, by whose terms it is booked: one with `reservations` in docs/services.md",
    example: "spaces",
  }),
  kind: z.enum(RESOURCE_KINDS).openapi({ description: "A place is booked by the time, a course with all its sessions" }),
  names,
  type: text(1, 60).openapi({ description: "The campus's word for what it is", example: "会议室" }),
  path: z
    .array(text(1, 60))
    .max(10)
    .openapi({ description: "From the widest to the narrowest (rule 11.5)", example: ["行政区", "行政楼", "中区", "6楼", "607"] }),
  capacity: z.int().min(0).max(100_000).openapi({ description: "People who find room in it; 0: not said" }),
  areaM2: z.int().min(0).max(1_000_000).nullable(),
  attributes: z.record(text(1, 60), text(0, 200)).refine((all) => Object.keys(all).length <= 50, "at most 50"),
  seats: z.int().min(1).max(1000).openapi({ description: "So many book it at once; 1: exclusive" }),
  schedule: listId.nullable().openapi({ description: "Opening hours: a schedule, which follows the campus calendar as it says. Null: at all hours" }),
  opens: z
    .array(z.strictObject({ accessPoint: listId, capability }))
    .max(50)
    .openapi({ description: "What a booking opens for its time, with the lead and lag of the service's window `door`" }),
  place: listId.nullable().openapi({ description: "Of a course: the place that its sessions take" }),
  sessions: z.array(spanSchema).max(200).openapi({ description: "Of a course: when, in order" }),
};
const resource = z.object({ id: listId, ...content }).openapi("Resource");
const resourceId = z.strictObject({ id: listId });
const part = z.object({
  state: z.enum(TIMELINE_STATES).openapi({ description: "锁定 locked, 已占用 occupied, 可预定 bookable, 不可预定 unavailable (rule 11.4)" }),
  ...spanSchema.shape,
  free: z.int().openapi({ description: "Seats that are left" }),
});
const resourceJson = (one: Resource): z.output<typeof resource> => ({
  id: one.id,
  campusService: one.campusService,
  kind: one.kind,
  names: { ...one.names },
  type: one.type,
  path: [...one.path],
  capacity: one.capacity,
  areaM2: one.areaM2,
  attributes: { ...one.attributes },
  seats: one.seats,
  schedule: one.schedule,
  opens: one.opens.map((each) => ({ ...each })),
  place: one.place,
  sessions: one.sessions.map(spanJson),
});

const among = z.strictObject({
  service: listId.optional(),
  kind: z.enum(RESOURCE_KINDS).optional(),
  type: text(1, 60).optional(),
  capacity: z.coerce.number().int().min(0).max(100_000).optional().openapi({ description: "Room for so many at least" }),
  words: text(1, 100).optional().openapi({ description: "Number, name, type or part of the path; all of the words" }),
  attribute: text(1, 261).optional().openapi({ description: "`name` or `name=value`", example: "投影=有" }),
});
const timeOfDay = z.int().min(0).max(172_800);
const lesson = z.strictObject({
  resource: listId,
  weekday: z.int().min(1).max(7).openapi({ description: "1 Monday … 7 Sunday" }),
  startS: timeOfDay.openapi({ description: "Seconds behind midnight" }),
  endS: timeOfDay,
  everyWeeks: z.int().min(1).max(8).default(1),
  from: localDate,
  until: localDate.openapi({ description: "The last day" }),
  termPhases: z.array(text(1, 64)).max(10).default([]).openapi({ description: "On days of these phases alone; empty: on all" }),
});
const orderedLesson = lesson
  .refine(({ startS, endS }) => startS < endS, { path: ["endS"], message: "not behind startS" })
  .refine(({ from, until }) => from <= until, { path: ["until"], message: "before from" });

export const resourceRoutes = {
  "GET /v1/resources": route({
    scope: "reservations:read",
    action: null,
    summary: "Places and courses: by number, name, type, capacity and attributes, and those that are free for a while (rule 11.3)",
    query: among
      .extend({
        "free-from": time.optional(),
        "free-until": time.optional(),
        after: text(1, 128).optional().openapi({ description: "`next` of the page before" }),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      })
      .refine((query) => (query["free-from"] === undefined) === (query["free-until"] === undefined), "free-from and free-until stand together")
      .refine(({ "free-from": from, "free-until": until }) => from === undefined || until === undefined || Date.parse(from) < Date.parse(until), {
        path: ["free-until"],
        message: "not behind free-from",
      }),
    answer: pageOf(resource),
    refusals: [],
    act: async ({ cloud, services }, { query }) => {
      const { "free-from": from, "free-until": until, after, limit, ...by } = query;
      const free = from === undefined || until === undefined ? undefined : spanFrom({ from, until });
      const { queries } = cloud.database;
      const rows = free === undefined ? await searchRows(queries, by, after ?? "", limit) : await freeResources(cloud, services, by, free, after ?? "", limit);
      return ok(page((await withSessions(queries, rows)).map(resourceJson), limit, (one) => one.id));
    },
  }),
  "GET /v1/resources/{id}": route({
    scope: "reservations:read",
    action: null,
    summary: "One place or course",
    params: resourceId,
    answer: resource,
    refusals: ["ResourceUnknown"],
    act: async ({ cloud }, { params: { id } }) => {
      const found = await readResource(cloud.database.queries, id);
      return found === undefined ? refuse("ResourceUnknown", id) : ok(resourceJson(found));
    },
  }),
  "PUT /v1/resources/{id}": route({
    scope: "resources:write",
    action: "resource put",
    summary: "Make a place or a course, or make it say this; what is booked stays booked",
    params: resourceId,
    body: z.strictObject(content),
    example: {
      campusService: "spaces",
      kind: "place",
      names: { zh: "607 会议室", en: "Meeting room 607" },
      type: "会议室",
      path: ["行政区", "行政楼", "中区", "6楼", "607"],
      capacity: 6,
      areaM2: 13,
      attributes: { 投影: "有" },
      seats: 1,
      schedule: null,
      opens: [],
      place: null,
      sessions: [],
    },
    answer: changed(resource),
    refusals: [
      "RequestMalformed",
      "ServiceUnknown",
      "ScheduleUnknown",
      "AccessPointUnknown",
      "SecondOperatorRequired",
      "ResourceUnknown",
      "StillInUse",
      "BookingsInTheWay",
    ],
    act: async (call, { params: { id }, body }) =>
      published(call, await putResource(call.cloud, call.services, call.note, { id, ...body, sessions: body.sessions.map(spanFrom) }), resourceJson),
  }),
  "DELETE /v1/resources/{id}": route({
    scope: "resources:write",
    action: "resource remove",
    summary: "Take a place or a course away of which nothing is booked any more",
    params: resourceId,
    answer: changed(gone),
    refusals: ["ResourceUnknown", "StillInUse"],
    act: async (call, { params: { id } }) => published(call, await removeResource(call, call.note, id), nothing),
  }),
  "GET /v1/timelines": route({
    scope: "reservations:read",
    action: null,
    summary: "A day of each of these places, midnight to midnight by the clock of the campus: every instant has one of four states (rules 11.4 and 11.6)",
    query: among.extend({
      date: localDate,
      resource: listId.optional(),
      after: text(1, 128).optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(500),
    }),
    answer: pageOf(z.object({ resource: listId, parts: z.array(part) })),
    refusals: [],
    act: async ({ cloud, services }, { query }) => {
      const { date, resource: id, after, limit, ...by } = query;
      const { queries } = cloud.database;
      const rows = await searchRows(queries, { ...by, kind: "place", id }, after ?? "", limit);
      const day = span(startOfDay(cloud.timeZone, date), endOfDay(cloud.timeZone, date));
      const now = unixSeconds(Math.floor(cloud.nowMs() / 1000));
      const lines = rows.length === 0 ? [] : await timelinesOf(cloud, queries, rows, day, (row) => offeringOf(services, row.campus_service), now);
      const told = lines.map((line) => ({
        resource: line.resource,
        parts: line.parts.map(({ state, free, ...each }) => ({ state, ...spanJson(each), free })),
      }));
      return ok(page(told, limit, (line) => line.resource));
    },
  }),
  "GET /v1/timetables": route({
    scope: "reservations:read",
    action: null,
    summary: "All timetables: how many lessons each has, and which of these have no room because somebody had it when the calendar moved them there",
    answer: pageOf(z.object({ timetable: listId, lessons: z.int(), without: z.array(lessonWithoutRoom) })),
    refusals: [],
    act: async ({ cloud }) => {
      const { queries } = cloud.database;
      const without = await readWithoutRoom(queries);
      const all = [...(await readTimetables(queries))];
      return ok(
        whole(
          all.map(([timetable, lessons]) => ({
            timetable,
            lessons: lessons.length,
            without: without.filter((each) => each.timetable === timetable).map(lessonJson),
          })),
        ),
      );
    },
  }),
  "PUT /v1/timetables/{id}": route({
    scope: "resources:write",
    action: "timetable put",
    summary: "Make a semester's timetable say this: its lessons keep their rooms, as the campus calendar makes them run; none ends it",
    description:
      "All of it or nothing. A lesson does not take place on a holiday, and does on the day that makes up for its weekday (周日补周四的课); when the calendar changes, it moves.",
    params: resourceId,
    body: z.strictObject({ lessons: z.array(orderedLesson).max(5000) }),
    example: {
      lessons: [{ resource: "607", weekday: 4, startS: 32_400, endS: 36_000, everyWeeks: 1, from: "2026-09-01", until: "2027-01-15", termPhases: [] }],
    },
    answer: changed(z.object({ lessons: z.int(), times: z.int().openapi({ description: "Stretches that are kept" }) })),
    refusals: ["ResourceUnknown", "BookingsInTheWay"],
    act: async (call, { params: { id }, body }) => {
      const lessons = body.lessons.map((each): Lesson => ({ ...each, weekday: each.weekday as Weekday }));
      return published(call, await putTimetable(call, call.note, id, lessons), (counts) => ({ ...counts }));
    },
  }),
  "PUT /v1/closures/{id}": route({
    scope: "resources:write",
    action: "closure put",
    summary: "Keep a place shut for a while, or make the closure say this; refused where somebody has booked it",
    params: resourceId,
    body: z.strictObject({
      resource: listId,
      times: z
        .array(spanSchema.refine(({ from, until }) => Date.parse(from) < Date.parse(until), { path: ["until"], message: "not behind from" }))
        .min(1)
        .max(200),
    }),
    example: { resource: "607", times: [{ from: "2026-09-02T18:00:00+08:00", until: "2026-09-02T19:00:00+08:00" }] },
    answer: changed(z.object({ times: z.int() })),
    refusals: ["ResourceUnknown", "BookingsInTheWay"],
    act: async (call, { params: { id }, body }) => published(call, await putClosure(call, call.note, id, body.resource, body.times.map(spanFrom)), (counts) => ({ ...counts })), // prettier-ignore
  }),
  "DELETE /v1/closures/{id}": route({
    scope: "resources:write",
    action: "closure remove",
    summary: "End a closure",
    params: resourceId,
    answer: changed(gone),
    refusals: [],
    act: async (call, { params: { id } }) => published(call, await endClosure(call, call.note, id), nothing),
  }),
};
