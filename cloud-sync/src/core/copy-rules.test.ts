import { unixSeconds } from "@portico/card-protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { COPY_ACT, judgeCopies, type SignedShown } from "./copy-rules.ts";

const pass = (signedAt: number, counter: number): SignedShown => ({ signedAt: unixSeconds(signedAt), counter });
const kindOf = (...passes: SignedShown[]): string => judgeCopies(passes)?.kind ?? "nothing";

test.each([
  ["a phone that counts up", [pass(10, 1), pass(20, 2), pass(30, 7)], "nothing"],
  ["one that signs twice within a second", [pass(10, 2), pass(10, 1), pass(20, 3)], "nothing"],
  ["one counter at two times", [pass(10, 1), pass(20, 2), pass(30, 2)], "sameCounter"],
  ["one counter at two times, told late", [pass(30, 2), pass(10, 2)], "sameCounter"],
  ["two phones in turns", [pass(10, 100), pass(20, 65), pass(30, 101), pass(40, 66)], "interleaved"],
  ["one step back, and it is not known yet what follows", [pass(10, 100), pass(20, 64), pass(30, 65)], "nothing"],
  ["one step back and steady growth", [pass(10, 100), pass(20, 64), pass(30, 65), pass(40, 66)], "restored"],
])("%s: %s", (_, passes, kind) => {
  expect([kindOf(...passes), kindOf(...passes.toReversed())]).toEqual([kind, kind]);
});

test("nobody brings suspicion upon a phone by showing what it has shown: any number of times, in any order, anywhere", () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat()), fc.nat(60), (genuine, chances, shown) => {
      let [signedAt, counter] = [1_800_000_000, 64];
      const signed = genuine.map(([s, n]) => pass((signedAt += s), (counter += n)));
      const copies = [...chances.take(shown)].map((chance) => signed[chance % signed.length]!);
      expect(judgeCopies([...copies, ...signed.slice(signed.length / 2), ...copies])).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

test("two phones of one key are found as soon as they have counted alike, whatever came first", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (counter, later) => {
      const a = [pass(100, counter), pass(110, counter + 1)];
      expect(kindOf(...a, pass(120 + later, counter))).toBe("sameCounter");
    }),
  );
});

test("a copy that doors have seen suspends and never freezes by itself, and a restored backup is only asked about", () => {
  expect(COPY_ACT).toEqual({ sameCounter: "suspend", interleaved: "suspend", restored: "report" });
});
