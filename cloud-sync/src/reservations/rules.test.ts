import { bytesToHex, type ControllerEvent, eventOf } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudClient, type RouteParts } from "../api/client.ts";
import { EventIntake } from "../events/event-intake.ts";
import { type ApiCampus, apiCampus, GATE, plainPerson } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, ENDLESS, imageOf, type RigImage, URL_OF_RIG, valueOf } from "../rig/api-rig.ts";
import { START } from "../rig/cloud-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { SERVICES } from "../rig/places-rig.ts";
import { calendarFeeds } from "./calendar-links.ts";
import { ReservationWatch } from "./reservation-watch.ts";

let image: RigImage | undefined;
let campus: ApiCampus;
let rig: ApiRig;
let client: CloudClient;
let person: string;
beforeEach(async () => {
  if (image === undefined) {
    const first = await apiRig();
    campus = await apiCampus(first.backend.client);
    await setUp(first.backend.client);
    image = await imageOf(first);
    await first.close();
  }
  rig = await apiRig(undefined, image);
  client = rig.backend.client;
  person = campus.person;
});
afterEach(() => rig.close());

type Content = RouteParts<"PUT /v1/resources/{id}">["body"];
const COURT: Content = { campusService: "sports-hall", kind: "place", names: { zh: "1 号羽毛球场", en: "Badminton 1" }, type: "羽毛球场", path: ["体育馆"], capacity: 4, areaM2: null, attributes: {}, seats: 1, schedule: null, opens: [{ accessPoint: GATE, capability: "pass" }], place: null, sessions: [] }; // prettier-ignore
const ROOM: Content = { ...COURT, campusService: "spaces", names: { zh: "607 会议室", en: "Meeting room 607" }, type: "会议室", path: ["行政区", "行政楼", "中区", "6楼", "607"], capacity: 6, areaM2: 13, attributes: { 投影: "有" }, opens: [{ accessPoint: GATE, capability: "unlock" }] }; // prettier-ignore
/** An hour of the campus in 2026-09: `at("02 18:00")`. */
const at = (text: string): string => new Date(`2026-09-${text.replace(" ", "T")}:00+08:00`).toISOString().replace(".000Z", "Z");
const time = (day: string, from: string, until: string) => ({ from: at(`${day} ${from}`), until: at(`${day} ${until}`) });
const EVENING = time("02", "18:00", "19:00");

async function setUp(asked: CloudClient): Promise<void> {
  const put = (id: string, body: Content) => answered(asked.ask("PUT /v1/resources/{id}", { params: { id }, body }));
  await put("court-1", COURT);
  await put("court-2", { ...COURT, names: { zh: "2 号羽毛球场", en: "Badminton 2" } });
  await put("yoga", {
    ...COURT,
    kind: "course",
    names: { zh: "瑜伽", en: "Yoga" },
    type: "课程",
    seats: 2,
    sessions: [time("04", "18:00", "19:00"), time("11", "18:00", "19:00")],
  });
  await put("607", ROOM);
  await put("608", {
    ...ROOM,
    names: { zh: "608 会议室", en: "Meeting room 608" },
    path: ["行政区", "行政楼", "中区", "6楼", "608"],
    capacity: 20,
    attributes: {},
  });
}

async function student(account: string, audience: "student" | "staff" | "family" | "visitor" = "student"): Promise<string> {
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson(account) }));
  await answered(
    client.ask("PUT /v1/persons/{id}/audiences/{audience}", {
      params: { id, audience },
      body: { validity: ENDLESS, sponsor: audience === "family" ? person : null },
    }),
  );
  return id;
}
const ask = (more: Partial<RouteParts<"POST /v1/reservations">["body"]> = {}) =>
  client.ask("POST /v1/reservations", { body: { resource: "court-1", person, times: [EVENING], noticeVersion: 1, ...more } });
const book = (more: Parameters<typeof ask>[0] = {}) => valueOf(ask(more));
const passTo = (text: string): void => rig.cloud.pass(Date.parse(at(text)) / 1000 - rig.cloud.now());
const opens = async (when: string, capability: "pass" | "unlock" = "pass") => {
  const { credentials } = await answered(client.ask("GET /v1/explain", { query: { person, "access-point": GATE, capability, at: when } }));
  return credentials.map(({ outcome }) => outcome);
};
const act = (verb: "sign-in" | "leave" | "cancel", id: string, who = person, nth: number | null = null) =>
  client.ask(`POST /v1/reservations/{id}/${verb}`, { params: { id }, body: { person: who, nth } });
