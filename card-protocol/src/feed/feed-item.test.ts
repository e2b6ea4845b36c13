import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bytesToHex } from "../hex.ts";
import { CAPABILITIES, CREDENTIAL_KINDS } from "../permission.ts";
import { SUSPENSION_REASONS } from "../suspension-reason.ts";
import type { Weekday } from "../schedule.ts";
import { unixSeconds } from "../units.ts";
import { GOOD_ITEMS, MALFORMED_ITEMS, OPTIONAL_ITEMS } from "../vectors/feed-item-cases.ts";
import { decodeItem, encodeItem, FEED_TABLE, type FeedItem, isItem, itemKey, OPTIONAL_TABLES_FROM } from "./feed-item.ts";
import { GLOBAL, type Partition, zonePartition } from "./partition.ts";

const ZONE = zonePartition("east");
const ID = "0011223344556677";
const isOptional = (table: number): boolean => table >= OPTIONAL_TABLES_FROM && !Object.values<number>(FEED_TABLE).includes(table);
const partitionOf = (item: FeedItem): Partition =>
  FEED_TABLE[item.table] < FEED_TABLE.revocation || FEED_TABLE[item.table] >= OPTIONAL_TABLES_FROM ? ZONE : GLOBAL;

test.each(GOOD_ITEMS)("$comment has the bytes of the document and reads back", ({ partition, key, value, item }) => {
  const bytes = encodeItem(item!);
  expect({ key: bytesToHex(bytes.key), value: bytesToHex(bytes.value) }).toEqual({ key: bytesToHex(key), value: bytesToHex(value) });
  expect(itemKey(item!)).toEqual(key);
  expect(decodeItem(partition, { key, value })).toEqual({ kind: "item", item });
});

test("an item keeps nothing of the bytes that it was read from", () => {
  for (const { partition, key, value, item } of GOOD_ITEMS) {
    const bytes = { key: key.slice(), value: value.slice() };
    const read = decodeItem(partition, bytes);
    bytes.key.fill(0xee);
    bytes.value.fill(0xee);
    expect(read).toEqual({ kind: "item", item });
  }
});

test("each table has a good item, and stands in one kind of partition alone", () => {
  expect(new Set(GOOD_ITEMS.map(({ item }) => item!.table))).toEqual(new Set(Object.keys(FEED_TABLE)));
  for (const { partition, key, value } of GOOD_ITEMS) expect(decodeItem(partition === GLOBAL ? ZONE : GLOBAL, { key, value })).toEqual({ kind: "malformed" });
});

test.each(MALFORMED_ITEMS)("$comment is malformed", ({ partition, key, value }) => {
  expect(decodeItem(partition, { key, value })).toEqual({ kind: "malformed" });
  expect(isItem(partition, { key, value })).toBe(false);
});

test.each(OPTIONAL_ITEMS)("$comment is kept without being known, in any partition", ({ key, value }) => {
  for (const partition of [ZONE, GLOBAL]) expect(decodeItem(partition, { key, value })).toEqual({ kind: "optional" });
});

test("of the tables that are not listed, those from 128 on are optional and the others malformed", () => {
  const listed = Object.values<number>(FEED_TABLE);
  for (let table = 0; table < 256; table++) {
    const { kind } = decodeItem(ZONE, { key: Uint8Array.of(table, 0, 1), value: Uint8Array.of(0xf6) });
    if (!listed.includes(table)) expect({ table, kind }).toEqual({ table, kind: table < OPTIONAL_TABLES_FROM ? "malformed" : "optional" });
  }
});

test("what is the same is the same bytes", () => {
  const profile = (...schedules: number[]): FeedItem => ({
    table: "accessProfile",
    number: 5,
    id: "student",
    policies: schedules.map((schedule) => ({ accessPoint: 1, capability: "pass", schedule })),
  });
  expect(encodeItem(profile(3, 1, 2, 1, 3))).toEqual(encodeItem(profile(1, 2, 3)));
  const days = (...list: string[]): FeedItem => ({ table: "specialDays", number: 1, id: "open", days: list });
  expect(encodeItem(days("2026-10-02", "2026-10-01", "2026-10-02"))).toEqual(encodeItem(days("2026-10-01", "2026-10-02")));
  const phases = (...names: string[]): FeedItem => ({
    table: "termPhase",
    from: "2026-09-01",
    phases: names.map((phase) => ({ phase, until: "2027-01-20" })),
  });
  expect(encodeItem(phases("teaching", "exam"))).toEqual(encodeItem(phases("exam", "teaching")));
});

