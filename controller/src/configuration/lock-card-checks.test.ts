import { expect, test } from "vitest";
import { lockCardProblems } from "./lock-card-checks.ts";
import { lockProblems } from "./lock-checks.ts";
import type { ConfigurationProblem } from "./problem.ts";
import type { FileContent } from "./schema.ts";

const KEY = "ab".repeat(32);
const LOCK = { id: "room-301", protocol: "ble", address: "C0:FF:EE:00:03:01", public_key: KEY, cards: false, hold_time_ms: 5_000, extended_hold_time_ms: 5_000, check_every_s: 60 } as const; // prettier-ignore
const POINT = { id: "room-301", lock: "room-301" } as const;
const CLOUD = { url: "http://127.0.0.1", zones: ["dormitory", "east"] };
type Change<T> = Partial<{ readonly [K in keyof T]: unknown }> & Readonly<Record<string, unknown>>;

/** `path: what: remedy` of each problem. */
function problems({
  lock = {},
  point = {},
  others = [],
  doors = [],
  cloud = CLOUD,
}: { lock?: Change<typeof LOCK>; point?: Change<typeof POINT> | null; others?: object[]; doors?: object[]; cloud?: object | null } = {}): readonly string[] {
  // prettier-ignore
  const file = { lock: [{ ...LOCK, ...lock }], access_point: [...(point === null ? [] : [{ ...POINT, ...point }]), ...others], door: doors, cloud: cloud ?? undefined } as unknown as FileContent; // prettier-ignore
  const problemAt = (path: readonly (string | number)[], what: string, remedy: string): ConfigurationProblem =>
    ({ path: path.join("."), what, remedy }) as unknown as ConfigurationProblem;
  return [...lockProblems(file, problemAt), ...lockCardProblems(file, problemAt)].map((each) => {
    const { path, what, remedy } = each as unknown as Readonly<Record<string, string>>;
    return `${path}: ${what}: ${remedy}`;
  });
}

test("a lock with its address, its key and an access point of its name has none", () => {
  expect(problems()).toEqual([]);
  expect(problems({ lock: { protocol: "carried", address: undefined, public_key: undefined }, point: null })).toEqual([]);
  expect(problems({ lock: { cards: true } })).toEqual([]);
});

test.each([
  ["no address", { lock: { address: undefined } }, 'lock.0: lock "room-301" has no address: write address = "C0:FF:EE:00:03:01"'],
  ["no key", { lock: { public_key: undefined } }, "has no public_key: write public_key = the key of the lock's sticker"],
  ["a zone that is not followed", { lock: { zone: "west" } }, 'lock.0.zone: "west" is no zone that this controller follows'],
  ["the name of a door", { doors: [{ id: "room-301" }] }, 'lock.0.id: "room-301" is a door, too'],
  ["a reader at a lock that nobody reaches", { lock: { protocol: "carried" } }, 'lock.0.protocol: "carried" is reached by nobody, but access point "room-301"'],
  ["a lock that is none", { point: { lock: "room-302", id: "room-302" } }, "access_point.0.lock: "],
  ["an access point of another name", { point: { id: "reader-1" } }, 'access_point.0.id: is "reader-1", but the lock and what is granted there have one name: write id = "room-301"'], // prettier-ignore
  ["another capability", { point: { capability: "pass" } }, 'access_point.0.capability: is "pass", but a room lock is unlocked'],
  ["a door behind the same reader", { point: { door: "library" } }, "access_point.0.door: has no meaning at a room lock"],
])("%s is a problem, with its place and what to write", (_, change, said) => {
  expect(problems(change)).toContainEqual(expect.stringContaining(said));
});

test.each([
  ["nobody reaches it", { lock: { cards: true, protocol: "carried" }, point: null }, 'is true, but nobody gives a lock of protocol = "carried" a key'],
  ["lists come from files", { lock: { cards: true }, cloud: null }, "lists come from files, and no zone has a key"],
  ["a door is of its zone by name", { lock: { cards: true, zone: "east" }, others: [{ id: "gate", door: "gate", zone: "east" }] }, 'access point "gate" of its zone "east" is no room lock'], // prettier-ignore
  [
    "a door is of its zone because it is the first",
    { lock: { cards: true }, others: [{ id: "gate", door: "gate" }] },
    'access point "gate" of its zone "dormitory"',
  ],
])("cards are read by no lock where %s", (_, change, said) => {
  expect(problems(change)).toEqual([expect.stringContaining(said)]);
});

test("a door of another zone, and other locks of the same, are no problem for cards", () => {
  expect(problems({ lock: { cards: true }, others: [{ id: "gate", door: "gate", zone: "east" }, { id: "room-302", lock: "room-301" }] })).not.toContainEqual(expect.stringContaining("lock.0.cards")); // prettier-ignore
});