const WHOM = { contact: expect.stringContaining("体育馆前台"), caseCategory: "体育设施" };

test("rule 5.1: staff, students and family book courts, which one has alone, and courses, which have seats; others hear for whom it is", async () => {
  await book();
  await book({ person: await student("staff@example.edu", "staff"), resource: "court-2" });
  await book({ person: await student("family@example.edu", "family"), resource: "yoga", times: [] });
  const visitor = await student("visitor@example.edu", "visitor");
  expect(await ask({ person: visitor, times: [time("03", "18:00", "19:00")] })).toMatchObject({
    status: 403,
    problem: { reason: "ServiceNotForYou", rule: "5.1", ...WHOM },
  });
});

test("rule 5.2: without the current version of 入场须知 nothing is booked; with it the slot is the person's, and the next hears what is free nearby", async () => {
  for (const noticeVersion of [null, 2])
    expect(await ask({ noticeVersion })).toMatchObject({
      status: 422,
      problem: { reason: "NoticeNotAccepted", rule: "5.2", detail: expect.stringContaining("入场须知"), zh: expect.stringContaining("须知"), ...WHOM },
    });
  expect(await book()).toMatchObject({ state: "booked", noticeVersion: 1, times: [EVENING] });
  expect(await ask({ person: await student("li@example.edu") })).toMatchObject({
    status: 409,
    problem: {
      reason: "SlotTaken",
      rule: "5.2",
      nearby: {
        sameTime: [{ resource: "court-2", ...EVENING }],
        sameResource: [{ resource: "court-1", ...time("02", "17:00", "18:00") }, { ...time("02", "19:00", "20:00") }, {}],
      },
    },
  });
});

test("rule 5.3: cancelling frees the slot and its grant together, and only the person's own", async () => {
  const { id } = await book();
  expect(await opens(at("02 18:30"))).toContain("granted");
  expect(await act("cancel", id, await student("li@example.edu"))).toMatchObject({ status: 404, problem: { reason: "ReservationUnknown" } });
  await answered(act("cancel", id));
  const grants = await answered(client.ask("GET /v1/grants", { query: { "subject-kind": "person", subject: person } }));
  expect(grants.items.filter(({ source }) => source.kind === "reservation")).toEqual([]);
  await book({ person: await student("wang@example.edu") });
});

test("rule 5.4: a course takes 课程须知, and never more people than it has seats", async () => {
  expect(await ask({ resource: "yoga", times: [], noticeVersion: null })).toMatchObject({
    problem: { reason: "NoticeNotAccepted", rule: "5.4", detail: expect.stringContaining("课程须知") },
  });
  const people = await Promise.all(["a", "b", "c", "d"].map((name) => student(`${name}@example.edu`)));
  const answers = await Promise.all([person, ...people].map((who) => ask({ resource: "yoga", person: who, times: [] })));
  expect(answers.filter(({ ok }) => ok).length).toBe(2);
  expect(answers.filter((each) => !each.ok).every((each) => !each.ok && each.problem.reason === "SlotTaken" && each.problem.rule === "5.4")).toBe(true);
});

test("rule 5.5: one signs in and asks leave within a session's window alone, and a course is cancelled within its own, with all remaining sessions", async () => {
  const { id } = await book({ resource: "yoga", times: [] });
  expect(await act("sign-in", id)).toMatchObject({
    status: 409,
    problem: { reason: "WindowClosed", rule: "5.5", detail: expect.stringContaining("2026-09-04 17:30 to 2026-09-04 18:15") },
  });
  const left = await valueOf(act("leave", id, person, 1));
  expect(left.times.map(({ attendance }) => attendance)).toEqual(["upcoming", "excused"]);
  expect([await opens(at("04 18:00")), await opens(at("11 18:00"))].map((all) => all.includes("granted"))).toEqual([true, true]); // students pass the gate anyway
  const own = (await answered(client.ask("GET /v1/grants", { query: { "subject-kind": "person", subject: person } }))).items.filter(
    ({ source }) => source.kind === "reservation",
  );
  expect(own.map(({ validity }) => validity.from)).toEqual([at("04 17:45")]);
  passTo("03 18:00");
  expect(await act("cancel", id)).toMatchObject({ status: 409, problem: { reason: "WindowClosed", rule: "5.5" } });
  passTo("04 17:30");
  expect((await valueOf(act("sign-in", id))).times[0]).toMatchObject({ attendance: "present", signedInBy: "person" });
  expect((await valueOf(act("sign-in", id, person, 0))).times[0]).toMatchObject({ signedInAt: at("04 17:30") });
  expect(await act("leave", id, person, 0)).toMatchObject({ status: 409, problem: { reason: "WindowClosed" } });
  const other = await student("li@example.edu");
  rig.cloud.pass(START - rig.cloud.now());
  const second = await book({ resource: "yoga", person: other, times: [] });
  const cancelled = await valueOf(act("cancel", second.id, other));
  expect([cancelled.state, cancelled.times.map(({ isActive }) => isActive)]).toEqual(["cancelled", [false, false]]);
});

