import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";
import { timeOrLimit } from "./cloud-verb.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await cloud.json("place", "zone", "east", "--zh", "东区", "--en", "East");
  await cloud.json("place", "put", "room-607", "--zone", "east", "--zh", "607", "--en", "607");
  const room = ["--service", "spaces", "--type", "会议室", "--zh", "会议室", "--en", "Meeting room", "--where", "行政区/行政楼/6楼"];
  await cloud.json("space", "put", "607", ...room, "--room-for", "6", "--area", "13", "--attribute", "投影=有", "--opens", "room-607:unlock");
  await cloud.json("space", "put", "608", ...room, "--room-for", "20");
  for (const account of ["zhang@example.edu", "li@example.edu"]) {
    const made = await cloud.client.ask("POST /v1/persons", { body: { account, name: account, phone: null, mail: null, partySize: 1, flags: [] } });
    if (!made.ok) throw new Error(made.problem.detail);
    await cloud.client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id: made.value.value.id, audience: "student" }, body: { validity: { from: null, until: null }, sponsor: null } }); // prettier-ignore
  }
});
afterEach(() => cloud.end());

/** An hour of the second day, by the clock of UTC. */
const hour = (from: number) => ["--from", `2026-09-02T${from}:00:00Z`, "--until", `2026-09-02T${from + 1}:00:00Z`];
const local = (at: number): string => timeOrLimit(`2026-09-02T${at}:00:00Z`);
const book = (...more: string[]) => cloud.run(["reserve", "book", "607", "zhang@example.edu", ...hour(10), ...more]);

test("a room is booked, found taken with what is free nearby, moved and cancelled; a person reads a table", async () => {
  expect(await book()).toMatchObject({ exitCode: 0, out: expect.stringContaining('"state":"booked"') });
  const taken = await cloud.run(["reserve", "book", "607", "li@example.edu", ...hour(10)]);
  expect(taken).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("SlotTaken, rule 11.2") });
  expect(taken.err).toContain(`free: 608, ${local(10)} to ${local(11)}`);
  const { out } = await cloud.run(["reserve", "list", "--person", "zhang@example.edu"], { isTty: true });
  expect(out).toMatch(/^RESERVATION +OF +STATE +NTH +FROM +UNTIL +SEAT +ATTENDANCE\n\S+ +607 +booked +0 +\S+ \S+ +\S+ \S+ +1 +notAsked\n$/);
  const id = String((await cloud.json("reserve", "list"))[0]!["id"]);
  const moved = await cloud.json("reserve", "modify", id, "zhang@example.edu", ...hour(12), "--space", "608");
  expect(moved[0]).toMatchObject({ resource: "608", revision: 2, times: [{ from: "2026-09-02T12:00:00Z" }] });
  expect((await cloud.json("reserve", "cancel", id, "zhang@example.edu"))[0]).toMatchObject({ state: "cancelled" });
  expect(await cloud.run(["reserve", "cancel", id, "zhang@example.edu"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("ReservationOver") });
});

