import type { DeviceHealth } from "@portico/firmware-ts";
import { osdpDisplay } from "@portico/firmware-ts/osdp";
import { expect, test } from "vitest";
import { type BenchPd, osdpBench } from "./osdp-bench.ts";

async function display(textRows: 0 | 1 | 2 | 4) {
  const bench = osdpBench({ device: () => ({ textRows }) });
  const [one] = bench.pds as [BenchPd];
  const made = osdpDisplay({ id: "display", pd: one.pd });
  const healths: DeviceHealth["kind"][] = [];
  made.onHealth(({ kind }) => healths.push(kind));
  await bench.clock.until(() => one.pd.health.kind === "online" && one.pd.portrait.capabilities !== undefined, 1_000);
  const show = async (...lines: string[]) => {
    const result = made.show(lines.map((left) => ({ left, right: "" })));
    await bench.clock.pass(300);
    return result;
  };
  return { ...bench, ...one, made, healths, show, rows: () => one.device.body.rows };
}

test.each([
  [1, ["0000482267"]],
  [2, ["0000482267", "8189205111"]],
  [4, ["0000482267", "8189205111", "", ""]],
] as const)("a reader with %i rows shows as many lines as it has, 16 columns each", async (textRows, rows) => {
  const { made, show, rows: shown } = await display(textRows);
  expect([made.rows, made.columns]).toEqual([textRows, 16]);
  expect(await show("0000482267", "8189205111")).toEqual({ ok: true });
  expect(shown()).toEqual(rows);
});

test("the newest lines win, and whoever waited for older ones is told", async () => {
  const { made, clock, rows } = await display(2);
  const older = made.show([{ left: "older", right: "" }]);
  const newer = made.show([{ left: "newer", right: "1" }]);
  await clock.pass(300);
  expect([await older, await newer, rows()]).toEqual([expect.objectContaining({ ok: false, error: "Superseded" }), { ok: true }, ["newer          1", ""]]);
});

test("a reader that loses power shows again what it showed, and a cut line answers at once", async () => {
  const { clock, device, line, show, made, rows, healths } = await display(2);
  await show("0000482267", "8189205111");
  line.cut();
  await clock.pass(10_000);
  expect(await show("later")).toMatchObject({ ok: false });
  device.powerCycle();
  expect(rows()).toEqual([]);
  line.mend();
  expect(await clock.until(() => made.health.kind === "online", 20_000)).toBe(true);
  await clock.pass(500);
  expect([rows(), healths.includes("offline"), healths.at(-1)]).toEqual([["later", ""], true, "online"]);
});

test("a reader that says that it has no display is dark, by name", async () => {
  const { made, show } = await display(0);
  expect(made.health).toMatchObject({ kind: "offline", error: "Unsupported" });
  expect(await show("1")).toMatchObject({ ok: false, error: "Unsupported" });
});

test("closed it takes nothing more and tells nobody", async () => {
  const { made, clock, line, healths } = await display(2);
  const waiting = made.show([{ left: "1", right: "" }]);
  await Promise.all([made.close(), made.close()]);
  expect(await waiting).toMatchObject({ ok: false, error: "Disconnected" });
  const before = healths.length;
  line.cut();
  await clock.pass(10_000);
  expect([await made.show([]), healths.length]).toEqual([expect.objectContaining({ ok: false }), before]);
});
