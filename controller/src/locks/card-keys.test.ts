import { expect, test } from "vitest";
import { type CardZone, cardKeyWish } from "./card-keys.ts";

const CHECK = new Uint8Array(16).fill(1);
const KEY = new Uint8Array(32).fill(2);
const zone = (change: Partial<CardZone> = {}): CardZone => ({ cardKeyUse: () => ({ generation: 3, check: CHECK }), pointsWithoutLock: () => [], ...change });
const matching = (check: Uint8Array): Uint8Array | undefined => (check === CHECK ? KEY : undefined);

test("a lock is given the key that its zone's list was made with", () => {
  expect(cardKeyWish("dormitory", zone(), matching)).toEqual({ kind: "key", generation: 3, key: KEY });
});

test.each([
  ["nothing is known of the zone's key", zone({ cardKeyUse: () => undefined }), matching, "is not here yet"],
  ["the key has not come yet", zone(), () => undefined, "is not here yet"],
  ["a door is in the zone", zone({ pointsWithoutLock: () => ["gate"] }), matching, "are no room locks (gate)"],
  ["many are", zone({ pointsWithoutLock: () => ["a", "b", "c", "d"] }), matching, "are no room locks (a, b, c, …)"],
])("it is given none while %s", (_, of, keys, detail) => {
  expect(cardKeyWish("dormitory", of, keys)).toMatchObject({ kind: "withheld", detail: expect.stringContaining(detail) });
});