test("rule 5.6: who neither came nor was excused is absent when it is read, three times close the hall for a week, and a pass through the gate signs in", async () => {
  for (const day of ["02", "03", "04"]) await book({ times: [time(day, "18:00", "19:00")] });
  const coming = await book({ times: [time("06", "18:00", "19:00")] });
  passTo("04 18:15");
  const report = async () => (await answered(client.ask("GET /v1/persons/{id}/absences", { params: { id: person } }))).items[0]!;
  expect(await report()).toMatchObject({ service: "sports-hall", counted: 3, blockedUntil: at("11 18:15"), absences: [{ at: at("02 18:15") }, {}, {}] });
  expect(await ask({ times: [time("07", "18:00", "19:00")] })).toMatchObject({ status: 403, problem: { reason: "AbsencesTooMany", rule: "5.6", ...WHOM } });
  await passedGate(Date.parse(at("06 17:29")) / 1000); // too early to sign in
  await passedGate(Date.parse(at("06 17:50")) / 1000);
  expect((await answered(client.ask("GET /v1/reservations/{id}", { params: { id: coming.id } }))).times[0]).toMatchObject({
    attendance: "present",
    signedInBy: "gate",
    signedInAt: at("06 17:50").replace("00Z", "02Z"),
  });
  passTo("11 18:15");
  expect((await ask({ times: [time("12", "18:00", "19:00")] })).ok).toBe(true);
});

test("rule 5.7: a booking opens the door from a quarter of an hour before to a quarter of an hour behind, and no longer", async () => {
  await book();
  const grants = (await answered(client.ask("GET /v1/grants", { query: { "subject-kind": "person", subject: person } }))).items;
  expect(grants).toMatchObject([
    {
      what: { kind: "own", accessPoints: [GATE], capability: "pass" },
      validity: { from: at("02 17:45"), until: at("02 19:15") },
      source: { kind: "reservation" },
      inForce: true,
    },
  ]);
  expect(await client.ask("DELETE /v1/grants/{id}", { params: { id: grants[0]!.id } })).toMatchObject({ status: 409, problem: { reason: "SourceOwnsGrant" } });
});

test("rule 5.8: the front desk books, cancels and signs in for who stands there, also when the windows are shut", async () => {
  await answered(client.ask("PUT /v1/operators/{id}", { params: { id: "hall-desk" }, body: { name: "hall desk", account: null, role: "guard", until: null } }));
  const signer = nodeSigner(new Uint8Array(32).fill(0x33));
  await answered(client.ask("POST /v1/operators/{id}/keys", { params: { id: "hall-desk" }, body: { publicKey: bytesToHex(signer.publicKey), until: null } }));
  const { nowMs, randomBytes } = rig.cloud;
  const desk = new CloudClient({ url: URL_OF_RIG, signer, nowMs, randomBytes, fetch: rig.fetch });
  const why = { reason: "stands here" };
  const { id } = await valueOf(desk.ask("POST /v1/reservations", { body: { resource: "court-1", person, times: [EVENING], noticeVersion: 1 } }, why));
  passTo("02 18:40");
  const asked = { params: { id }, body: { person } };
  for (const verb of ["sign-in", "cancel"] as const)
    expect(await client.ask(`POST /v1/reservations/{id}/${verb}`, asked)).toMatchObject({ problem: { reason: "WindowClosed", ...WHOM } });
  expect(await desk.ask("POST /v1/reservations/{id}/sign-in", asked)).toMatchObject({ problem: { reason: "ReasonRequired" } });
  expect((await valueOf(desk.ask("POST /v1/reservations/{id}/sign-in", asked, why))).times[0]).toMatchObject({ signedInBy: "desk", attendance: "present" });
  expect(await valueOf(desk.ask("POST /v1/reservations/{id}/cancel", asked, why))).toMatchObject({ state: "cancelled", createdBy: "hall-desk" });
});