test("rooms are found by what they are and by when they are free, and a day is drawn half hour by half hour", async () => {
  await book();
  const found = async (...options: string[]) => (await cloud.json("space", "list", ...options)).map(({ id }) => id);
  expect([await found("--room-for", "7"), await found("--words", "行政楼 607"), await found("--attribute", "投影")]).toEqual([["608"], ["607"], ["607"]]);
  expect(await found("--free-from", "2026-09-02T10:30:00Z", "--free-until", "2026-09-02T11:00:00Z")).toEqual(["608"]);
  await cloud.json("space", "close", "607", "drill", ...hour(12));
  const { out } = await cloud.run(["space", "day", "2026-09-02", "--space", "607"], { isTty: true });
  expect(out.split("\n")[1]).toBe(`607  ${".".repeat(36)}==..##${".".repeat(6)}`);
  await cloud.json("space", "open", "drill");
  expect(await cloud.run(["space", "remove", "607"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("StillInUse") });
});

test("who closes a place hears which bookings stand in the way and what to do with them, and has it when they are gone", async () => {
  await book();
  const listed = (await cloud.json("reserve", "list"))[0]!;
  const [id, person] = ["id", "person"].map((field) => String(listed[field]));
  await cloud.json("space", "close", "607", "drill", ...hour(14));
  const close = (env: Readonly<Record<string, string>> = {}) =>
    cloud.run(["space", "close", "607", "repairs", "--from", "2026-09-02T08:00:00Z", "--until", "2026-09-03T08:00:00Z"], { env });
  const refused = await close();
  expect(refused).toMatchObject({ exitCode: 1, out: "" });
  expect(refused.err.split("\n").slice(0, 3)).toEqual([
    `in the way: 607, ${local(10)} to ${local(11)}: reservation ${id} of person ${person}`,
    `in the way: 607, ${local(14)} to ${local(15)}: closure drill`,
    expect.stringMatching(/^portico: Somebody has the place at that time: 607: 2 times \(BookingsInTheWay, rule 11\.2\)/),
  ]);
  expect(refused.err).toMatch(/next: Move or cancel each booking .*portico reserve cancel/);
  expect(refused.err).not.toContain("waiting list");
  const inChinese = await close({ LANG: "zh_CN.UTF-8" });
  expect(inChinese.err).toContain(`占用：607, ${local(10)} 至 ${local(11)}: 预约 ${id}，预约人 ${person}`);
  expect(inChinese.err).toMatch(/next: 请先改期或取消所列预约.*工单类别 IT/);
  await cloud.json("reserve", "cancel", id!, person!, "--reason", "repairs of the air conditioning");
  await cloud.json("space", "open", "drill");
  expect((await close()).exitCode).toBe(0);
});

test("a timetable is read from a list, each mistake by its row and column, and keeps its rooms", async () => {
  const file = join(cloud.folder, "lessons.csv");
  writeFileSync(file, "resource,weekday,from,until,every_weeks\n607,3,09:00,10:30,1\n608,9,9h,10:30,\n");
  const command = ["space", "timetable", "2026-autumn", "lessons.csv", "--from", "2026-09-01", "--until", "2026-09-30"];
  const wrong = await cloud.run(command);
  expect(wrong.exitCode).toBe(2);
  expect(wrong.err).toContain('lessons.csv:3:weekday: "9"; 1 Monday to 7 Sunday is wanted');
  expect(wrong.err).toContain('lessons.csv:3:from: "9h"; a time such as 09:00 is wanted');
  writeFileSync(file, "resource,weekday,from,until,first_day,last_day\n607,3,10:30,09:00,,\n607,3,09:00,09:00,2026-09-30,2026-09-01\n");
  expect((await cloud.run(command)).err.split("\n").slice(0, 3)).toEqual([
    expect.stringMatching(/lessons\.csv:2:until: "09:00"; a time behind that of from is wanted$/),
    expect.stringMatching(/lessons\.csv:3:until: "09:00"; a time behind that of from is wanted$/),
    expect.stringMatching(/lessons\.csv:3:last_day: "2026-09-01"; no day before first_day is wanted$/),
  ]);
  writeFileSync(file, "resource,weekday,from,until\n607,3,09:00,10:30\n");
  expect((await cloud.json(...command))[0]).toEqual({ timetable: "2026-autumn", lessons: 1, times: 5 });
  const clash = await cloud.run(["reserve", "book", "607", "zhang@example.edu", "--from", "2026-09-02T02:00:00Z", "--until", "2026-09-02T03:00:00Z"]);
  expect(clash).toMatchObject({ exitCode: 1, err: expect.stringContaining("SlotTaken") });
  const calendar = "date,kind,until,runs_as\n2026-09-09,holiday,,\n2026-09-12,makeUpDay,,wed\n";
  writeFileSync(join(cloud.folder, "calendar.csv"), calendar);
  await cloud.json("reserve", "book", "607", "zhang@example.edu", "--from", "2026-09-12T01:30:00Z", "--until", "2026-09-12T02:00:00Z");
  const moved = await cloud.run(["calendar", "import", "calendar.csv", "--year", "2026"]);
  expect(moved.err).toMatch(
    /lessons of timetables have moved: 1 times are over, 0 are new\nsomebody has the room of a lesson: 607 2026-09-12 \S+ .*\(2026-autumn\)/,
  );
  expect(await cloud.json("space", "timetables")).toMatchObject([{ timetable: "2026-autumn", lessons: 1, without: [{ resource: "607", from: "2026-09-12T01:00:00Z" }] }]); // prettier-ignore
  expect((await cloud.json("space", "timetable", "2026-autumn"))[0]).toMatchObject({ lessons: 0 });
});

test("a course takes a notice and has seats; who waits is held what becomes free; who was absent is listed", async () => {
  const yoga = ["course", "put", "yoga", "--service", "sports-hall", "--type", "课程", "--zh", "瑜伽", "--en", "Yoga", "--session", "2026-09-03T10:00:00Z/PT1H", "--session", "2026-09-04T10:00:00Z/2026-09-04T11:00:00Z"]; // prettier-ignore
  await cloud.json(...yoga);
  expect((await cloud.json("course", "show", "yoga")).length).toBe(2);
  expect(await cloud.run(["reserve", "book", "yoga", "zhang@example.edu"])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("NoticeNotAccepted, rule 5.4"),
  });
  const [seat] = await cloud.json("reserve", "book", "yoga", "zhang@example.edu", "--notice", "1");
  await cloud.json("reserve", "wait", "yoga", "li@example.edu", "--notice", "1");
  expect((await cloud.json("reserve", "waiting", "--space", "yoga")).length).toBe(1);
  const id = String(seat!["id"]);
  expect((await cloud.json("reserve", "leave", id, "zhang@example.edu", "--nth", "1"))[0]).toMatchObject({
    times: [{ attendance: "upcoming" }, { attendance: "excused" }],
  });
  cloud.pass(2 * 86_400 + 10 * 3600 - 1800);
  expect((await cloud.json("reserve", "signin", id, "zhang@example.edu"))[0]).toMatchObject({ times: [{ attendance: "present" }, {}] });
  expect(await cloud.json("reserve", "absences", "zhang@example.edu")).toEqual([]);
});