test.each<[string, FeedItem]>([
  ["an id of 15 digits", { table: "revocation", credential: ID.slice(1), suspension: undefined, since: unixSeconds(0) }],
  ["an id in capitals", { table: "revocation", credential: "AA11223344556677", suspension: undefined, since: unixSeconds(0) }],
  ["a credential that is none", { table: "match", kind: "card", token: new Uint8Array(16), credential: "card" }],
  ["number 65,536, which would stand for 0", { table: "accessPoint", number: 65_536, id: "gate" }],
  ["a negative number", { table: "accessPoint", number: -1, id: "gate" }],
  ["a date without a number", { table: "calendarDay", date: "next Monday", kind: "holiday" }],
  [
    "a profile of more than 4,096 bytes",
    {
      table: "accessProfile",
      number: 1,
      id: "staff",
      policies: Array.from({ length: 900 }, (_, accessPoint) => ({ accessPoint, capability: "pass", schedule: 0 })),
    },
  ],
])("%s is the caller's mistake", (_, item) => {
  expect(() => encodeItem(item)).toThrow(RangeError);
});

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const seconds = u32.map(unixSeconds);
const listId = fc.constantFrom("a", "student", "gate/north", "图书馆", "x".repeat(64));
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const credentialId = bytes(8).map(bytesToHex);
const date = fc.tuple(fc.integer({ min: 1970, max: 2104 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 })).map((parts) =>
  parts.map((part) => String(part).padStart(2, "0")).join("-"),
); // prettier-ignore
const policy = fc.record({ accessPoint: u16, capability: fc.constantFrom(...CAPABILITIES), schedule: u16 });
const anyItem: fc.Arbitrary<FeedItem> = fc.oneof(
  fc
    .tuple(credentialId, u32, seconds, fc.uniqueArray(u16, { maxLength: 9 }), fc.option(fc.integer({ min: 2, max: 255 }), { nil: undefined }))
    .map(([id, holder, validUntil, profiles, partySize]): FeedItem => ({
      table: "credential",
      row: {
        credential: {
          id,
          holder,
          kind: "card",
          validFrom: unixSeconds(0),
          validUntil,
          takes: [],
          flags: ["guard"],
          ...(partySize === undefined ? {} : { partySize }),
        },
        grants: profiles.map((profile) => ({ kind: "profile", profile })),
      },
    })),
  fc.record({ table: fc.constant("match" as const), kind: fc.constantFrom(...CREDENTIAL_KINDS), token: bytes(16), credential: credentialId }),
  fc.record({ table: fc.constant("accessProfile" as const), number: u16, id: listId, policies: fc.array(policy, { maxLength: 40 }) }),
  fc.record({ table: fc.constant("specialDays" as const), number: u16, id: listId, days: fc.array(date, { maxLength: 40 }) }),
  fc.record({ table: fc.constant("accessPoint" as const), number: u16, id: listId }),
  fc.record({ table: fc.constant("zoneKey" as const), generation: u32, check: bytes(16) }),
  fc.record({ table: fc.constant("roomLock" as const), accessPoint: u16, publicKey: bytes(32) }), // prettier-ignore
  fc.tuple(u16, u32, fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 9 }), bytes(57)).map(
    ([accessPoint, holder, version, from, sealed]): FeedItem => ({ table: "lockPin", accessPoint, holder, version, validFrom: unixSeconds(from), validUntil: unixSeconds(from + 1), sealed }), // prettier-ignore
  ),
  fc.tuple(u16, fc.integer({ min: 0, max: 49 }), u32, seconds).map(
    ([accessPoint, slot, holder, enrolUntil]): FeedItem => ({ table: "lockFinger", accessPoint, slot, holder, version: 1, validFrom: unixSeconds(0), validUntil: unixSeconds(9), enrolUntil }), // prettier-ignore
  ),
  fc.record({
    table: fc.constant("revocation" as const),
    credential: credentialId,
    suspension: fc.constantFrom(undefined, ...SUSPENSION_REASONS),
    since: seconds,
  }),
  fc.record({
    table: fc.constant("calendarDay" as const),
    date,
    kind: fc.constant("makeUpDay" as const),
    runsAs: fc.integer({ min: 1, max: 7 }).map((day) => day as Weekday),
  }),
  fc.tuple(date, fc.uniqueArray(listId, { minLength: 1 })).map(([from, names]): FeedItem => ({
    table: "termPhase",
    from,
    phases: names.map((phase) => ({ phase, until: "2105-01-01" })),
  })),
);

test("any item reads back as bytes that are written the same again", () => {
  fc.assert(
    fc.property(anyItem, (item) => {
      const written = encodeItem(item);
      const read = decodeItem(partitionOf(item), written);
      expect(read.kind).toBe("item");
      expect(isItem(partitionOf(item), written)).toBe(true);
      if (read.kind === "item") expect(encodeItem(read.item)).toEqual(written);
    }),
  );
});

test("any bytes are an item that is written the same again, optional or malformed", () => {
  const spoilt = fc.tuple(fc.constantFrom(...GOOD_ITEMS), fc.nat(200), fc.nat(255), fc.boolean()).map(([item, at, byte, inKey]) => {
    const turned = { key: item.key.slice(), value: item.value.slice() };
    const part = inKey ? turned.key : turned.value;
    part[at % part.length] = byte;
    return { partition: item.partition, ...turned };
  });
  const behind = fc.tuple(fc.nat(24), fc.uint8Array({ maxLength: 20 })).map(([table, rest]) => Uint8Array.of(table, ...rest));
  const made = fc.record({ partition: fc.constantFrom(ZONE, GLOBAL), key: fc.oneof(fc.uint8Array({ maxLength: 70 }), behind), value: fc.uint8Array() });
  fc.assert(
    fc.property(fc.oneof(spoilt, made), ({ partition, key, value }) => {
      const read = decodeItem(partition, { key, value });
      expect(isItem(partition, { key, value })).toBe(read.kind !== "malformed");
      if (read.kind === "item") expect(encodeItem(read.item)).toEqual({ key, value });
      else expect(read).toEqual({ kind: key.length > 0 && key.length <= 64 && isOptional(key[0]!) ? "optional" : "malformed" });
    }),
    { numRuns: 2_000 },
  );
});
