import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";
import { instantOption } from "./cloud-verb.ts";
import { dayRanges, rangesText, specialRanges, weekText } from "./schedule-text.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await cloud.json("place", "zone", "east", "--zh", "东区", "--en", "East");
  await cloud.json("place", "put", "gate-1/entry", "--zone", "east", "--zh", "东门进", "--en", "East gate, entry");
});
afterEach(() => cloud.end());

test("places are made, listed with what they need, asked who may pass, and removed when nothing names them", async () => {
  await cloud.json("place", "put", "laboratory", "--zone", "east", "--zh", "实验室", "--en", "Laboratory", "--high");
  const { out } = await cloud.run(["place", "list", "--zone", "east"], { isTty: true });
  expect(out.split("\n")).toEqual([
    expect.stringMatching(/^ACCESS POINT +ZONE +NAME +NEEDS$/),
    expect.stringMatching(/^gate-1\/entry +east +东门进 +East gate, entry$/),
    expect.stringMatching(/^laboratory +east +实验室 +Laboratory +two operators$/),
    "",
  ]);
  expect(await cloud.json("place", "zones")).toEqual([{ id: "east", names: { zh: "东区", en: "East" }, keyGeneration: 1 }]);
  expect(await cloud.json("place", "who", "gate-1/entry")).toEqual([]);
  expect(await cloud.run(["place", "put", "x", "--zone", "west", "--zh", "x", "--en", "x"])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("ZoneUnknown"),
  });
  await cloud.json("profile", "put", "gates", "--zh", "校门", "--en", "Gates", "--line", "gate-1/entry");
  expect(await cloud.run(["place", "remove", "gate-1/entry"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("access profile gates") });
  await cloud.json("profile", "remove", "gates");
  expect(await cloud.json("place", "remove", "gate-1/entry")).toEqual([{ removed: "gate-1/entry" }]);
});