test("rule 11.1: rooms are for staff and students", async () => {
  await book({ resource: "607", noticeVersion: null });
  expect(await ask({ resource: "608", person: await student("family@example.edu", "family"), noticeVersion: null })).toMatchObject({ status: 403, problem: { reason: "ServiceNotForYou", rule: "11.1", contact: expect.stringContaining("gzit@hkust-gz.edu.cn"), caseCategory: "IT" } }); // prettier-ignore
});

test("rule 11.2: book, view, modify and cancel; a modification that cannot be is none at all", async () => {
  const { id } = await book({ resource: "607" });
  await book({ resource: "608", person: await student("li@example.edu") });
  const modify = (resource: string | null, times: (typeof EVENING)[]) =>
    client.ask("POST /v1/reservations/{id}/modify", { params: { id }, body: { person, resource, times } });
  expect(await modify("608", [EVENING])).toMatchObject({ status: 409, problem: { reason: "SlotTaken", rule: "11.2" } });
  const view = () => answered(client.ask("GET /v1/reservations/{id}", { params: { id } }));
  expect(await view()).toMatchObject({ resource: "607", times: [EVENING], revision: 1 });
  await answered(modify("608", [time("03", "09:15", "10:00")]));
  expect(await view()).toMatchObject({ resource: "608", times: [time("03", "09:15", "10:00")], revision: 2 });
  expect(await valueOf(act("cancel", id))).toMatchObject({ state: "cancelled" });
});

test("rule 11.3: a room is found by number, name, type, capacity, attribute and by when it is free", async () => {
  const found = async (query: NonNullable<RouteParts<"GET /v1/resources">["query"]>) =>
    (await answered(client.ask("GET /v1/resources", { query }))).items.map(({ id }) => id);
  expect(await found({ words: "607" })).toEqual(["607"]);
  expect(await found({ words: "meeting 行政楼" })).toEqual(["607", "608"]);
  expect(await found({ type: "会议室", capacity: 7 })).toEqual(["608"]);
  expect([await found({ attribute: "投影=有" }), await found({ attribute: "投影" }), await found({ attribute: "投影=无" })]).toEqual([["607"], ["607"], []]);
  await book({ resource: "607" });
  const free = { "free-from": EVENING.from, "free-until": EVENING.until };
  expect([await found({ service: "spaces", ...free }), await found({ service: "spaces", "free-from": EVENING.until, "free-until": at("02 20:00") })]).toEqual([
    ["608"],
    ["607", "608"],
  ]);
  expect(await found({ words: "%" })).toEqual([]);
});

test("rule 11.4: the day is told in locked, occupied, bookable and unavailable, each instant once: lessons lock, bookings occupy, the past is over", async () => {
  await book({ resource: "607" });
  await book({ resource: "607", times: [time("02", "20:00", "21:00")], hold: true });
  const lesson = { resource: "607", weekday: 3, startS: 9 * 3600, endS: 10 * 3600, from: "2026-09-01", until: "2026-12-31" };
  await answered(client.ask("PUT /v1/timetables/{id}", { params: { id: "2026-autumn" }, body: { lessons: [lesson] } }));
  passTo("02 08:00");
  const line = await dayOf("607", "2026-09-02");
  expect(line).toEqual(["00:00 unavailable", "08:00 bookable", "09:00 locked", "10:00 bookable", "18:00 occupied", "19:00 bookable"]); // the hold is past its time
  expect(await ask({ resource: "607", times: [time("02", "09:30", "10:30")] })).toMatchObject({ status: 409, problem: { reason: "SlotTaken" } });
  await answered(client.ask("PUT /v1/timetables/{id}", { params: { id: "2026-autumn" }, body: { lessons: [] } }));
  expect(await dayOf("607", "2026-09-02")).toEqual(["00:00 unavailable", "08:00 bookable", "18:00 occupied", "19:00 bookable"]);
  await answered(client.ask("PUT /v1/closures/{id}", { params: { id: "drill" }, body: { resource: "607", times: [time("02", "12:00", "13:00")] } }));
  expect(await dayOf("607", "2026-09-02")).toContain("12:00 locked");
});

