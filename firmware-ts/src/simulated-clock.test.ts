import { unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { simulatedClock } from "./simulated-clock.ts";

test("callbacks come in the order of their time, and of their setting where the time is the same", () => {
  const clock = simulatedClock();
  const calls: string[] = [];
  clock.after(20, () => calls.push(`late ${clock.monotonic()}`));
  clock.after(10, () => {
    calls.push(`first ${clock.monotonic()}`);
    clock.after(0, () => calls.push(`nested ${clock.monotonic()}`));
  });
  clock.after(10, () => calls.push(`second ${clock.monotonic()}`));
  clock.after(15, () => calls.push("cancelled"))();
  clock.advance(20);
  expect(calls).toEqual(["first 10", "second 10", "nested 10", "late 20"]);
  expect(clock.pending).toBe(0);
});

test("the wall clock goes with monotonic time from what it was set to, and may be untrusted", () => {
  const clock = simulatedClock(1_000);
  clock.advance(2_500);
  expect(clock.wall()).toEqual({ now: 1_002, uncertaintyS: 0 });
  clock.setWall("untrusted");
  expect(clock.wall()).toBe("untrusted");
  clock.setWall({ now: unixSeconds(5_000), uncertaintyS: 7 });
  clock.advance(3_000);
  expect(clock.wall()).toEqual({ now: 5_003, uncertaintyS: 7 });
});

test("passing time lets promises settle between two callbacks", async () => {
  const clock = simulatedClock();
  const calls: string[] = [];
  clock.after(10, () => void Promise.resolve().then(() => clock.after(5, () => calls.push(`chained ${clock.monotonic()}`))));
  clock.after(20, () => calls.push("later 20"));
  await clock.pass(20);
  expect(calls).toEqual(["chained 15", "later 20"]);
});

test("waiting for a condition ends when it holds, or when the time is up", async () => {
  const clock = simulatedClock();
  let isDone = false;
  clock.after(30, () => (isDone = true));
  expect(await clock.until(() => isDone, 20)).toBe(false);
  expect(await clock.until(() => isDone, 20)).toBe(true);
  expect(clock.monotonic()).toBe(30);
});
