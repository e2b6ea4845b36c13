import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "../cbor.ts";
import { keyId } from "../cose.ts";
import { isOpenAt, scheduleContext } from "../opening.ts";
import { nodeSigner, nodeVerifier } from "../node/node-ed25519.ts";
import { nodeSha256 } from "../node/sha256.ts";
import { type RecordKind, sign1 } from "../signed.ts";
import { unixSeconds } from "../units.ts";
import { type Denied, isDenied, makeDenySet, readDenySet } from "./deny-set.ts";
import { auditRowOf, auditRowValue } from "./lock-audit.ts";
import { isListed, type LockList, makeLockList, readLockList } from "./lock-list.ts";
import { lockOpenings } from "./lock-openings.ts";
import { LOCK_EVENTS, LOCK_REFUSALS, LOCK_WAYS } from "./lock-words.ts";
import { HOLD_MS_MAX, makeUnlockGrant, readUnlockGrant, type UnlockGrant } from "./unlock-grant.ts";
import type { CborValue } from "../cbor-value.ts";

const SITE = "campus-east";
const NOW = unixSeconds(1_800_000_000);
const later = (s: number) => unixSeconds(NOW + s);
const [controller, stranger] = [nodeSigner(new Uint8Array(32).fill(1)), nodeSigner(new Uint8Array(32).fill(2))];
const bytes = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);
const signed = (kind: RecordKind, payload: CborValue) => sign1(kind, SITE, keyId(controller.publicKey), encodeCbor(payload), controller);

const GRANT: UnlockGrant = { lock: "room-214", controller: "gate-house", challenge: bytes(9, 16), holder: 7, seq: 41, holdMs: 5_000 };
const readGrant = (record: Uint8Array, lock = "room-214", site = SITE) => readUnlockGrant(record, site, lock, controller.publicKey, nodeVerifier);

test("a grant says what was signed, to its lock alone", () => {
  const record = makeUnlockGrant(SITE, GRANT, controller);
  expect(readGrant(record)).toEqual({ ok: true, value: GRANT });
  expect(record.length).toBeLessThan(200);
  for (const refused of [
    readGrant(record, "room-215"),
    readGrant(record, "room-214", "campus-west"),
    readGrant(record.map((byte, at) => (at === 40 ? byte ^ 1 : byte))),
    readGrant(makeUnlockGrant(SITE, GRANT, stranger)),
  ])
    expect(refused).toMatchObject({ ok: false, error: "GrantRefused" });
});

test.each([
  ["another form", [2, "room-214", "gate-house", bytes(9, 16), 7, 41, 5_000]],
  ["a short challenge", [1, "room-214", "gate-house", bytes(9, 15), 7, 41, 5_000]],
  ["a hold of no time", [1, "room-214", "gate-house", bytes(9, 16), 7, 41, 0]],
  ["a hold for ever", [1, "room-214", "gate-house", bytes(9, 16), 7, 41, HOLD_MS_MAX + 1]],
  ["a field more", [1, "room-214", "gate-house", bytes(9, 16), 7, 41, 5_000, 1]],
])("a signed grant with %s is none", (_, payload) => {
  expect(readGrant(signed("unlockGrant", payload))).toMatchObject({ ok: false, error: "GrantRefused", detail: "out of range" });
});

const LIST: LockList = {
  lock: "room-214",
  version: 3,
  issued: NOW,
  validUntil: later(700_000),
  openings: [[{ from: later(100), until: later(200) }, { from: later(300), until: later(400) }]],
  rows: [
    { holder: 7, from: NOW, until: later(600_000), openings: 0, credentials: [{ id: bytes(1, 8), proof: bytes(2, 32) }] },
    { holder: 9, from: NOW, until: later(500), openings: 1, credentials: [] },
  ],
}; // prettier-ignore
const readList = (record: Uint8Array, lock = "room-214") => readLockList(record, SITE, lock, controller.publicKey, nodeVerifier);