test("rule 11.5: a room has its path, type, capacity and area", async () => {
  const room = await answered(client.ask("GET /v1/resources/{id}", { params: { id: "607" } }));
  expect(room).toMatchObject({ path: ["行政区", "行政楼", "中区", "6楼", "607"], type: "会议室", capacity: 6, areaM2: 13 });
  expect(await client.ask("PUT /v1/resources/{id}", { params: { id: "609" }, body: { ...ROOM, capacity: -1 } })).toMatchObject({
    status: 400,
    problem: { reason: "RequestMalformed" },
  });
});

test("rule 11.6: a day runs from midnight to midnight by the clock of the campus", async () => {
  const { items } = await answered(client.ask("GET /v1/timelines", { query: { date: "2026-09-02", resource: "607" } }));
  expect([items[0]!.parts[0]!.from, items[0]!.parts.at(-1)!.until]).toEqual([at("02 00:00"), at("03 00:00")]);
  expect(await client.ask("GET /v1/timelines", { query: { date: "2026-02-30" } })).toMatchObject({ status: 400 });
});

test("rule 11.7: the booking opens the room for its time, and a modification takes the grant along in the same change", async () => {
  const { id } = await book({ resource: "607" });
  expect(await opens(at("02 18:30"), "unlock")).toEqual(["granted", "granted"]);
  const moved = await answered(client.ask("POST /v1/reservations/{id}/modify", { params: { id }, body: { person, times: [time("03", "18:00", "19:00")] } }));
  expect(moved.publish).toEqual(expect.any(Number));
  expect([await opens(at("02 18:30"), "unlock"), await opens(at("03 18:30"), "unlock"), await opens(at("03 19:00"), "unlock")]).toEqual([["denied", "denied"], ["granted", "granted"], ["denied", "denied"]]); // prettier-ignore
});

test("rule 13.2: a guest room is asked for, opens nothing before somebody else approves it, and then for its time alone", async () => {
  await answered(client.ask("PUT /v1/resources/{id}", { params: { id: "guest-1" }, body: { ...ROOM, campusService: "guest-room", type: "客房" } }));
  const night = { from: at("02 14:00"), until: at("03 12:00") };
  const { id, state } = await book({ resource: "guest-1", times: [night] });
  expect([state, await opens(at("02 20:00"), "unlock")]).toEqual(["waiting", ["denied", "denied"]]);
  expect(await client.ask("POST /v1/reservations/{id}/approve", { params: { id } })).toMatchObject({ status: 422, problem: { reason: "SameOperator" } });
  const { client: office } = await rig.caller("office", ["reservations:approve"]);
  await answered(office.ask("POST /v1/reservations/{id}/approve", { params: { id } }));
  expect([await opens(at("02 20:00"), "unlock"), await opens(at("03 12:00"), "unlock")]).toEqual([
    ["granted", "granted"],
    ["denied", "denied"],
  ]);
});

test("what becomes free is held for who waits longest, who is told; what is not confirmed goes to the next", async () => {
  const { id } = await book();
  const [second, third] = [await student("li@example.edu"), await student("wang@example.edu")];
  for (const who of [second, third])
    await answered(client.ask("POST /v1/waiting-list", { body: { resource: "court-1", person: who, time: EVENING, noticeVersion: 1 } }));
  await answered(act("cancel", id));
  const held = async (who: string) => (await answered(client.ask("GET /v1/reservations", { query: { person: who } }))).items.map(({ state }) => state);
  expect([await held(second), await held(third)]).toEqual([["held"], []]);
  expect(await ask()).toMatchObject({ problem: { reason: "SlotTaken" } });
  rig.cloud.pass(600);
  await watchOnce();
  expect([await held(second), await held(third)]).toEqual([["lapsed"], ["held"]]);
  const [offer] = (await answered(client.ask("GET /v1/reservations", { query: { person: third } }))).items;
  await answered(client.ask("POST /v1/reservations/{id}/confirm", { params: { id: offer!.id }, body: { person: third } }));
  expect(await answered(client.ask("GET /v1/waiting-list", { query: {} }))).toEqual({ items: [], next: null });
});

