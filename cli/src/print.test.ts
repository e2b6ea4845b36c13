import type { HeldJobRow, JobOutcomeRow, PrintReleaseRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { json, standIn } from "./stand-in-controller.ts";

async function told(answer: unknown, ...args: readonly string[]) {
  const there = await standIn(json(answer));
  onTestFinished(there.end);
  return there.run({ isTty: true }, "print", ...args);
}
const JOB: HeldJobRow = { job: 41, sides: 6, counted: true, copies: 2, duplex: true, colour: false, priceFen: 60, detail: "" };
const OUTCOME: JobOutcomeRow = { job: 41, outcome: "released", priceFen: 60, detail: "", test: true };

test("print jobs shows sides and price, and what could not be counted", async () => {
  const rows = [JOB, { ...JOB, job: 42, sides: 20, counted: false, copies: 1, duplex: false, colour: true, priceFen: 1_000, detail: "an encrypted PDF" }];
  expect(await told(rows, "jobs", "library-release")).toEqual({
    exitCode: 0,
    out: `JOB  SIDES     COPIES  PAPER             PRICE   REMARK
41   6         2       both sides        ¥0.60
42   about 20  1       one side, colour  ¥10.00  an encrypted PDF
`,
    err: "",
  });
});

test("print release says what is held and that it is a TEST; what the printer or the accounts refuse is an error", async () => {
  expect(await told([OUTCOME], "release", "library-release", "--all")).toMatchObject({
    exitCode: 0,
    out: "JOB  OUTCOME   HELD   REMARK\n41   released  ¥0.60\nTEST: no money moves\n",
  });
  const refused = await told([{ ...OUTCOME, outcome: "refused", detail: "not enough money" }], "release", "library-release", "--job", "41");
  expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining("not enough money") });
  expect(await told([], "release", "library-release")).toMatchObject({ exitCode: 2, err: expect.stringContaining("--all") });
});

test("print settle says what is charged for what was counted", async () => {
  const row: PrintReleaseRow = {
    id: "00",
    printer: "p",
    job: 7,
    station: "s",
    credential: "0011223344556677",
    phase: "review",
    sides: 1,
    heldFen: 0,
    sideFen: 10,
  };
  expect(await told(row, "settle", "00", "--sides", "1", "--reason", "jam")).toMatchObject({ exitCode: 0, out: "job 7 of p: 1 side, ¥0.10\n" });
});
