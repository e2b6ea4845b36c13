import type { TerminalRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { json, standIn } from "./stand-in-controller.ts";

const ROW: TerminalRow = {
  id: "canteen-1",
  merchant: "North canteen",
  accessPoint: "till",
  limitFen: 20_000,
  ceilingFen: 500_000,
  waiting: null,
  typed: "3.5",
  display: ["TEST  ¥3.50", "Amount"],
  last: { kind: "charged", amountFen: 1_250, charge: 42 },
  receipt: ["*** TEST ***", "North canteen", "PAYMENT ¥12.50"],
  exposure: { fen: 1_250, count: 1 },
  trouble: null,
  isTest: true,
};

test("terminal list shows what waits, what became of the last amount and what nobody has acknowledged", async () => {
  const there = await standIn(json([ROW]));
  onTestFinished(there.end);
  const { out } = await there.run({ isTty: true }, "terminal", "list");
  expect(out).toContain("canteen-1  North canteen             3.5    charged ¥12.50, charge 42  TEST  ¥3.50 | Amount  ¥12.50 of ¥5000.00, 1  TEST");
});

test("terminal charge --wait prints the receipt, and ends with code 1 and why where nothing was charged", async () => {
  const paid = await standIn(json(ROW));
  onTestFinished(paid.end);
  expect(await paid.run({ isTty: true }, "terminal", "charge", "canteen-1", "1250", "--wait")).toMatchObject({
    exitCode: 0,
    out: `${ROW.receipt!.join("\n")}\n`,
  });
  const refused = await standIn(json({ ...ROW, receipt: null, last: { kind: "refused", amountFen: 1_250, reason: "OverTotal", detail: "too much" } }));
  onTestFinished(refused.end);
  const { exitCode, err } = await refused.run({ isTty: true }, "terminal", "charge", "canteen-1", "1250", "--wait");
  expect([exitCode, err]).toEqual([1, expect.stringContaining("refused ¥12.50: OverTotal, too much")]);
});

test("terminal refund without a reason, and an amount that is no number, are wrong usage", async () => {
  const there = await standIn(json(ROW));
  onTestFinished(there.end);
  expect((await there.run({ isTty: true }, "terminal", "refund", "canteen-1", "42")).exitCode).toBe(2);
  expect((await there.run({ isTty: true }, "terminal", "charge", "canteen-1", "soup")).exitCode).toBe(2);
});