test("what is weekly is one booking that follows the campus calendar; where one week is taken none is booked", async () => {
  const days = [{ date: "2026-09-09", kind: "holiday" }, { date: "2026-09-12", kind: "makeUpDay", runsAs: 3 }] as const; // prettier-ignore
  await answered(client.ask("PUT /v1/calendar", { body: { from: "2026-09-01", until: "2026-10-01", days: [...days], termPhases: [] } as never }));
  const weekly = { until: "2026-09-16", everyWeeks: 1, followsCalendar: true };
  const made = await book({ resource: "607", weekly });
  expect(made.times.map(({ from }) => from)).toEqual([at("02 18:00"), at("12 18:00"), at("16 18:00")]);
  await book({ resource: "608", person: await student("li@example.edu"), times: [time("12", "18:30", "19:00")] });
  expect(await ask({ resource: "608", weekly })).toMatchObject({ status: 409, problem: { reason: "SlotTaken", detail: "608, 2026-09-12 18:00" } });
  expect(await ask({ resource: "608" })).toMatchObject({ ok: true });
});

test("lessons follow each change of the calendar; one whose room somebody has is told, and gets it when it is free", async () => {
  const lesson = { resource: "607", weekday: 4, startS: 18 * 3600, endS: 19 * 3600, from: "2026-09-01", until: "2026-09-18" };
  const other = { ...lesson, resource: "608", weekday: 7 };
  await answered(client.ask("PUT /v1/timetables/{id}", { params: { id: "2026-autumn" }, body: { lessons: [lesson, other] } }));
  const isLesson = async (resource: string, day: string) => (await dayOf(resource, `2026-09-${day}`)).includes("18:00 locked");
  const at607 = async () => Promise.all(["03", "06", "10", "13", "17"].map((day) => isLesson("607", day)));
  expect([await at607(), await isLesson("608", "06")]).toEqual([[true, false, true, false, true], true]);
  // Thursday the 10th is off, Sunday the 6th and the 13th run as Thursdays; in 608 the Sunday's lesson makes room.
  const { id: booking } = await book({ resource: "607", times: [time("13", "18:30", "19:30")] });
  const days = [{ date: "2026-09-06", kind: "makeUpDay", runsAs: 4 }, { date: "2026-09-10", kind: "holiday" }, { date: "2026-09-13", kind: "makeUpDay", runsAs: 4 }] as const; // prettier-ignore
  const range = { from: "2026-09-01", until: "2026-10-01", termPhases: [] };
  const put = async (list: readonly (typeof days)[number][]) =>
    (await valueOf(client.ask("PUT /v1/calendar", { body: { ...range, days: [...list] } }))).lessons;
  const without = { timetable: "2026-autumn", resource: "607", ...time("13", "18:00", "19:00") };
  expect(await put(days)).toEqual({ begun: 1, ended: 3, without: [without] });
  expect([await at607(), await isLesson("608", "06"), await isLesson("608", "13")]).toEqual([[true, true, false, false, true], false, false]);
  expect(await put(days)).toEqual({ begun: 0, ended: 0, without: [without] });
  expect((await answered(client.ask("GET /v1/timetables", {}))).items).toEqual([{ timetable: "2026-autumn", lessons: 2, without: [without] }]);
  const told = await rig.cloud.database.queries.selectFrom("notification").select("body").where("kind", "=", "timetable.without-room").execute();
  expect(told.map(({ body }) => JSON.parse(body) as object)).toMatchObject([{ timetable: "2026-autumn", resource: "607" }]);
  await watchOnce();
  expect(await isLesson("607", "13")).toBe(false);
  await answered(act("cancel", booking));
  await watchOnce();
  expect([await at607(), (await answered(client.ask("GET /v1/timetables", {}))).items[0]!.without]).toEqual([[true, true, false, true, true], []]);
  // As the calendar was, so are the lessons.
  expect(await put([])).toEqual({ begun: 3, ended: 2, without: [] });
  expect([await at607(), await isLesson("608", "06")]).toEqual([[true, false, true, false, true], true]);
});