test("a zone is given another key, and says how often", async () => {
  expect(await cloud.json("place", "rotate-key", "east", "--reason", "lock stolen")).toEqual([{ zone: "east", generation: 2 }]);
  expect(await cloud.json("place", "zones")).toMatchObject([{ id: "east", keyGeneration: 2 }]);
  expect(await cloud.run(["place", "rotate-key", "west"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("ZoneUnknown") });
});

test("profiles have lines, with capability and schedule where they are named", async () => {
  await cloud.json("schedule", "put", "weekdays", "--day", "mon-fri=07:00-22:00");
  const lines = ["--line", "gate-1/entry", "--line", "gate-1/entry:unlock:weekdays"];
  await cloud.json("profile", "put", "gates", "--zh", "校门", "--en", "Gates", ...lines);
  expect(await cloud.json("profile", "show", "gates")).toEqual([
    { accessPoint: "gate-1/entry", capability: "pass", schedule: "always" },
    { accessPoint: "gate-1/entry", capability: "unlock", schedule: "weekdays" },
  ]);
  expect((await cloud.run(["profile", "list"], { isTty: true })).out).toMatch(/^gates +校门 +Gates +2$/m);
  expect(await cloud.run(["profile", "show", "labs"])).toMatchObject({ exitCode: 1, err: expect.stringMatching(/^portico: there is no such profile\n/) });
  expect(await cloud.run(["profile", "put", "gates", "--zh", "a", "--en", "b", "--line", "gate-1/entry:fly"])).toMatchObject({ exitCode: 2 });
});

test("groups have members for a while", async () => {
  const [zhang] = await cloud.json("person", "add", "--name", "张三", "--account", "zhang@example.edu");
  await cloud.json("group", "put", "class-1", "--zh", "一班", "--en", "Class 1");
  await cloud.json("group", "join", "class-1", "zhang@example.edu", "--until", "2027-02-01T00:00:00Z");
  expect(await cloud.json("group", "show", "class-1")).toEqual([{ person: zhang!["id"], validity: { from: null, until: "2027-02-01T00:00:00Z" } }]);
  expect((await cloud.run(["group", "list"], { isTty: true })).out).toMatch(/^class-1 +一班 +Class 1$/m);
  expect(await cloud.run(["group", "remove", "class-1"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("StillInUse") });
  await cloud.json("group", "leave", "class-1", "zhang@example.edu");
  expect(await cloud.json("group", "remove", "class-1")).toEqual([{ removed: "class-1" }]);
  expect(await cloud.run(["group", "show", "class-1"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("GroupUnknown") });
});

test("a schedule is put in a technician's words and shown in the same", async () => {
  await cloud.json("schedule", "special", "exams", "--date", "2027-01-11", "--date", "2027-01-12");
  const words = ["--day", "mon-fri=07:00-22:00", "--day", "sat=08:00-12:00,13:00-18:00", "--day", "sun=22:00-06:00", "--special", "exams=06:00-24:00"];
  const [made] = await cloud.json("schedule", "put", "library", ...words, "--holidays", "--make-up-days", "--phase", "autumn", "spring");
  expect(made).toMatchObject({
    weekly: { "1": [{ startS: 25_200, endS: 79_200 }], "6": [{}, { startS: 46_800 }], "7": [{ startS: 79_200, endS: 108_000 }] },
    specialDays: [{ group: "exams", periods: [{ startS: 21_600, endS: 86_400 }] }],
    follows: { holidays: true, makeUpDays: true, termPhases: ["autumn", "spring"] },
  });
  const shown = await cloud.run(["schedule", "show", "library"], { isTty: true });
  expect(shown.out).toBe(`schedule  library
week      mon-fri 07:00-22:00; sat 08:00-12:00,13:00-18:00; sun 22:00-06:00
special   exams: 06:00-24:00
follows   holidays, make-up days, phases autumn spring
`);
  expect((await cloud.run(["schedule", "list"], { isTty: true })).out).toContain("mon-fri 07:00-22:00");
  expect((await cloud.run(["schedule", "special"], { isTty: true })).out).toMatch(/^exams +2027-01-11 2027-01-12$/m);
  expect(await cloud.json("schedule", "remove", "library")).toEqual([{ removed: "library" }]);
  expect(await cloud.run(["schedule", "put", "x", "--day", "mon=7-22"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("Ranges such as 07:00-22:00 are wanted") }); // prettier-ignore
});

test.each(["mon", "mon-xyz=07:00-22:00", "fri-mon=07:00-22:00", "mon=07:00-07:00", "mon=24:00-25:00", "mon=07:60-08:00", "mon="])(
  "%s is no day with ranges",
  (text) => {
    expect(() => dayRanges(text, {})).toThrow(InvalidArgumentError);
  },
);
test("a day is named once, and a special group has ranges", () => {
  expect(() => dayRanges("tue=closed", dayRanges("mon-fri=07:00-22:00", {}))).toThrow("tue is named twice");
  expect(() => specialRanges("exams")).toThrow(InvalidArgumentError);
  expect(specialRanges("open-days=closed")).toEqual({ group: "open-days", periods: [] });
  expect([rangesText([]), weekText({})]).toEqual(["closed", "closed"]);
});

test.each([
  ["2026-09-01T08:00:00+08:00", "2026-09-01T00:00:00Z"],
  ["2026-09-01 08:00Z", "2026-09-01T08:00:00Z"],
])("%s is a time", (text, instant) => {
  expect(instantOption(text)).toBe(instant);
});
test.each(["soon", "2026-13-01", "2026-09-01T08", "08:00", "2026-09-01T25:00"])("%s is no time", (text) => {
  expect(() => instantOption(text)).toThrow(InvalidArgumentError);
});

const CALENDAR = `date,until,kind,runs_as,phase,name
2026-10-01,2026-10-03,holiday,,,国庆节
2026-10-10,,makeUpDay,thu,,调休
2026-09-01,2026-12-31,termPhase,,autumn,秋季学期
`;
const writeCalendar = (text: string): void => writeFileSync(join(cloud.folder, "calendar.csv"), text);
const importYear = (...words: readonly string[]) => ["calendar", "import", "calendar.csv", "--year", "2026", ...words];

test("a year's calendar is shown as it would change, imported, and says what a date is", async () => {
  writeCalendar(CALENDAR);
  const dry = await cloud.run(importYear("--dry-run"), { isTty: true });
  expect(dry.out).toMatch(/^\+ +2026-10-10 +make-up working day, runs as Thursday$/m);
  expect(dry.err).toBe("nothing was changed\n");
  expect(await cloud.json("calendar", "show", "2026-10-10")).toMatchObject([{ kind: "plain" }]);
  expect(await cloud.json(...importYear())).toHaveLength(5);
  expect(await cloud.json("calendar", "show", "2026-10-10")).toEqual([
    { date: "2026-10-10", weekday: 6, kind: "makeUpDay", runsAs: 4, termPhases: ["autumn"] },
  ]);
  const week = await cloud.run(["calendar", "show", "2026-09-30", "--until", "2026-10-05"], { isTty: true });
  expect(week.out.split("\n").slice(1, 4)).toEqual([
    expect.stringMatching(/^2026-09-30 +Wednesday +as any +Wednesday +autumn$/),
    expect.stringMatching(/^2026-10-01 +Thursday +holiday +none +autumn$/),
    expect.stringMatching(/^2026-10-02 +Friday +holiday +none +autumn$/),
  ]);
  writeCalendar(CALENDAR.replace("2026-10-10,,makeUpDay,thu", "2026-10-10,,makeUpDay,fri").replace("2026-10-01,2026-10-03", "2026-10-01,2026-10-02"));
  expect(await cloud.json(...importYear())).toEqual([
    { act: "removed", when: "2026-10-03", what: "holiday" },
    { act: "changed", when: "2026-10-10", what: "make-up working day, runs as Friday (was make-up working day, runs as Thursday)" },
  ]);
  expect(await cloud.run(["calendar", "show", "tomorrow"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("this is no date") });
});

test("a calendar with mistakes changes nothing and names each by row and column", async () => {
  writeCalendar(CALENDAR.replace("thu", "someday").replace("2026-10-01", "2025-10-01"));
  const { exitCode, err } = await cloud.run(importYear());
  expect([exitCode, err]).toEqual([2, expect.stringMatching(/calendar\.csv:2:date: .*\n.*calendar\.csv:3:runs_as: .*is no day of the week/)]);
  expect(await cloud.json("calendar", "check").catch((error: Error) => error.message)).toContain("the calendar of 2026 is missing");
});

test("from 1 December on next year's calendar is missed, with exit code 1, until it is there", async () => {
  writeCalendar(CALENDAR);
  await cloud.json(...importYear());
  expect(await cloud.json("calendar", "check")).toEqual([{ years: { 2026: 4 }, termPhases: 1, missing: [] }]);
  // 1 December begins on campus at 16:00 UTC of the day before.
  cloud.pass(91 * 86_400 - 8 * 3600 - 1);
  expect(await cloud.json("calendar", "check")).toMatchObject([{ missing: [] }]);
  cloud.pass(1);
  expect(await cloud.run(["calendar", "check"])).toMatchObject({
    exitCode: 1,
    err: "portico: the calendar of 2027 is missing: every holiday opens like any day\non: calendar\nnext: portico calendar import <file> --year 2027\n",
  });
  expect(await cloud.run(["cloud", "status"])).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining('"calendarMissing":[2027]'),
    err: "portico: the calendar of 2027 is missing: every holiday opens like any day\non: cloud of demo\nnext: portico calendar import <file> --year 2027\n",
  });
});
