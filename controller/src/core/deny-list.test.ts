import { DENIED_MAX, type LockListRow, unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { denyContent, eitherListed, type ListedOut, listedOut, NOBODY_LISTED } from "./deny-list.ts";
import type { LockEntry } from "./lock-list.ts";

const NOW = unixSeconds(1_788_220_800);
const DAY_S = 86_400;
const at = (s: number) => unixSeconds(NOW + s);
const idOf = (nth: number): string => nth.toString(16).padStart(16, "0");
const entry = (holder: number, change: Partial<LockEntry> = {}): LockEntry => ({
  holder,
  credential: idOf(holder),
  proof: new Uint8Array(32),
  suspended: false,
  grant: { from: at(-DAY_S), until: at(90 * DAY_S) },
  credentialHolds: { from: at(-DAY_S), until: at(90 * DAY_S) },
  schedule: { id: "always", weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } },
  ...change,
});
const row = (holder: number, until = at(90 * DAY_S), ...credentials: number[]): LockListRow => ({
  holder,
  from: NOW,
  until,
  openings: 0,
  credentials: credentials.map((nth) => ({ id: Uint8Array.from(Buffer.from(idOf(nth), "hex")), proof: new Uint8Array(32) })),
});
const out = (...holders: number[]): ListedOut => listedOut(holders.map((holder) => row(holder, at(90 * DAY_S), holder)), at(30 * DAY_S)); // prettier-ignore
const named = (outs: ListedOut[], wanted: LockEntry[], now = NOW): readonly (number | string)[] =>
  denyContent(outs, wanted, now).denied.map((one) => ("holder" in one ? one.holder : Buffer.from(one.credential).toString("hex")));

test("a list lets in until its rows end, and until it ends itself; of several rows the last one counts", () => {
  expect(listedOut([row(7, at(5), 1), row(7, at(9), 1, 2), row(8, at(99 * DAY_S))], at(30 * DAY_S))).toEqual({
    holders: [[7, at(9)], [8, at(30 * DAY_S)]],
    credentials: [[idOf(1), at(9)], [idOf(2), at(9)]],
  }); // prettier-ignore
});

test("of two lists that may be in force whatever either says counts, and what is over does not", () => {
  const either = eitherListed({ holders: [[7, at(5)], [8, at(-1)]], credentials: [[idOf(1), at(9)]] }, { holders: [[7, at(6)], [9, NOW]], credentials: [] }, NOW); // prettier-ignore
  expect(either).toEqual({ holders: [[7, at(6)]], credentials: [[idOf(1), at(9)]] });
});

test("denied is whom a list out there lets in and no lock any more, by credential and by handle; whoever still opens some lock is not", () => {
  expect(named([out(7, 8), out(9)], [entry(8)])).toEqual([idOf(7), idOf(9), 7, 9]);
  expect(named([out(7)], [entry(7)])).toEqual([]);
  expect(named([NOBODY_LISTED], [entry(7)])).toEqual([]);
  expect(named([out(7)], [], at(30 * DAY_S)), "the lists are over").toEqual([]);
});

test("a lost phone is denied although its holder still opens with PIN and finger; so is one that has run out", () => {
  expect(named([out(7)], [entry(7, { proof: undefined, suspended: true })])).toEqual([idOf(7)]);
  expect(named([out(7)], [entry(7, { credentialHolds: { from: at(-9), until: NOW } })])).toEqual([idOf(7)]);
  expect(named([out(7)], [entry(7, { grant: { from: at(-9), until: NOW } })]), "a grant that has ended").toEqual([idOf(7), 7]);
  expect(named([out(7)], [entry(7, { grant: { from: at(9), until: at(99) } })]), "a grant that is to begin").toEqual([]);
});

test("where there are more than a set holds, lost ones come first, then whom the lists let in for longest; how many are left is told", () => {
  const many: ListedOut = { holders: [], credentials: Array.from({ length: DENIED_MAX + 2 }, (_, nth) => [idOf(nth), at(1_000 + nth)] as const) };
  const content = denyContent([many], [entry(0, { proof: undefined, suspended: true })], NOW);
  expect([content.denied.length, content.left]).toEqual([DENIED_MAX, 2]);
  const ids = content.denied.map((one) => ("credential" in one ? Buffer.from(one.credential).toString("hex") : ""));
  expect([ids[0], ids[1], ids.includes(idOf(1)), ids.includes(idOf(2)), ids.includes(idOf(3))]).toEqual([idOf(0), idOf(DENIED_MAX + 1), false, false, true]);
});

test("it means the same in whatever order the lists were made, and something else for others", () => {
  const meaning = (...outs: ListedOut[]): string => denyContent(outs, [], NOW).meaning;
  expect(meaning(out(7), out(8))).toBe(meaning(out(8, 7)));
  expect(meaning(out(7))).not.toBe(meaning(out(8)));
});