test("a request that is sent again is answered as before; another body under its key is refused, and nothing moves", async () => {
  const body = { resource: "court-1", person, times: [EVENING], noticeVersion: 1 };
  const key = { idempotencyKey: "booking-0001" };
  const first = await valueOf(client.ask("POST /v1/reservations", { body }, key));
  expect((await valueOf(client.ask("POST /v1/reservations", { body }, key))).id).toBe(first.id);
  expect(await client.ask("POST /v1/reservations", { body: { ...body, resource: "court-2" } }, key)).toMatchObject({
    status: 409,
    problem: { reason: "IdempotencyKeyReused" },
  });
  expect((await answered(client.ask("GET /v1/reservations", { query: { person } }))).items.length).toBe(1);
});

test("a person's calendar is followed by its link alone, a place's by anybody and says not by whom; an ended link says nothing", async () => {
  await book({ resource: "607" });
  const feeds = calendarFeeds(rig.cloud);
  const get = async (path: string) => feeds.request(path);
  const { path } = await valueOf(client.ask("POST /v1/persons/{id}/calendar-link", { params: { id: person } }));
  const own = await get(path);
  expect([own.status, own.headers.get("content-type")]).toEqual([200, "text/calendar; charset=utf-8"]);
  expect(await own.text()).toMatch(/DTSTART:20260902T100000Z\r\nDTEND:20260902T110000Z\r\nSUMMARY:607 会议室 \/ Meeting room 607/);
  const place = await (await get("/calendars/places/607.ics")).text();
  expect([place.includes("SUMMARY:已占用 / busy"), place.includes(person), /UID:607-/.test(place)]).toEqual([true, false, true]);
  const { path: next } = await valueOf(client.ask("POST /v1/persons/{id}/calendar-link", { params: { id: person } }));
  expect([(await get(path)).status, (await get(next)).status, (await get("/calendars/places/nowhere.ics")).status, (await get("/calendars/x")).status]).toEqual(
    [404, 200, 404, 404],
  );
  await answered(client.ask("DELETE /v1/persons/{id}/calendar-link", { params: { id: person } }));
  expect((await get(next)).status).toBe(404);
});

test("500 rooms are told in one answer, each by its day", async () => {
  const { queries } = rig.cloud.database;
  const row = await queries.selectFrom("resource").selectAll().where("id", "=", "607").executeTakeFirstOrThrow();
  for (let nth = 0; nth < 50; nth++)
    await queries
      .insertInto("resource")
      .values(Array.from({ length: 10 }, (_, one) => ({ ...row, id: `r-${nth}-${one}`, number: 1000 + nth * 10 + one, type: "many" })))
      .execute();
  const { items } = await answered(client.ask("GET /v1/timelines", { query: { date: "2026-09-02", type: "many" } }));
  expect(items.length).toBe(500);
});

/** `18:00 occupied`, by the clock of the campus. */
async function dayOf(resource: string, date: string): Promise<string[]> {
  const { items } = await answered(client.ask("GET /v1/timelines", { query: { date, resource } }));
  return items[0]!.parts.map(({ from, state }) => `${new Date(Date.parse(from) + 8 * 3_600_000).toISOString().slice(11, 16)} ${state}`);
}

/** Looks as it does every ten seconds. */
async function watchOnce(): Promise<void> {
  const watch = new ReservationWatch({
    cloud: rig.cloud,
    services: SERVICES,
    clock: { after: () => () => {} },
    onTold: () => {},
    onFailure: (error) => expect(error).toBeUndefined(),
  });
  await watch.look();
  await watch.close();
}

/** The person's card opens the gate, and somebody passes; the controller sends it up. */
async function passedGate(second: number): Promise<void> {
  const log = new MachineLog(`gate-${second}`, second % 200, rig.cloud.site);
  const granted: ControllerEvent = eventOf("AccessGranted", { accessPoint: GATE, credential: campus.card, presentation: "card", holder: 1, counter: null, signedAt: null, pass: null, accessProfile: "own", uncertaintyS: 1, listVersion: 1, replayGroup: "g" }); // prettier-ignore
  log.record(granted, second).record(eventOf("AccessTaken", { accessPoint: GATE, grantedSeq: 1 }), second + 2);
  expect(await new EventIntake(rig.cloud, () => {}).take(log.machine, log.batch())).toMatchObject({ ok: true });
  await watchOnce();
}
