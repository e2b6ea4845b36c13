import type { LaneCountRow, LaneRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { json, standIn } from "./stand-in-controller.ts";

const LANES: readonly LaneRow[] = [
  {
    id: "gate-1",
    gate: "main-gate",
    style: "pulse",
    ready: "ready",
    alarm: "normal",
    held: [{ direction: "entry", station: "gate-house", leftS: 552 }],
    inToday: 412,
    outToday: 388,
  },
  { id: "gate-3", gate: "main-gate", style: "level", ready: null, alarm: null, held: [], inToday: 0, outToday: 0 },
];
const DAY: LaneCountRow = {
  day: "2027-01-11",
  lane: "gate-1",
  direction: "entry",
  granted: 412,
  free: 3,
  evacuation: 20,
  tailgating: 2,
  wrongWay: 1,
  forced: 0,
  unseen: 0,
};

test("lane list shows what each unit says, and how many passed today", async () => {
  const there = await standIn(json(LANES));
  onTestFinished(there.end);
  expect(await there.run({ isTty: true }, "lane", "list")).toEqual({
    exitCode: 0,
    out: `LANE    GATE       STYLE  READY      ALARM      HELD OPEN                 IN TODAY  OUT TODAY
gate-1  main-gate  pulse  ready      normal     in by gate-house, 9m 12s  412       388
gate-3  main-gate  level  not wired  not wired                            0         0
`,
    err: "",
  });
});

test("lane count asks for days and lane, and shows each kind apart; a day that no clock told is named so", async () => {
  const there = await standIn(json([{ ...DAY, day: null, direction: "exit" }, DAY]));
  onTestFinished(there.end);
  expect(await there.run({ isTty: true }, "lane", "count", "--days", "7", "--lane", "gate-1")).toEqual({
    exitCode: 0,
    out: `DAY         LANE    WAY  LET IN  FREE  FIRE  TAILGATING  WRONG WAY  FORCED  UNSEEN
not known   gate-1  out  412     3     20    2           1          0       0
2027-01-11  gate-1  in   412     3     20    2           1          0       0
`,
    err: "",
  });
  expect(there.asked.at(-1)?.route).toBe("GET /v1/lanes/counts?days=7&lane=gate-1");
  expect((await there.run({}, "lane", "count", "--days", "401")).exitCode).toBe(2);
});
