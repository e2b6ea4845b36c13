import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DoorRow, ShadowReportRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { instantOf } from "./old-log-file.ts";
import { json, standIn as startStandIn, type StandIn, type StandInAnswer } from "./stand-in-controller.ts";

async function standIn(answer: StandInAnswer): Promise<StandIn> {
  const there = await startStandIn(answer);
  onTestFinished(there.end);
  return there;
}
const COUNTS = { bothGranted: 412, bothDenied: 3, onlyOurs: 0, onlyOld: 1, unseenByUs: 0, unseenByOld: 0 };
const REPORT: ShadowReportRow = {
  day: "2027-01-11",
  isToday: true,
  doors: [
    { door: "library", inShadow: true, ...COUNTS },
    { door: "lab", inShadow: false, ...COUNTS, onlyOld: 0 },
  ],
  decisions: [
    {
      at: 1_799_625_600,
      door: "library",
      accessPoint: "library-in",
      class: "onlyOld",
      credential: "a1a2a3a4a5a6a7a8",
      ours: "denied",
      old: "granted",
      reason: "Unauthorized",
      detail: "no grant",
      remedy: "Ask the owner.",
      remedyZh: "请联系负责人。",
      seq: 12,
      oldSeq: 13,
    },
  ],
};
const ROW: DoorRow = { id: "library", kind: "door", shadow: true, mode: "Unknown", lock: "Unknown", physical: "Closed", alarm: "Normal", fire: false, overruled: null, sinceS: 5, lastEvent: null }; // prettier-ignore

test("shadow report shows the numbers of each door, then each decision that differs, with why and what to do", async () => {
  const { run, asked } = await standIn(json(REPORT));
  const { out, exitCode } = await run({ isTty: true }, "shadow", "report", "--day", "2027-01-11", "--door", "library");
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^2027-01-11, so far\nDOOR {5}DRIVEN BY .*\nlibrary {2}old system {2}412 +3 +0 +1 +0 +0\n\nTIME .*\n.* library {2}only the old system lets in {2}a1a2a3a4a5a6a7a8 {2}12 +Unauthorized \(no grant\) {2}Ask the owner\.\n$/); // prettier-ignore
  expect(asked.map(({ route }) => route)).toEqual(["GET /v1/shadow/report?day=2027-01-11"]);
});

test("in a pipe it is one decision a line, or with --counts one door", async () => {
  const { run, asked } = await standIn(json(REPORT));
  expect((await run({}, "shadow", "report", "--all")).out).toBe(`${JSON.stringify(REPORT.decisions[0])}\n`);
  expect((await run({}, "shadow", "report", "--counts")).out.split("\n")).toHaveLength(3);
  expect(asked[0]!.route).toBe("GET /v1/shadow/report?all=1");
});

test.each([
  ["cut-over", "library is driven by Portico\n"],
  ["return", "library is in shadow: the old system drives it\n"],
])("door %s asks for that, by whom and why", async (act, out) => {
  const { run, asked } = await standIn(json([ROW]));
  expect(await run({ isTty: true }, "door", act, "library", "--reason", "week 2")).toMatchObject({ exitCode: 0, out });
  expect(asked).toEqual([{ route: `POST /v1/shadow/doors/library/${act}`, body: { by: "zhang", reason: "week 2" } }]);
  expect(await run({ isTty: true }, "door", act, "library")).toMatchObject({ exitCode: 2, err: expect.stringContaining("without a reason") });
  expect(asked).toHaveLength(1);
});

test("door list says which doors are in shadow", async () => {
  const { run } = await standIn(json([ROW]));
  expect((await run({ isTty: true }, "door", "list")).out).toContain("library  door  in shadow  Unknown  Closed");
});

