import type { ControlRoute, ShadowReportRow } from "@portico/controller";
import { expect, test } from "vitest";
import { type CampusBench, campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";

const OLD_RELAY = 5;
const [STRIKE, BY] = [0, { by: "wang", reason: "the old system goes" }];

/** The library with an old system beside it, whose relay closes an input of the library's board. */
const besideOld = (): Promise<CampusBench> =>
  campusBench({
    amend: (portico) =>
      portico.replace(`[[door]]\nid = "library"\n`, `[[door]]\nid = "library"\nmode = "shadow"\nold_grant = { board = "library", input = ${OLD_RELAY} }\n`),
  });
const ask = ({ campus }: CampusBench, route: ControlRoute, params: Record<string, string> = {}, body?: unknown): unknown =>
  (campus.controller.answers[route] as (asked: object) => unknown)({ params, query: new URLSearchParams(), body });
const report = (bench: CampusBench): ShadowReportRow => ask(bench, "GET /v1/shadow/report") as ShadowReportRow;
const drive = (bench: CampusBench, act: "cut-over" | "return"): unknown => ask(bench, "POST /v1/shadow/doors/:id/:act", { id: "library", act }, BY);

/** The old system lets somebody in. */
async function oldGrants({ campus, pass }: CampusBench): Promise<void> {
  const board = campus.devices.boards.get("library")!;
  board.setInput(OLD_RELAY, true);
  await pass(1_000);
  board.setInput(OLD_RELAY, false);
  await pass(DEBOUNCE_OVER_MS);
}
/** Whether the library's strike is or was energised since it was looked at last. */
const energised = ({ campus }: CampusBench): boolean => campus.devices.boards.get("library")!.relay(STRIKE);

test("a campus changes over: what differs is told, a door goes over by one word, and neither a power cut nor a crash gives it back", async () => {
  const bench = await besideOld();
  const { campus, answer, code, pass } = bench;
  expect(await answer("library-in", code("zhang"))).toBe("granted");
  await oldGrants(bench);
  await pass(DEBOUNCE_OVER_MS);
  expect(await answer("library-in", code("li"))).toBe("granted");
  expect(energised(bench), "in shadow nothing is driven").toBe(false);
  expect(await campus.hands.pushDoor("library", 500), "nor does the door open").toBe(false);
  await pass(20_000);
  await oldGrants(bench);
  expect(report(bench).doors).toMatchObject([{ door: "library", bothGranted: 1, onlyOurs: 1, unseenByUs: 1 }]);
  expect(report(bench).decisions.map((row) => [row.class, row.remedy === ""])).toEqual([
    ["onlyOurs", false],
    ["unseenByUs", false],
  ]);

  drive(bench, "cut-over");
  campus.powerCut();
  await pass(2_000);
  await campus.powerReturns();
  await pass(10_000);
  expect(await answer("library-in", code("zhang"))).toBe("granted");
  expect(await campus.hands.pushDoor("library", 500), "it is Portico's now").toBe(true);
  await pass(20_000);
  drive(bench, "return");
  campus.kill();
  await pass(1_000);
  await campus.start();
  await pass(10_000);
  expect(await answer("library-in", code("zhang"))).toBe("granted");
  expect(energised(bench)).toBe(false);
  expect(await campus.hands.pushDoor("library", 500), "it is the old system's again").toBe(false);
  expect((await bench.events()).filter(({ name }) => /^Door(CutOver|Returned|ForcedOpen)$/.test(name)).map(({ name }) => name)).toEqual([
    "DoorCutOver",
    "DoorReturned",
  ]);
});
