import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";
import { json, standIn, type StandIn } from "./stand-in-controller.ts";

const JUDGED = {
  kind: "judged",
  accessPoint: "gate-1-in",
  atMs: null,
  presentation: null,
  credential: null,
  outcome: "denied",
  accessProfile: null,
  reason: "PassMalformed",
  detail: "",
  seq: null,
  phoneClockOffsetS: null,
};
const SOMEBODY_ELSE = { ...JUDGED, presentation: "H", credential: "00000000000000a1", outcome: "granted", accessProfile: "campus", reason: null, seq: 7 };

/** Devices of a campus that report this when something is scanned. @param reported  of the scan's mark */
async function devices(reported: (mark: string) => readonly object[]): Promise<StandIn> {
  let following: ServerResponse | undefined;
  const there = await standIn((response, question) => {
    if (question.route === "GET /v1/reports") {
      following = response.writeHead(200);
      return response.flushHeaders();
    }
    const { mark } = question.body as { readonly mark: string };
    for (const report of reported(mark)) following?.write(`${JSON.stringify(report)}\n`);
    return json(true)(response, question);
  }, "sim.sock");
  onTestFinished(there.end);
  return there;
}

/** @param isPatient  waits for what comes; else every wait is over at once */
function scan({ folder }: StandIn, isPatient: boolean, ...words: readonly string[]): Promise<CommandRecord> {
  const surroundings = new RecordedSurroundings({ env: { PORTICO_DATA: folder } });
  if (!isPatient) surroundings.onWait = () => surroundings.passTime();
  return surroundings.run("sim", "scan", "gate-1-in", ...words);
}

test("of all that is reported meanwhile the one that bears the scan's own mark is its answer, and nothing of the text is in the mark", async () => {
  const marks: string[] = [];
  const there = await devices((mark) => {
    marks.push(mark);
    return [SOMEBODY_ELSE, { ...SOMEBODY_ELSE, scan: "life 7" }, { ...JUDGED, scan: mark, detail: "mine" }];
  });
  const { exitCode, out, err } = await scan(there, true, "--text", "HELLO");
  expect(JSON.parse(out)).toMatchObject({ outcome: "denied", reason: "PassMalformed", detail: "mine", credential: null });
  expect({ exitCode, err }).toMatchObject({ exitCode: 1, err: expect.stringContaining("refused: PassMalformed") });
  expect(marks).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
});

test("a refusal at the library is explained by the library's controller, one at a gate by the gates'", async () => {
  const there = await devices((mark) => [{ ...JUDGED, scan: mark, seq: 7, reason: "Unauthorized" }]);
  const at = async (accessPoint: string): Promise<string> =>
    (await new RecordedSurroundings({ env: { PORTICO_DATA: there.folder } }).run("sim", "scan", accessPoint, "--text", "HELLO")).err;
  expect(await at("gate-2-in")).toMatch(/next: portico event explain 7\n$/);
  expect(await at("library-in")).toMatch(new RegExp(`next: portico event explain 7 --data ${there.folder}/library\n$`));
});

test("without an answer it ends with 3 where no controller runs, and with 1 where one does", async () => {
  const there = await devices(() => [SOMEBODY_ELSE]);
  expect(await scan(there, false, "--text", "HELLO")).toMatchObject({
    exitCode: 3,
    out: "",
    err: expect.stringContaining("the controller is not running\non: "),
  });
  const controller = await standIn(json({}), "controller.sock", there.folder);
  onTestFinished(controller.end);
  expect(await scan(there, false, "--text", "HELLO")).toMatchObject({
    exitCode: 1,
    out: "",
    err: expect.stringMatching(/^portico: no answer within 3 s\non: gate-1-in\nnext: the same text again /),
  });
});

test.each([
  ["no text", "", "some text is wanted"],
  ["two lines", "A\nB", "one line is wanted"],
  ["more than a scan has", "图".repeat(1_366), "At most 4096 bytes are wanted"],
])("%s is wrong usage, and nothing is held before the reader", async (_, text, wanted) => {
  const there = await devices(() => []);
  expect(await scan(there, true, "--text", text)).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(wanted) });
  expect(there.asked).toEqual([]);
});
