import { osdpRelayBoard } from "@portico/firmware-ts/osdp";
import { expect, test } from "vitest";
import type { VirtualPdOptions } from "../src/osdp/virtual-pd.ts";
import { osdpBench } from "./osdp-bench.ts";

const FLOORS = 16;
const all = Array.from({ length: FLOORS }, (_, output) => output);

/** A module of 16 outputs that is on line. */
async function module(manyOutputs: NonNullable<VirtualPdOptions["manyOutputs"]>, baud = 115_200) {
  const { clock, pds, line } = osdpBench({ baud, device: () => ({ outputs: FLOORS, inputs: 4, manyOutputs }) });
  const { pd, device } = pds[0]!;
  const board = osdpRelayBoard({ id: "module", pd, relays: FLOORS, inputs: 4 });
  await clock.until(() => board.health.kind === "online", 10_000);
  await clock.pass(1_000);
  return { clock, board, device, line, active: () => all.filter((output) => device.relay(output)).length };
}

test.each([
  [9_600, 150],
  [115_200, 30],
])("at %i baud 16 floors of a grant are enabled within %i ms, and the PD itself ends them when the line is cut", async (baud, withinMs) => {
  const { clock, board, line, active } = await module("all", baud);
  const from = clock.monotonic();
  const results = all.map((output) => board.pulse(output, 8_000));
  await clock.until(() => active() === FLOORS, 10_000);
  expect(clock.monotonic() - from).toBeLessThan(withinMs);
  await clock.pass(200);
  expect((await Promise.all(results)).every(({ ok }) => ok)).toBe(true);
  line.cut();
  await clock.pass(8_000);
  expect(active()).toBe(0);
});

test.each(["refuses", "first alone"] as const)("a PD that %s several outputs in one command is told one by one", async (manyOutputs) => {
  const { clock, board, active } = await module(manyOutputs);
  const results = all.map((output) => board.pulse(output, 3_000));
  await clock.pass(1_000);
  expect((await Promise.all(results)).every(({ ok }) => ok)).toBe(true);
  expect(active()).toBe(FLOORS);
  const off = all.map((output) => board.set(output, false));
  await clock.pass(1_000);
  expect((await Promise.all(off)).every(({ ok }) => ok)).toBe(true);
  expect(active()).toBe(0);
});