test("a list has one form whatever order its rows come in, and says who may open when", () => {
  const record = makeLockList(SITE, LIST, controller);
  expect(makeLockList(SITE, { ...LIST, rows: LIST.rows.toReversed() }, controller)).toEqual(record);
  const list = readList(record);
  if (!list.ok) throw new Error(list.detail);
  expect(list.value).toEqual(LIST);
  const asked = [
    [50, { holder: 7 }, true],
    [599_999, { holder: 7 }, true],
    [600_000, { holder: 7 }, false],
    [99, { holder: 9 }, false],
    [100, { holder: 9 }, true],
    [200, { holder: 9 }, false],
    [300, { holder: 9 }, true],
    [50, { holder: 8 }, false],
    [50, { credential: bytes(1, 8) }, true],
    [50, { credential: bytes(2, 8) }, false],
    [-1, { holder: 7 }, false],
    [700_000, { holder: 7 }, false],
  ] as const;
  for (const [at, who, answer] of asked) expect([at, who, isListed(list.value, later(at), who)]).toEqual([at, who, answer]);
  expect(readList(record, "room-215")).toMatchObject({ ok: false, error: "RecordRefused" });
  expect(readList(makeLockList(SITE, LIST, stranger))).toMatchObject({ ok: false, error: "RecordRefused" });
});

const row = (holder: number, openings = 0, credentials: CborValue = []): CborValue => [holder, NOW, NOW + 5, openings, credentials];
const listOf = (openings: CborValue, rows: CborValue, until: number = NOW + 10): CborValue => [1, "room-214", 3, NOW, until, openings, rows];
test.each([
  ["that ends before it begins", listOf([], [], NOW)],
  ["that lasts longer than 35 days", listOf([], [], NOW + 35 * 86_400 + 1)],
  ["with openings that touch", listOf([[[1, 2], [2, 3]]], [])], // prettier-ignore
  ["with an opening of no time", listOf([[[2, 2]]], [])],
  ["with rows out of order", listOf([], [row(9), row(7)])],
  ["with a row twice", listOf([], [row(7), row(7)])],
  ["with a row of nobody", listOf([], [row(0)])],
  ["with openings that are not there", listOf([], [row(7, 1)])],
  ["with a proof of 31 bytes", listOf([], [row(7, 0, [[bytes(1, 8), bytes(1, 31)]])])],
  ["with a credential twice", listOf([], [row(7, 0, [[bytes(1, 8), bytes(1, 32)], [bytes(1, 8), bytes(2, 32)]])])], // prettier-ignore
  [
    "with 301 rows",
    listOf(
      [],
      Array.from({ length: 301 }, (_, nth) => row(nth + 1)),
    ),
  ],
])("a signed list %s is none", (_, payload) => {
  expect(readList(signed("lockList", payload))).toMatchObject({ ok: false, error: "RecordRefused", detail: "out of range" });
});

const DENIED: readonly Denied[] = Array.from({ length: 2_000 }, (_, nth) => (nth % 2 === 0 ? { credential: Uint8Array.of(1, 2, 3, 4, 5, 6, nth >> 8, nth) } : { holder: nth })); // prettier-ignore
const setBy = (signer = controller, salt = bytes(3, 8)) =>
  makeDenySet(SITE, { controller: "gate-house", version: 2, issued: NOW, salt }, DENIED, nodeSha256, signer);
const readSet = (record: Uint8Array, name = "gate-house") => readDenySet(record, SITE, name, controller.publicKey, nodeVerifier);

test("a deny set refuses everybody whom it was made for, fits, and is believed of its controller alone", () => {
  const set = readSet(setBy());
  if (!set.ok) throw new Error(set.detail);
  expect(DENIED.filter((one) => !isDenied(set.value, one, nodeSha256))).toEqual([]);
  const others = Array.from({ length: 20_000 }, (_, nth) => ({ holder: 100_000 + nth }));
  expect(others.filter((one) => isDenied(set.value, one, nodeSha256)).length).toBeLessThanOrEqual(1);
  expect(readSet(setBy(stranger))).toMatchObject({ ok: false, error: "RecordRefused" });
  expect(readSet(setBy(), "library")).toMatchObject({ ok: false, error: "RecordRefused" });
  expect(isDenied({ ...set.value, digests: new Uint8Array(0) }, DENIED[0]!, nodeSha256)).toBe(false);
});

