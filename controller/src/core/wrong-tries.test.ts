import { monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { triesNow, type WrongTries, wrongTry } from "./wrong-tries.ts";

const RULES = { triesMax: 5, lockOutMs: 900_000 };
const after = (...times: readonly number[]): WrongTries | undefined =>
  times.reduce<WrongTries | undefined>((tries, at) => wrongTry(tries, RULES, monotonicMs(at)), undefined);

test("the fifth wrong try in a row locks out, for its time and not longer", () => {
  expect(after(0, 1, 2, 3)).toEqual({ count: 4, lastAt: 3, lockedUntil: undefined });
  const locked = after(0, 1, 2, 3, 4)!;
  expect(locked.lockedUntil).toBe(900_004);
  expect(triesNow(locked, RULES, monotonicMs(900_003))).toBe(locked);
  expect(triesNow(locked, RULES, monotonicMs(900_004))).toBeUndefined();
});

test("no try is counted while locked out: nobody prolongs it", () => {
  const locked = after(0, 1, 2, 3, 4);
  expect(wrongTry(locked, RULES, monotonicMs(500_000))).toBe(locked);
});

test("tries are forgotten when none was wrong for as long as a lock-out lasts", () => {
  expect(wrongTry(after(0, 1, 2, 3), RULES, monotonicMs(900_003))).toMatchObject({ count: 1 });
  expect(wrongTry(after(0, 1, 2, 3), RULES, monotonicMs(900_002))).toMatchObject({ count: 5, lockedUntil: 1_800_002 });
});

test("whatever the times, no more wrong tries are taken within a lock-out's time than the rule allows", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400_000), { maxLength: 40 }), (gaps) => {
      let tries: WrongTries | undefined;
      let at = 0;
      const taken: number[] = [];
      for (const gap of gaps) {
        at += gap;
        if (triesNow(tries, RULES, monotonicMs(at))?.lockedUntil === undefined) taken.push(at);
        tries = wrongTry(tries, RULES, monotonicMs(at));
      }
      for (const from of taken) expect(taken.filter((each) => each >= from && each < from + RULES.lockOutMs).length).toBeLessThanOrEqual(RULES.triesMax);
    }),
  );
});
