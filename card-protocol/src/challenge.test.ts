import { expect, test } from "vitest";
import { ReaderChallenges } from "./challenge.ts";
import { monotonicMs } from "./units.ts";

/** A reader whose challenges count up: 8 bytes, all the same. */
function reader(): { show: (at: number) => Uint8Array; spend: (challenge: Uint8Array, at: number) => string } {
  let next = 0;
  const challenges = new ReaderChallenges((length) => new Uint8Array(length).fill(++next));
  return { show: (at) => challenges.show(monotonicMs(at)), spend: (challenge, at) => challenges.spend(Uint8Array.from(challenge), monotonicMs(at)) };
}
const nth = (n: number): Uint8Array => new Uint8Array(8).fill(n);

test("a challenge is shown for 4 s, then another", () => {
  const { show } = reader();
  expect([0, 1, 3_999].map(show)).toEqual([nth(1), nth(1), nth(1)]);
  expect([4_000, 7_999, 8_000].map(show)).toEqual([nth(2), nth(2), nth(3)]);
});

test("each is spent once, and the next is shown at once", () => {
  const { show, spend } = reader();
  const first = show(0);
  expect(spend(first, 10)).toBe("open");
  expect(spend(first, 11)).toBe("spent");
  expect(show(12)).toEqual(nth(2));
});

test("the last three are open, an older one is not", () => {
  const { show, spend } = reader();
  for (const at of [0, 4_000, 8_000, 12_000]) show(at);
  expect([nth(1), nth(2), nth(3), nth(4)].map((challenge) => spend(challenge, 12_001))).toEqual(["too old", "open", "open", "open"]);
});

test("none outlives 12 s, even at a reader that has shown nothing since", () => {
  const { show, spend } = reader();
  show(0);
  expect([spend(nth(1), 12_000), spend(nth(1), 12_001)]).toEqual(["too old", "too old"]);
  const again = reader();
  again.show(0);
  expect(again.spend(nth(1), 11_999)).toBe("open");
});

test("spending an earlier one leaves the one that is shown", () => {
  const { show, spend } = reader();
  show(0);
  show(4_000);
  expect(spend(nth(1), 4_100)).toBe("open");
  expect(show(4_200)).toEqual(nth(2));
  expect(spend(nth(2), 4_300)).toBe("open");
});

test.each([[new Uint8Array(0)], [new Uint8Array(8)], [new Uint8Array(7).fill(1)], [new Uint8Array(9).fill(1)]])(
  "%s is no challenge of the reader",
  (challenge) => {
    const { show, spend } = reader();
    show(0);
    expect(spend(challenge, 1)).toBe("unknown");
    expect(spend(nth(1), 2)).toBe("open");
  },
);
