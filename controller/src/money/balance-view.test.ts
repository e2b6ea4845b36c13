import { simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import type { KeptCharge } from "../store/charge-store.ts";
import { balanceBehind, type BalanceTold } from "./balance-view.ts";

const WHO = { zone: "canteen", holder: 7 };

/** A till's charge number 41, its state, and a ledger that says so much. */
function bench(states: { state: KeptCharge["state"] }, balance: () => Promise<number | undefined> = () => Promise.resolve(8_750)) {
  const clock = simulatedClock();
  const charge = (): KeptCharge => ({ seq: 41, state: states.state }) as KeptCharge;
  const charges = { find: charge, oldestWaiting: () => (states.state === "waiting" ? charge() : undefined) };
  return {
    clock,
    ask: async (of: number | undefined, withinMs = 10_000): Promise<BalanceTold | "nothing yet"> => {
      const came: BalanceTold[] = [];
      void balanceBehind({ money: { balance }, charges, clock }, WHO, of).then((told) => came.push(told));
      await clock.pass(withinMs);
      return came[0] ?? "nothing yet";
    },
  };
}

test("rule 2.13: what is left is asked once the ledger has acknowledged the charge, so that it counts", async () => {
  const states: { state: KeptCharge["state"] } = { state: "waiting" };
  const { clock, ask } = bench(states);
  clock.after(1_000, () => (states.state = "posted"));
  expect(await ask(41, 900)).toBe("nothing yet");
  expect(await ask(41, 2_000)).toEqual({ kind: "left", fen: 8_750 });
});

test("off line nobody is told an old number: a charge that is not acknowledged in time, one that a person has to look at, and a ledger that is silent or slow say so", async () => {
  expect(await bench({ state: "waiting" }).ask(41)).toEqual({ kind: "unknown" });
  expect(await bench({ state: "waiting" }).ask(undefined)).toEqual({ kind: "unknown" });
  expect(await bench({ state: "review" }).ask(41)).toEqual({ kind: "unknown" });
  expect(await bench({ state: "posted" }, () => Promise.resolve(undefined)).ask(41)).toEqual({ kind: "unknown" });
  expect(await bench({ state: "posted" }, () => new Promise(() => {})).ask(41)).toEqual({ kind: "unknown" });
});

test("whoever only asks is told at once, and a debt is nothing left", async () => {
  expect(await bench({ state: "posted" }).ask(undefined, 1)).toEqual({ kind: "left", fen: 8_750 });
  expect(await bench({ state: "posted" }, () => Promise.resolve(-120)).ask(undefined, 1)).toEqual({ kind: "left", fen: 0 });
});
