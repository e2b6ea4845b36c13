import { readFileSync } from "node:fs";
import { calendarAlarm, startOfDay } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { putCalendar } from "./calendar-change.ts";
import { readCalendar } from "./calendar.ts";
import { type CalendarReading, readCalendarFile } from "./calendar-file.ts";
import { type CloudRig, cloudRig, done, NOTE } from "./rig/cloud-rig.ts";
import { SERVICES } from "./rig/places-rig.ts";

const EXAMPLE = readFileSync(new URL("../services/calendar.example-2030.csv", import.meta.url));
const HEADING = "date,kind,until,runs_as,phase,name";
const ROWS = ["2026-10-01,holiday,2026-10-03,,,国庆节", "2026-10-10,makeUpDay,,fri,,", "2026-09-01,termPhase,2027-01-10,,autumn,"];

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (...lines: string[]): CalendarReading => readCalendarFile(bytesOf([HEADING, ...lines].join("\n")), 2026);
function problemsOf(reading: CalendarReading): string[] {
  return reading.ok ? [] : reading.problems.map(({ row, column, cause }) => `${row ?? "file"} ${column ?? "-"}: ${cause}`);
}

test("a year's list gives its holidays, make-up days and the term phases that begin in it, in the form that putCalendar takes", () => {
  expect(read(...ROWS)).toEqual({
    ok: true,
    value: {
      from: "2026-01-01",
      until: "2027-01-01",
      days: [
        { date: "2026-10-01", kind: "holiday" },
        { date: "2026-10-02", kind: "holiday" },
        { date: "2026-10-03", kind: "holiday" },
        { date: "2026-10-10", kind: "makeUpDay", runsAs: 5 },
      ],
      termPhases: [{ phase: "autumn", from: "2026-09-01", until: "2027-01-11" }],
    },
  });
});

test.each([
  ["CRLF and a byte order mark", bytesOf(`\uFEFF${[HEADING, ...ROWS].join("\r\n")}\r\n`)],
  ["columns in another order, without those that may be left out, and with one of remarks", bytesOf("kind,,date\nholiday,so,2026-10-01\n,,\n")],
  ["GBK", Uint8Array.of(...bytesOf(`${HEADING}\n2026-10-01,holiday,,,,`), 0xb9, 0xfa, 0xc7, 0xec)],
])("it is read with %s", (_, bytes) => {
  const reading = readCalendarFile(bytes, 2026);
  expect(reading.ok && reading.value.days[0]).toEqual({ date: "2026-10-01", kind: "holiday" });
});

test.each<[string, string[], string[]]>([
  ["a word for a date", ["yesterday,holiday,,,,"], ['2 date: "yesterday" is no date']],
  ["a day that does not exist", ["2026-02-29,holiday,,,,"], ['2 date: "2026-02-29" is no date']],
  ["a spreadsheet's date", ["2026-10-01,holiday,2026/10/7,,,"], ['2 until: "2026/10/7" is no date']],
  ["an unknown kind", ["2026-10-01,feast,,,,"], ['2 kind: "feast" is not known here']],
  ["a make-up day that runs as nothing", ["2026-10-10,makeUpDay,,,,"], ['2 runs_as: "" is no day of the week']],
  ["a make-up day that runs as a number", ["2026-10-10,makeUpDay,,5,,"], ['2 runs_as: "5" is no day of the week']],
  ["a make-up day that runs as a word of the language", ["2026-10-10,makeUpDay,,constructor,,"], ['2 runs_as: "constructor" is no day of the week']],
  ["a holiday that runs", ["2026-10-01,holiday,,mon,,"], ["2 runs_as: a holiday has no runs_as"]],
  ["a holiday of a phase", ["2026-10-01,holiday,,,autumn,"], ["2 phase: a holiday has no phase"]],
  ["another year", ["2026-12-31,holiday,2027-01-02,,,"], ["2 until: 2027-01-02 is not in 2026"]],
  ["the list of another year", ["2025-10-01,holiday,,,,"], ["2 date: 2025-10-01 is not in 2026"]],
  ["a phase that began last year", ["2026-10-01,holiday,,,,", "2025-12-01,termPhase,2026-02-01,,autumn,"], ["3 date: 2025-12-01 is not in 2026"]],
  ["an end before the beginning", ["2026-10-03,holiday,2026-10-01,,,"], ["2 until: these are -1 days"]],
  ["a day twice", ["2026-10-01,holiday,2026-10-03,,,", "2026-10-02,makeUpDay,,fri,,"], ["3 date: 2026-10-02 stands in row 2 already"]],
  ["a phase without a name", ["2026-09-01,termPhase,,,,"], ['2 phase: "" is no name']],
  ["a phase that is a formula", ["2026-09-01,termPhase,,,=1+1,"], ['2 phase: "=1+1" is no name']],
  [
    "a phase twice on one day",
    ["2026-09-01,termPhase,2026-12-31,,autumn,", "2026-12-01,termPhase,2027-01-10,,autumn,"],
    ["3 date: autumn is on these days by row 2 already"],
  ],
  ["a row that is cut off", ["2026-10-01,holi"], ["2 -: the row has 2 cells, the heading 6"]],
  ["a quotation mark that does not end", ['2026-10-01,holiday,,,,"国庆'], ["2 -: it cannot be read: CSV_QUOTE_NOT_CLOSED"]],
  ["no day at all", ["2026-09-01,termPhase,2026-12-31,,autumn,"], ["file -: it has no holiday and no make-up day of 2026"]],
])("%s is refused, by its row", (_, lines, problems) => {
  expect(problemsOf(read(...lines))).toEqual(problems);
});