test.each([
  ["digests out of order", [1, "gate-house", 2, NOW, bytes(3, 8), Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 1)]],
  ["a digest twice", [1, "gate-house", 2, NOW, bytes(3, 8), bytes(1, 8)]],
  ["half a digest", [1, "gate-house", 2, NOW, bytes(3, 8), bytes(1, 6)]],
  ["a short salt", [1, "gate-house", 2, NOW, bytes(3, 7), bytes(1, 4)]],
])("a signed deny set with %s is none", (_, payload) => {
  expect(readSet(signed("denySet", payload))).toMatchObject({ ok: false, error: "RecordRefused", detail: "out of range" });
});

test("a row of the log reads as it was written", () => {
  const maybe = <T>(words: readonly T[]) => fc.option(fc.constantFrom(...words), { nil: undefined });
  const u32 = fc.nat(0xffff_ffff);
  const rows = fc.record({
    seq: fc.integer({ min: 1, max: 0xffff_ffff }),
    at: fc.option(fc.integer({ min: 1, max: 0xffff_ffff }).map(unixSeconds), { nil: undefined }),
    event: fc.constantFrom(...LOCK_EVENTS),
    way: maybe(LOCK_WAYS),
    holder: u32,
    number: u32,
    refusal: maybe(LOCK_REFUSALS),
  });
  fc.assert(
    fc.property(rows, (each) => {
      expect(auditRowOf(auditRowValue(each))).toEqual(each);
    }),
  );
  for (const none of [[0, 0, 0, 0, 0, 0, 0], [1, 0, 13, 0, 0, 0, 0], [1, 0, 0, 7, 0, 0, 0], [1, 0, 0, 0, 0, 0, 21], [1, 0, 0, 0, 0, 0], 1]) expect(auditRowOf(none)).toBeUndefined(); // prettier-ignore
});

test("openings are when the schedule is open, over nights, special days and changes of the clocks", () => {
  // Europe/Berlin goes to summer time on 2026-03-29 and back on 2026-10-25.
  const context = scheduleContext("Europe/Berlin", [{ id: "fair", days: ["2026-03-30", "2026-10-25"] }], {
    days: new Map([["2026-04-03", { kind: "holiday" }]]),
    termPhases: [],
  });
  const range = fc.tuple(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 1, max: 40 })).map(([start, length]) => ({ startS: (start * 1_800) % 86_400, endS: Math.min(172_800, ((start * 1_800) % 86_400) + length * 1_800) })); // prettier-ignore
  const weekly = fc.dictionary(fc.constantFrom("1", "2", "3", "4", "5", "6", "7"), fc.array(range, { maxLength: 2 }));
  fc.assert(
    fc.property(weekly, fc.array(range, { maxLength: 1 }), fc.boolean(), fc.constantFrom(1_774_600_000, 1_792_700_000), (week, periods, holidays, begin) => {
      const schedule = { id: "x", weekly: week, specialDays: [{ group: "fair", periods }], follows: { holidays, makeUpDays: false } };
      const [from, until] = [unixSeconds(begin), unixSeconds(begin + 9 * 86_400)];
      const openings = lockOpenings(schedule, context, from, until);
      expect(openings.every((one, nth) => one.from < one.until && (nth === 0 || openings[nth - 1]!.until < one.from))).toBe(true);
      for (let at = from as number; at < until; at += 1_747)
        expect([at, openings.some((one) => one.from <= at && at < one.until)]).toEqual([at, isOpenAt(schedule, context, unixSeconds(at))]);
    }),
    { numRuns: 40 },
  );
});
