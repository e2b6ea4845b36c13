import type { AreaHolderRow, AreaRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import type { RecordedOptions } from "./recorded-surroundings.ts";
import { json, standIn as startStandIn, type StandIn, type StandInAnswer } from "./stand-in-controller.ts";

/** A stand-in that goes with the test. */
async function standIn(answer: StandInAnswer): Promise<StandIn> {
  const there = await startStandIn(answer);
  onTestFinished(there.end);
  return there;
}

const TTY: RecordedOptions = { isTty: true };
const YARD: AreaRow = {
  id: "yard",
  antipassback: "timed",
  antipassbackTimeS: 600,
  holders: 12,
  holdersMax: 200,
  entrances: ["gate-1-in", "gate-2-in"],
  exits: ["gate-1-out"],
};
const HALL: AreaRow = { id: "hall", antipassback: "off", antipassbackTimeS: null, holders: 0, holdersMax: null, entrances: ["library-in"], exits: [] };
const ZHANG: AreaHolderRow = { holder: 5, credential: "a1a2a3a4a5a6a7a8", since: null };

test("area list shows how many are inside, the rule and the ways", async () => {
  const { run, asked } = await standIn(json([YARD, HALL]));
  expect(await run(TTY, "area", "list")).toEqual({
    exitCode: 0,
    out: `AREA  INSIDE     ANTI-PASSBACK  WAYS IN               WAYS OUT
yard  12 of 200  timed, 10m 0s  gate-1-in, gate-2-in  gate-1-out
hall  0          off            library-in
`,
    err: "",
  });
  expect(asked).toEqual([{ route: "GET /v1/areas", body: undefined }]);
});

test("rule 7.12: area show --overdue lists who is inside though what let them in has ended, and since when", async () => {
  const rows = [{ ...ZHANG, endedAt: 1_799_632_800 }, { ...ZHANG, holder: 6, endedAt: null }]; // prettier-ignore
  const { run, asked } = await standIn((response, question) => json(question.route.endsWith("/status") ? {} : rows)(response, question));
  const { exitCode, out } = await run(TTY, "area", "show", "yard", "--overdue");
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^HOLDER +CREDENTIAL +SINCE +ENDED\n5 .*2027-01-11 .*\n6 .*withdrawn\n$/);
  expect(asked.at(-1)).toMatchObject({ route: "GET /v1/areas/yard/overdue" });
});

test("area show names who is inside", async () => {
  const { run, asked } = await standIn((response, question) => json(question.route.endsWith("/status") ? {} : [ZHANG])(response, question));
  expect(await run({}, "area", "show", "yard")).toEqual({ exitCode: 0, out: `${JSON.stringify(ZHANG)}\n`, err: "" });
  expect(asked.at(-1)).toEqual({ route: "GET /v1/areas/yard", body: undefined });
});

test.each([
  [["--credential", "A1A2A3A4A5A6A7A8"], "a1a2a3a4a5a6a7a8", "the holder of a1a2a3a4a5a6a7a8"],
  [["--all"], null, "everybody"],
])("area reset %j says whom, by whom and why", async (words, credential, whom) => {
  const { run, asked } = await standIn(json(YARD));
  expect(await run(TTY, "area", "reset", "yard", ...words, "--reason", "drill")).toEqual({
    exitCode: 0,
    out: `yard has forgotten ${whom}; 12 inside now\n`,
    err: "",
  });
  expect(asked).toEqual([{ route: "POST /v1/areas/yard/reset", body: { by: "zhang", reason: "drill", credential } }]);
});

test.each([[[]], [["--all", "--credential", "a1a2a3a4a5a6a7a8"]], [["--credential", "zhang"]]])(
  "area reset %j is wrong usage, and nobody is asked",
  async (words) => {
    const { run, asked } = await standIn(json(YARD));
    expect(await run(TTY, "area", "reset", "yard", ...words)).toMatchObject({ exitCode: 2, out: "" });
    expect(asked).toEqual([]);
  },
);