test("all mistakes are named together, fifty of them at most, and nothing of the file is taken", () => {
  expect(problemsOf(read(...ROWS, "x,holiday,,,,", "2026-10-11,feast,,,,"))).toHaveLength(2);
  const many = read(...Array.from({ length: 60 }, () => "x,holiday,,,,"));
  expect(problemsOf(many)).toHaveLength(50);
  expect(!many.ok && many.detail.split("\n").at(-1)).toBe("and 10 more");
});

test.each<[string, Uint8Array, string]>([
  ["nothing", new Uint8Array(), "file -: the file is empty"],
  [
    "UTF-16, as “Unicode text” is saved",
    Uint8Array.of(0xff, 0xfe, ...[...bytesOf(HEADING)].flatMap((byte) => [byte, 0])),
    "file -: it is neither UTF-8 nor GBK text",
  ],
  ["a workbook", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0), "file -: it is neither UTF-8 nor GBK text"],
  ["semicolons", bytesOf("date;kind\n2026-10-01;holiday"), "1 -: the cells are not separated by commas"],
  ["no kinds", bytesOf("date,name\n2026-10-01,国庆节"), "1 kind: the column is missing"],
  ["an unknown column", bytesOf("date,kind,weekday\n2026-10-01,holiday,4"), "1 weekday: the column is not known"],
  ["a column twice", bytesOf("date,kind,Date\n2026-10-01,holiday,2026-10-01"), "1 date: the column stands twice"],
  ["too much", new Uint8Array(1024 * 1024 + 1), "file -: it has more than 1024 KiB"],
])("a file of %s is refused as a whole", (_, bytes, problem) => {
  expect(problemsOf(readCalendarFile(bytes, 2026))).toEqual([problem]);
});

let rig: CloudRig;
beforeEach(async () => void (rig = await cloudRig()));
afterEach(() => rig.close());

test("the example is one of the year in its name and no other; importing it ends the alarm that next year's list is missing", async () => {
  expect(problemsOf(readCalendarFile(EXAMPLE, 2029)).length).toBeGreaterThan(10);
  const alarmOn = async (date: string) => calendarAlarm(await readCalendar(rig.database.queries), "Asia/Shanghai", startOfDay("Asia/Shanghai", date));
  await done(
    putCalendar({ cloud: rig, services: SERVICES }, NOTE, {
      from: "2029-01-01",
      until: "2030-01-01",
      days: [{ date: "2029-10-01", kind: "holiday" }],
      termPhases: [],
    }),
  );
  expect(await alarmOn("2029-11-30")).toBeUndefined();
  expect(await alarmOn("2029-12-01")).toEqual({ missingYear: 2030 });
  const file = readCalendarFile(EXAMPLE, 2030);
  if (!file.ok) throw new Error(file.detail);
  expect(await done(putCalendar({ cloud: rig, services: SERVICES }, NOTE, file.value))).toMatchObject({ days: 25, termPhases: 4 });
  expect(await alarmOn("2029-12-31")).toBeUndefined();
  expect(await alarmOn("2030-12-01")).toEqual({ missingYear: 2031 });
});
