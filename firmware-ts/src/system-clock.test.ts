import { createHook } from "node:async_hooks";
import { expect, test } from "vitest";
import { seededRandom, seededRandomBytes } from "./seeded-random.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandom, systemRandomBytes } from "./system-random.ts";

test("timers never ring early, and monotonic time never goes back", async () => {
  const clock = systemClock(() => "untrusted");
  expect(clock.wall()).toBe("untrusted");
  let last = clock.monotonic();
  for (const isUrgent of [false, true])
    for (const delayMs of [0, 0.3, 1, 1.75, 3, 7.2]) {
      const setAt = clock.monotonic();
      await new Promise<void>((resolve) => clock.after(delayMs, resolve, isUrgent));
      expect(clock.monotonic() - setAt).toBeGreaterThanOrEqual(delayMs);
      expect(clock.monotonic()).toBeGreaterThanOrEqual(last);
      last = clock.monotonic();
    }
});

test("who waits is woken once, not too early and then again", async () => {
  const clock = systemClock(() => "untrusted");
  let timers = 0;
  const hook = createHook({ init: (_, type) => void (type === "Timeout" && timers++) }).enable();
  let once = 0;
  for (let tries = 0; tries < 40; tries++) {
    const rung = new Promise<void>((resolve) => clock.after(5, resolve));
    // Something else happens meanwhile, as it does where many wait: the loop reckons anew how long it may sleep.
    await new Promise<void>((resolve) => clock.after(1 + (tries % 10) / 10, resolve, true));
    const before = timers;
    await rung;
    if (timers === before) once++;
  }
  hook.disable();
  // A loop that was kept from turning sees the time too late: now and then it takes two.
  expect(once).toBeGreaterThanOrEqual(36);
});

test("an urgent timer keeps the fraction of a millisecond: a machine with other things to do needs some tries", async () => {
  const clock = systemClock(() => "untrusted");
  const latenessOf = async (delayMs: number): Promise<number> => {
    const setAt = clock.monotonic();
    await new Promise<void>((resolve) => clock.after(delayMs, resolve, true));
    return clock.monotonic() - setAt - delayMs;
  };
  let best = Infinity;
  // A timer of whole milliseconds would be 0.25 ms late at best.
  for (let tries = 0; tries < 1_000 && best > 0.2; tries++) best = Math.min(best, await latenessOf(1.75));
  expect(best).toBeLessThanOrEqual(0.2);
});

test("a cancelled timer does not ring, and cancelling twice is harmless", async () => {
  const clock = systemClock(() => "untrusted");
  const rung: string[] = [];
  for (const isUrgent of [false, true])
    for (const delayMs of [0.3, 1]) {
      const cancel = clock.after(delayMs, () => rung.push("cancelled"), isUrgent);
      cancel();
      cancel();
    }
  await new Promise<void>((resolve) => clock.after(5, resolve));
  expect(rung).toEqual([]);
});

test("chance is a number in [0, 1), and bytes are as many as asked for", () => {
  for (const random of [systemRandom, seededRandom(1)]) expect(Array.from({ length: 100 }, random).every((value) => value >= 0 && value < 1)).toBe(true);
  for (const bytes of [systemRandomBytes, seededRandomBytes(seededRandom(1))])
    expect([bytes(32).length, bytes(0).length, new Set(bytes(64)).size > 8]).toEqual([32, 0, true]);
});