const LOG = `时间;门;卡号;结果
2027-01-11 08:30:05;北门;04C3E5A7192B3D;允许
2027/1/11 8:31;北门;04FFEEDDCCBBAA;拒绝
2027-01-11 08:32:00;南门;04C3E5A7192B3D;允许
2027-01-11 08:33:00;北门;;门被强行打开
`;
const taking: StandInAnswer = (response, question) =>
  json(question.route.startsWith("GET") ? [{ id: "library-in" }] : { taken: 2, known: 0, unknownCards: 1, days: ["2027-01-10"] })(response, question);

test("shadow import takes the lines of readers that are named, by the log's own columns and words, and says what it left out", async () => {
  const { run, asked, folder } = await standIn(taking);
  const file = join(folder, "log.csv");
  writeFileSync(file, LOG);
  const { out, err, exitCode } = await run({ isTty: true }, "shadow", "import", file, "--reader", "北门=library-in", "--zone", "Asia/Shanghai", "--shift", "-90", "--as", "uid-hex:lsb-first", "--reason", "week 1"); // prettier-ignore
  expect([exitCode, err]).toEqual([0, "next: portico shadow report --day 2027-01-10\n"]);
  expect(out).toContain("left out, other readers  南门 1\nleft out, no decision    1\n");
  expect(out).not.toMatch(/04C3|04FF/);
  expect(asked.at(-1)).toEqual({
    route: "POST /v1/shadow/import",
    body: {
      by: "zhang",
      reason: "week 1",
      format: { format: "uid-hex", byteOrder: "lsb-first" },
      entries: [
        { accessPoint: "library-in", at: 1_799_627_405 - 90, card: "04C3E5A7192B3D", granted: true },
        { accessPoint: "library-in", at: 1_799_627_460 - 90, card: "04FFEEDDCCBBAA", granted: false },
      ],
    },
  });
});

test.each<[string, string, readonly string[], RegExp]>([
  ["no zone for its times", LOG, ["--reader", "北门=library-in"], /in which zone the log tells times/],
  ["an access point that is none", LOG, ["--reader", "北门=nowhere", "--zone", "UTC"], /there is no such access point[^]*use one of library-in/],
  ["no reader that is named", LOG, ["--zone", "UTC"], /no line is of a reader that was named[^]*the log has 北门, 南门/],
  ["a time that is none", "time,reader,card,result\nyesterday,library-in,1,ok\n", ["--zone", "UTC"], /log\.csv:2, column time: yesterday/],
  ["other words", "time,reader,card,result\n1799627405,library-in,1,door open\n", ["--zone", "UTC"], /name its words: --granted/],
  ["no such column", "a,b\n1,2\n", ["--zone", "UTC", "--time", "when"], /there is no column when/],
  ["no such way of writing", LOG, ["--zone", "UTC", "--as", "wiegand-99"], /no reader's cards are written so[^]*wiegand-26/],
])("shadow import with %s is wrong usage, told with what to do, and takes nothing", async (_, log, words, wanted) => {
  const { run, asked, folder } = await standIn(taking);
  const file = join(folder, "log.csv");
  writeFileSync(file, log);
  expect(await run({ isTty: true }, "shadow", "import", file, ...words)).toMatchObject({ exitCode: 2, out: "", err: expect.stringMatching(wanted) });
  expect(asked.filter(({ route }) => route.startsWith("POST"))).toEqual([]);
});

test.each<[string, number | undefined]>([
  ["1799627405", 1_799_627_405],
  ["1799627405123", 1_799_627_405],
  ["2027-01-11T08:30:05+08:00", 1_799_627_405],
  ["2027-01-11T00:30:05Z", 1_799_627_405],
  ["2027-01-11 08:30:05.250", 1_799_627_405],
  ["2027.1.11 8:30", 1_799_627_400],
  ["2027-02-30 08:30:05", undefined],
  ["2027-01-11 24:30:05", undefined],
  ["11.01.2027 08:30", undefined],
])("%s is read as a time", (text, at) => {
  expect(instantOf(text, "Asia/Shanghai")).toBe(at);
});
