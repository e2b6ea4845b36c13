import { formatLocal, unixSeconds } from "@portico/card-protocol";
import type { RouteName } from "../api/routes.ts";
import { LABORATORY } from "./api-campus.ts";
import { answered, valueOf } from "./api-rig.ts";
import { type CaseWorld, one, personOf, type RouteCase, UNKNOWN } from "./case-world.ts";
import { absentThrice, booked, type Content, course, COURT, GUEST_ROOM, inHours, put, ROOM, student, WRONG } from "./reservation-steps.ts";

const wronglyBooked = (reason: keyof typeof WRONG) => ({
  parts: async (world: CaseWorld) => {
    await put(world, "court");
    return { body: { person: world.person, noticeVersion: 1, ...(await WRONG[reason](world)) } };
  },
});
const wronglyMoved = (reason: keyof typeof WRONG) => ({
  parts: async (world: CaseWorld) => {
    await put(world, "court");
    const { id } = await booked(world, "court", [inHours(world, 50, 51)]);
    return { params: { id }, body: { person: world.person, noticeVersion: 1, ...(await WRONG[reason](world)) } };
  },
});
/** A reservation of the person's that lies ahead, held, cancelled or neither. */
const acted = (state: "booked" | "held" | "cancelled" | "begun", more: object = {}) => ({
  parts: async (world: CaseWorld) => {
    await put(world, "court");
    const { id } = await booked(world, "court", [inHours(world, 2, 3)], { hold: state === "held" });
    if (state === "cancelled") await answered(world.client.ask("POST /v1/reservations/{id}/cancel", { params: { id }, body: { person: world.person } }));
    if (state === "begun") world.cloud.pass(2.5 * 3600);
    return { params: { id }, body: { person: world.person, ...more } };
  },
});
const inCourse = (hours: number, act?: "sign-in" | "leave") => ({
  parts: async (world: CaseWorld) => {
    await course(world);
    const { id } = await booked(world, "course", []);
    const body = { person: world.person };
    if (act !== undefined) await answered(world.client.ask(`POST /v1/reservations/{id}/${act}`, { params: { id }, body }));
    world.cloud.pass(hours * 3600);
    return { params: { id }, body };
  },
});
const inRoom = {
  parts: async (world: CaseWorld) => {
    await put(world, "room", ROOM);
    const { id } = await booked(world, "room", [inHours(world, 2, 3)]);
    return { params: { id }, body: { person: world.person } };
  },
};
const unknown = { parts: ({ person }: CaseWorld) => ({ params: { id: UNKNOWN }, body: { person } }) };
/** A guest room, which somebody has to approve. */
const waiting = async (world: CaseWorld): Promise<{ params: { id: string } }> => {
  await put(world, "guest-1", GUEST_ROOM);
  const { id } = await booked(world, "guest-1", [inHours(world, 24, 36)]);
  return { params: { id } };
};
const putWith = (more: Partial<Content>, also: (world: CaseWorld) => Promise<unknown> = async () => {}) => ({
  parts: async (world: CaseWorld) => {
    await also(world);
    return { params: { id: "court" }, body: { ...COURT, ...more } };
  },
});
/** Somebody has the court from the second to the third hour. */
const courtTaken = async (world: CaseWorld): Promise<void> => {
  await put(world, "court");
  await booked(world, "court", [inHours(world, 2, 3)]);
};
/** A lesson in the hour in which somebody has the court. */
function lessonAt(world: CaseWorld, resource: string) {
  const local = formatLocal("Asia/Shanghai", unixSeconds(Date.parse(inHours(world, 2, 3).from) / 1000));
  const startS = Number(local.slice(11, 13)) * 3600;
  return { lessons: [{ resource, weekday: 2, startS, endS: startS + 3600, from: local.slice(0, 10), until: "2026-12-01" }] };
}
const absent = async (world: CaseWorld) => ({ person: world.person, resource: "court", times: [inHours(world, 60, 61)], noticeVersion: 1 });