test("a hold is confirmed; what waits for approval is approved by somebody else; a calendar is followed by its link", async () => {
  const [held] = await cloud.json("reserve", "hold", "607", "zhang@example.edu", ...hour(10));
  expect((await cloud.json("reserve", "confirm", String(held!["id"]), "zhang@example.edu"))[0]).toMatchObject({ state: "booked" });
  await cloud.json("space", "put", "guest-1", "--service", "guest-room", "--type", "客房", "--zh", "客房", "--en", "Guest room");
  const night = ["--from", "2026-09-02T06:00:00Z", "--until", "2026-09-03T04:00:00Z"];
  const [waits] = await cloud.json("reserve", "book", "guest-1", "zhang@example.edu", ...night);
  expect(await cloud.run(["reserve", "approve", String(waits!["id"])])).toMatchObject({ exitCode: 1, err: expect.stringContaining("SameOperator") });
  expect(await cloud.run(["reserve", "approve", String(waits!["id"])], {}, "wang")).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('"approvedBy":"wang"'),
  });
  const [link] = await cloud.json("reserve", "calendar", "zhang@example.edu");
  const answer = await cloud.front.fetch(new Request(String(link!["link"])));
  expect(await answer.text()).toContain("DTSTART:20260902T100000Z");
  await cloud.json("reserve", "calendar", "zhang@example.edu", "--end");
  expect((await cloud.front.fetch(new Request(String(link!["link"])))).status).toBe(404);
});
