import type { GuardStationRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { json, standIn } from "./stand-in-controller.ts";

const ROW: GuardStationRow = {
  id: "gate-house",
  accessPoints: ["desk-in"],
  guard: "0011223344556677",
  leftS: 2463,
  buttons: [
    { does: "open", door: "gate-1/entry" },
    { does: "hold", door: "gate-1/entry" },
  ],
  held: [{ door: "gate-1/entry", leftS: 552, reason: "delivery" }],
};

test("guard list shows who is signed in, for how long, and what is held open from there and why", async () => {
  const there = await standIn(json([ROW, { ...ROW, id: "south", guard: null, leftS: null, held: [] }]));
  onTestFinished(there.end);
  expect(await there.run({ isTty: true }, "guard", "list")).toEqual({
    exitCode: 0,
    out: `STATION     GUARD             FOR     HOLDS OPEN                          BUTTONS
gate-house  0011223344556677  41m 3s  gate-1/entry for 9m 12s (delivery)  open gate-1/entry, hold gate-1/entry
south       nobody                                                        open gate-1/entry, hold gate-1/entry
`,
    err: "",
  });
});
