import fc from "fast-check";
import { expect, test } from "vitest";
import { isReplayed, type SpentCounter } from "./replay.ts";
import { unixSeconds } from "./units.ts";

const seen = (counter: number, signedAt: number): SpentCounter => ({ counter, signedAt: unixSeconds(signedAt) });

test.each([
  ["nothing was spent", undefined, false],
  ["the same pass was spent", seen(10, 100), true],
  ["a smaller counter was spent, signed in the same second", seen(9, 100), false],
  ["a smaller counter was spent, signed earlier", seen(9, 50), false],
  ["a smaller counter was spent, signed later", seen(9, 101), true],
  ["the same counter was spent, signed earlier", seen(10, 50), true],
  ["a greater counter was spent", seen(11, 100), true],
])("counter 10 signed at 100 when %s: replayed is %s", (_, last, replayed) => {
  expect(isReplayed(last, seen(10, 100))).toBe(replayed);
});

test("of any passes in any order each is taken at most once, and counters and times of those taken only rise", () => {
  const pass = fc.record({ counter: fc.nat(20), signedAt: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(pass, { maxLength: 60 }), (passes) => {
      const taken: SpentCounter[] = [];
      for (const { counter, signedAt } of passes) if (!isReplayed(taken.at(-1), seen(counter, signedAt))) taken.push(seen(counter, signedAt));
      for (let i = 1; i < taken.length; i++) {
        expect(taken[i]!.counter).toBeGreaterThan(taken[i - 1]!.counter);
        expect(taken[i]!.signedAt).toBeGreaterThanOrEqual(taken[i - 1]!.signedAt);
      }
      expect(taken.length).toBeLessThanOrEqual(21);
    }),
  );
});
