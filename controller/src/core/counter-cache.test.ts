import { type CredentialId, type SpentCounter, U32_MAX, unixSeconds } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CACHED_PLACE_MAX, CounterCache } from "./counter-cache.ts";

const spent = (counter: number, signedAt = counter): SpentCounter => ({ counter, signedAt: unixSeconds(signedAt) });
const idOf = (person: number): CredentialId =>
  Math.imul(person + 1, 0x9e37_79b1)
    .toString(16)
    .replace("-", "")
    .padStart(16, "0");

test("whatever was set last is found, or nothing is", () => {
  const ids = fc.constantFrom("0000000000000000", "ffffffffffffffff", "00000000ffffffff", "ffffffff00000000", "0123456789abcdef", ...[1, 2, 3, 4, 5].map(idOf));
  const u32 = fc.integer({ min: 0, max: U32_MAX });
  const step = fc.record({ id: ids, place: fc.constantFrom(1, 2, CACHED_PLACE_MAX), counter: u32, signedAt: u32 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = new CounterCache(3);
      const model = new Map<string, SpentCounter>();
      for (const { id, place, counter, signedAt } of steps) {
        cache.set(id, place, spent(counter, signedAt));
        model.set(`${id} ${place}`, spent(counter, signedAt));
        expect(cache.get(id, place)).toEqual(spent(counter, signedAt));
        for (const [key, expected] of model) {
          const [other, at] = key.split(" ");
          expect([undefined, expected]).toContainEqual(cache.get(other!, Number(at)));
        }
      }
    }),
  );
});

test("of so many as it has room for it forgets some, of a half of that next to none", () => {
  const found = (people: number): number => {
    const cache = new CounterCache(12);
    for (let person = 0; person < people; person++) cache.set(idOf(person), 1, spent(person));
    return Array.from({ length: people }, (_, person) => cache.get(idOf(person), 1)).filter((known) => known !== undefined).length / people;
  };
  expect(found(4_096)).toBeGreaterThan(0.8);
  expect(found(2_048)).toBeGreaterThan(0.95);
});

test("who came last is kept, and the oldest of its neighbours is forgotten; nothing is known when it is cleared", () => {
  const cache = new CounterCache(3);
  for (let person = 0; person < 1_000; person++) {
    cache.set(idOf(person), 1, spent(person));
    expect(cache.get(idOf(person), 1)?.counter).toBe(person);
  }
  expect(Array.from({ length: 1_000 }, (_, person) => cache.get(idOf(person), 1)).filter((known) => known !== undefined)).toHaveLength(8);
  cache.clear();
  expect(cache.get(idOf(999), 1)).toBeUndefined();
});
