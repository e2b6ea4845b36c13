import { isListed, type LockList, makeLockList, readLockList, type Schedule, scheduleContext, unixSeconds } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { expect, test } from "vitest";
import { LIST_LIFE_S, type LockEntry, lockListContent } from "./lock-list.ts";

/** 2026-09-01 08:00 in Shanghai, a Tuesday. */
const NOW = unixSeconds(1_788_220_800);
const DAY_S = 86_400;
const ALWAYS: Schedule = { id: "always", weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } };
const DAYTIME: Schedule = { ...ALWAYS, id: "daytime", weekly: { 2: [{ startS: 9 * 3600, endS: 17 * 3600 }] } };
const CONTEXT = scheduleContext("Asia/Shanghai", [], { days: new Map(), termPhases: [] });
const PHONE = "0011223344556677";
const stretch = (from: number, until: number) => ({ from: unixSeconds(NOW + from), until: unixSeconds(NOW + until) });
const entry = (change: Partial<LockEntry> = {}): LockEntry => ({
  holder: 7,
  credential: PHONE,
  proof: new Uint8Array(32).fill(1),
  suspended: false,
  grant: stretch(-DAY_S, 10 * DAY_S),
  credentialHolds: stretch(-DAY_S, 100 * DAY_S),
  schedule: ALWAYS,
  ...change,
});
const SIGNER = nodeSigner(new Uint8Array(32).fill(3));
/** As the lock reads it. */
function listOf(...entries: LockEntry[]): LockList {
  const { openings, rows } = lockListContent(entries, CONTEXT, NOW);
  const record = makeLockList("demo", { lock: "room-301", version: 1, issued: NOW, validUntil: unixSeconds(NOW + LIST_LIFE_S), openings, rows }, SIGNER);
  const read = readLockList(record, "demo", "room-301", SIGNER.publicKey, nodeVerifier);
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}
const opens = (list: LockList, atS: number, asked: { readonly holder: number } | "phone" = { holder: 7 }): boolean =>
  isListed(list, unixSeconds(NOW + atS), asked === "phone" ? { credential: Uint8Array.from(Buffer.from(PHONE, "hex")) } : asked);

test("rule 14.4: PIN and finger of a holder open while the grant holds, the phone while it is valid besides", () => {
  const list = listOf(entry({ credentialHolds: stretch(-DAY_S, 2 * DAY_S) }));
  expect([opens(list, 0), opens(list, 9 * DAY_S), opens(list, 10 * DAY_S), opens(list, 0, { holder: 8 })]).toEqual([true, true, false, false]);
  expect([opens(list, 0, "phone"), opens(list, 2 * DAY_S, "phone")]).toEqual([true, false]);
});

test("a schedule opens in its hours of the campus alone, and nobody is in the list whose grant is over", () => {
  const list = listOf(entry({ schedule: DAYTIME }));
  expect([opens(list, 0), opens(list, 3600), opens(list, 9 * 3600), opens(list, 7 * DAY_S + 3600)]).toEqual([false, true, false, true]);
  expect(lockListContent([entry({ grant: stretch(-DAY_S, 0) })], CONTEXT, NOW).rows).toEqual([]);
});

test("who has nothing that a lock can check opens with PIN and finger", () => {
  const list = listOf(entry({ proof: undefined }));
  expect([list.rows.map(({ credentials }) => credentials.length), opens(list, 0)]).toEqual([[0], true]);
});

test("the same people at the same hours mean the same, whatever the day; who is suspended makes another list", () => {
  const content = (entries: LockEntry[], now = NOW) => lockListContent(entries, CONTEXT, now).meaning;
  const both = [entry({ schedule: DAYTIME }), entry({ holder: 8, credential: "ff11223344556677" })];
  expect(content(both)).toBe(content([...both].reverse(), unixSeconds(NOW + DAY_S)));
  expect(content(both)).not.toBe(content([{ ...both[0]!, proof: undefined }, both[1]!]));
});

test("of more rows than a lock holds the rest is counted", () => {
  const many = Array.from({ length: 320 }, (_, nth) => entry({ holder: nth + 1, proof: undefined }));
  const { rows, left } = lockListContent(many, CONTEXT, NOW);
  expect([rows.length, left]).toEqual([300, 20]);
});