/** Of the routes about places, courses and what is booked of them. */
export const RESERVATION_CASES = {
  "GET /v1/resources": { good: { parts: async (world) => (await put(world, "court"), { query: { words: "court", "free-from": inHours(world, 1, 2).from, "free-until": inHours(world, 1, 2).until } }) }, refused: {} }, // prettier-ignore
  "GET /v1/resources/{id}": {
    good: { parts: async (world) => (await course(world), { params: { id: "course" } }) },
    refused: { ResourceUnknown: one({ id: "nowhere" }) },
  },
  "PUT /v1/resources/{id}": {
    good: putWith({}),
    refused: {
      RequestMalformed: putWith({ kind: "course" }),
      ServiceUnknown: putWith({ campusService: "gates" }),
      ScheduleUnknown: putWith({ schedule: "never" }),
      AccessPointUnknown: putWith({ opens: [{ accessPoint: "nowhere", capability: "pass" }] }),
      SecondOperatorRequired: putWith({ opens: [{ accessPoint: LABORATORY, capability: "pass" }] }),
      ResourceUnknown: { parts: (world) => ({ params: { id: "course" }, body: { ...COURT, kind: "course", place: "nowhere", sessions: [inHours(world, 30, 31)] } }) }, // prettier-ignore
      StillInUse: putWith({ kind: "course", sessions: [{ from: "2026-12-01T00:00:00Z", until: "2026-12-01T01:00:00Z" }] }, courtTaken),
      BookingsInTheWay: { parts: async (world) => (await courtTaken(world), { params: { id: "course" }, body: { ...COURT, kind: "course", place: "court", sessions: [inHours(world, 2, 3)] } }) }, // prettier-ignore
    },
  },
  "DELETE /v1/resources/{id}": {
    good: { parts: async (world) => (await course(world), { params: { id: "course" } }) },
    refused: { ResourceUnknown: one({ id: "nowhere" }), StillInUse: { parts: async (world) => (await courtTaken(world), { params: { id: "court" } }) } },
  },
  "GET /v1/timelines": { good: { parts: async (world) => (await courtTaken(world), { query: { date: "2026-09-01", type: "羽毛球场" } }) }, refused: {} },
  "GET /v1/timetables": {
    good: {
      parts: async (world) => {
        await put(world, "court");
        await answered(world.client.ask("PUT /v1/timetables/{id}", { params: { id: "2026-autumn" }, body: lessonAt(world, "court") }));
        return {};
      },
    },
    refused: {},
  },
  "PUT /v1/timetables/{id}": {
    good: { parts: async (world) => (await put(world, "court"), { params: { id: "2026-autumn" }, body: lessonAt(world, "court") }) },
    refused: {
      ResourceUnknown: { parts: (world) => ({ params: { id: "2026-autumn" }, body: lessonAt(world, "nowhere") }) },
      BookingsInTheWay: { parts: async (world) => (await courtTaken(world), { params: { id: "2026-autumn" }, body: lessonAt(world, "court") }) },
    },
  },
  "PUT /v1/closures/{id}": {
    good: { parts: async (world) => (await put(world, "court"), { params: { id: "repairs" }, body: { resource: "court", times: [inHours(world, 2, 3)] } }) },
    refused: {
      ResourceUnknown: { parts: (world) => ({ params: { id: "repairs" }, body: { resource: "nowhere", times: [inHours(world, 2, 3)] } }) },
      BookingsInTheWay: {
        parts: async (world) => (await courtTaken(world), { params: { id: "repairs" }, body: { resource: "court", times: [inHours(world, 2, 3)] } }),
      },
    },
  },
  "DELETE /v1/closures/{id}": { good: one({ id: "repairs" }), refused: {} },
  "GET /v1/reservations": { good: { parts: async (world) => (await courtTaken(world), { query: { person: world.person, state: "booked", from: inHours(world, 0, 1).from } }) }, refused: {} }, // prettier-ignore
  "GET /v1/reservations/{id}": {
    good: { parts: async (world) => ({ params: (await inCourse(0).parts(world)).params }) },
    refused: { ReservationUnknown: one({ id: UNKNOWN }) },
  },
  "POST /v1/reservations": {
    good: {
      parts: async (world) => (
        await put(world, "court"),
        { body: { person: world.person, resource: "court", times: [inHours(world, 2, 3)], noticeVersion: 1 } }
      ),
    },
    refused: {
      RequestMalformed: {
        parts: async (world) => (
          await put(world, "court"),
          { body: { person: world.person, resource: "court", times: [inHours(world, 2, 3)], noticeVersion: 1, weekly: { until: "2026-08-31" } } }
        ),
      },
      AlreadyBooked: wronglyBooked("AlreadyBooked"),
      ResourceUnknown: wronglyBooked("ResourceUnknown"),
      PersonUnknown: { parts: async (world) => (await put(world, "court"), { body: { person: UNKNOWN, resource: "court", times: [inHours(world, 2, 3)] } }) },
      ServiceNotForYou: { parts: async (world) => (await put(world, "court"), { body: { person: await personOf(world, "nobody@example.edu"), resource: "court", times: [inHours(world, 2, 3)], noticeVersion: 1 } }) }, // prettier-ignore
      TimesRefused: wronglyBooked("TimesRefused"),
      TooFarAhead: wronglyBooked("TooFarAhead"),
      NotOpen: wronglyBooked("NotOpen"),
      NoticeNotAccepted: {
        parts: async (world) => (await put(world, "court"), { body: { person: world.person, resource: "court", times: [inHours(world, 2, 3)] } }),
      },
      AbsencesTooMany: { parts: async (world) => (await absentThrice(world), { body: await absent(world) }) },
      QuotaReached: wronglyBooked("QuotaReached"),
      SlotTaken: wronglyBooked("SlotTaken"),
    },
  },
  "POST /v1/reservations/{id}/confirm": {
    good: acted("held"),
    refused: {
      ReservationUnknown: unknown,
      ReservationOver: acted("booked"),
      NotBookable: {
        parts: async (world) => {
          const parts = await acted("held").parts(world);
          await answered(world.client.ask("PUT /v1/resources/{id}", { params: { id: "court" }, body: { ...COURT, schedule: "weekdays" } }));
          const day = { from: "2026-09-01", until: "2026-09-02", days: [{ date: "2026-09-01", kind: "holiday" as const }], termPhases: [] };
          await answered(world.client.ask("PUT /v1/calendar", { body: day }));
          return parts;
        },
      },
    },
  },
  "POST /v1/reservations/{id}/approve": {
    good: { parts: waiting, second: true },
    refused: {
      ReservationUnknown: { ...one({ id: UNKNOWN }), second: true },
      ReservationOver: { parts: async (world) => ({ params: (await acted("booked").parts(world)).params }), second: true },
      NotBookable: {
        parts: async (world) => {
          const parts = await waiting(world);
          await answered(world.client.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id: world.person, audience: "student" } }));
          return parts;
        },
        second: true,
      },
      SameOperator: { parts: waiting },
    },
  },
  "POST /v1/reservations/{id}/decline": {
    good: { parts: waiting },
    refused: {
      ReservationUnknown: one({ id: UNKNOWN }),
      ReservationOver: { parts: async (world) => ({ params: (await acted("booked").parts(world)).params }) },
    },
  },
  "POST /v1/reservations/{id}/modify": {
    good: { parts: async (world) => { const { params, body } = await acted("booked").parts(world); return { params, body: { ...body, times: [inHours(world, 5, 6)] } }; } }, // prettier-ignore
    refused: {
      ReservationUnknown: { parts: (world) => ({ params: { id: UNKNOWN }, body: { person: world.person, times: [inHours(world, 5, 6)] } }) },
      ReservationOver: { parts: async (world) => { const { params, body } = await acted("cancelled").parts(world); return { params, body: { ...body, times: [inHours(world, 5, 6)] } }; } }, // prettier-ignore
      WindowClosed: { parts: async (world) => { const { params, body } = await acted("begun").parts(world); return { params, body: { ...body, times: [inHours(world, 5, 6)] } }; } }, // prettier-ignore
      AlreadyBooked: wronglyMoved("AlreadyBooked"),
      ResourceUnknown: wronglyMoved("ResourceUnknown"),
      ServiceNotForYou: {
        parts: async (world) => {
          const { params, body } = await acted("booked").parts(world);
          await answered(world.client.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id: world.person, audience: "student" } }));
          return { params, body: { ...body, times: [inHours(world, 5, 6)] } };
        },
      },
      TimesRefused: wronglyMoved("TimesRefused"),
      TooFarAhead: wronglyMoved("TooFarAhead"),
      NotOpen: wronglyMoved("NotOpen"),
      NoticeNotAccepted: { parts: async (world) => { const { params, body } = await acted("booked").parts(world); return { params, body: { ...body, times: [inHours(world, 5, 6)], noticeVersion: 9 } }; } }, // prettier-ignore
      AbsencesTooMany: { parts: async (world) => { const { id } = await absentThrice(world); return { params: { id }, body: { person: world.person, times: [inHours(world, 60, 61)] } }; } }, // prettier-ignore
      QuotaReached: wronglyMoved("QuotaReached"),
      SlotTaken: wronglyMoved("SlotTaken"),
    },
  },
  "POST /v1/reservations/{id}/cancel": {
    good: acted("booked"),
    refused: {
      ReservationUnknown: unknown,
      ReservationOver: acted("cancelled"),
      WindowClosed: acted("begun"),
      TimesRefused: { parts: async (world) => { const { params, body } = await inCourse(0).parts(world); return { params, body: { ...body, nth: 0 } }; } }, // prettier-ignore
    },
  },
  "POST /v1/reservations/{id}/sign-in": {
    good: inCourse(29.9),
    refused: { ReservationUnknown: unknown, ReservationOver: inCourse(29.9, "leave"), WindowClosed: inCourse(0), NotCheckedIn: inRoom },
  },
  "POST /v1/reservations/{id}/leave": {
    good: inCourse(0),
    refused: { ReservationUnknown: unknown, ReservationOver: acted("cancelled"), WindowClosed: inCourse(80), NotCheckedIn: inRoom },
  },
  "GET /v1/persons/{id}/absences": {
    good: { parts: async (world) => (await absentThrice(world), { params: { id: world.person } }) },
    refused: { PersonUnknown: one({ id: UNKNOWN }) },
  },
  "POST /v1/waiting-list": {
    good: { parts: async (world) => (await courtTaken(world), { body: { person: await student(world, "li@connect.example.edu"), resource: "court", time: inHours(world, 2, 3), noticeVersion: 1 } }) }, // prettier-ignore
    refused: {
      ResourceUnknown: { parts: (world) => ({ body: { person: world.person, resource: "nowhere" } }) },
      PersonUnknown: { parts: async (world) => (await course(world), { body: { person: UNKNOWN, resource: "course" } }) },
      NotBookable: { parts: async (world) => (await course(world), { body: { person: world.person, resource: "course" } }) },
      NothingToWaitFor: { parts: async (world) => (await course(world), { body: { person: world.person, resource: "course", noticeVersion: 1 } }) },
    },
  },
  "GET /v1/waiting-list": { good: { parts: ({ person }) => ({ query: { person, resource: "court" } }) }, refused: {} },
  "DELETE /v1/waiting-list/{id}": {
    good: {
      parts: async (world) => {
        await course(world);
        await booked(world, "course", []);
        const body = { person: await student(world, "li@connect.example.edu"), resource: "course", noticeVersion: 1 };
        return { params: { id: (await valueOf(world.client.ask("POST /v1/waiting-list", { body }))).id } };
      },
    },
    refused: { ReservationUnknown: one({ id: UNKNOWN }) },
  },
  "POST /v1/persons/{id}/calendar-link": { good: { parts: ({ person }) => ({ params: { id: person } }) }, refused: { PersonUnknown: one({ id: UNKNOWN }) } },
  "DELETE /v1/persons/{id}/calendar-link": { good: { parts: ({ person }) => ({ params: { id: person } }) }, refused: { PersonUnknown: one({ id: UNKNOWN }) } },
} satisfies { readonly [R in RouteName]?: RouteCase<R> };
