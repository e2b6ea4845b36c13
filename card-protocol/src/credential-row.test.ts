import * as fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, sameBytes } from "./bytes.ts";
import { type CredentialRow, encodeCredentialRow, isCredentialRow, readCredentialRow, type RowGrant } from "./credential-row.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { HOLDER_FLAGS, type HolderFlag } from "./permission.ts";
import { U32_MAX, unixSeconds } from "./units.ts";

const ID = "0011223344556677";
const KEY = new Uint8Array(32).fill(0xab);
const PHONE: CredentialRow = {
  credential: {
    id: ID,
    holder: 0x01020304,
    kind: "qr",
    validFrom: unixSeconds(0x10),
    validUntil: unixSeconds(U32_MAX),
    takes: ["H", "HC"],
    flags: ["visitor", "extendedTime"],
    publicKey: KEY,
  },
  grants: [3, 1, 2].map((profile): RowGrant => ({ kind: "profile", profile })),
};
const inOrder = (row: CredentialRow): CredentialRow => ({
  ...row,
  grants: [...row.grants].sort((a, b) => (a.kind === "profile" && b.kind === "profile" ? a.profile - b.profile : 0)),
});

test("a phone with three profiles has the 58 bytes of the document", () => {
  const bytes = encodeCredentialRow(PHONE);
  expect(bytesToHex(bytes)).toBe(`01020304010e000500000010ffffffff${"ab".repeat(32)}03000001000002000003`);
  expect(bytes).toHaveLength(58);
  expect(readCredentialRow(ID, bytes)).toEqual(inOrder(PHONE));
});

const OTHERS: readonly (readonly [what: string, row: CredentialRow, length: number])[] = [
  [
    "a card that is lost",
    {
      credential: {
        id: ID,
        holder: 7,
        kind: "card",
        validFrom: unixSeconds(1),
        validUntil: unixSeconds(2),
        takes: [],
        flags: [],
        suspension: "CredentialLost",
      },
      grants: [],
    },
    17,
  ],
  [
    "a suspended plate",
    {
      credential: {
        id: ID,
        holder: 7,
        kind: "plate",
        validFrom: unixSeconds(1),
        validUntil: unixSeconds(2),
        takes: [],
        flags: ["antipassbackExempt"],
        suspension: "Suspended",
      },
      grants: [],
    },
    17,
  ],
  [
    "a phone with an end of its issued passes",
    { ...PHONE, credential: { ...PHONE.credential, takes: ["T", "H", "HC"], takesIssuedUntil: unixSeconds(99) }, grants: [] },
    53,
  ],
  ["a party of four", { ...PHONE, credential: { ...PHONE.credential, partySize: 4 }, grants: [] }, 50],
  ["the largest party", { ...PHONE, credential: { ...PHONE.credential, partySize: 255 }, grants: [] }, 50],
  [
    "a holder who may pay off-line",
    { ...PHONE, credential: { ...PHONE.credential, offlineLimits: { perTxFen: 0, totalFen: U32_MAX, count: 65_535, until: unixSeconds(99) } }, grants: [] },
    63,
  ],
  [
    "all that can be announced, and every flag",
    {
      credential: {
        ...PHONE.credential,
        takes: ["T", "H", "HC"],
        flags: HOLDER_FLAGS,
        suspension: "Frozen",
        takesIssuedUntil: unixSeconds(99),
        partySize: 2,
        offlineLimits: { perTxFen: 2_000, totalFen: 10_000, count: 5, until: unixSeconds(98) },
      },
      grants: [1, 2, 3].map((profile): RowGrant => ({ kind: "profileFor", profile, validFrom: unixSeconds(5), validUntil: unixSeconds(6) })),
    },
    101,
  ],
  ["a profile for a while", { ...PHONE, grants: [{ kind: "profileFor", profile: 65_535, validFrom: unixSeconds(5), validUntil: unixSeconds(6) }] }, 60],
  [
    "a grant of its own",
    {
      ...PHONE,
      grants: [{ kind: "own", validFrom: unixSeconds(5), validUntil: unixSeconds(6), capability: "borrow", schedule: 4, accessPoints: [0, 9, 65_535] }],
    },
    68,
  ],
];

test.each(OTHERS)("%s reads back as it was", (_, row, length) => {
  const bytes = encodeCredentialRow(row);
  expect(bytes).toHaveLength(length);
  expect(readCredentialRow(ID, bytes)).toEqual(row);
  expect(readCredentialRow(ID, Uint8Array.from([0, ...bytes]).subarray(1)), "also out of the middle of a buffer").toEqual(row);
  const read = readCredentialRow(ID, bytes)!;
  bytes.fill(0);
  expect(read, "keeps nothing of the bytes that it was read from").toEqual(row);
});

test("a profile without a beginning or an end of its own stands without either", () => {
  const always: RowGrant = { kind: "profileFor", profile: 9, validFrom: unixSeconds(0), validUntil: unixSeconds(U32_MAX) };
  expect(encodeCredentialRow({ ...PHONE, grants: [always] })).toEqual(encodeCredentialRow({ ...PHONE, grants: [{ kind: "profile", profile: 9 }] }));
});

test("what the bits announce stands in the order of the document", () => {
  const offlineLimits = { perTxFen: 0x11121314, totalFen: 0x21222324, count: 0x3132, until: unixSeconds(0x41424344) };
  const row: CredentialRow = { credential: { ...PHONE.credential, takesIssuedUntil: unixSeconds(0x51525354), partySize: 9, offlineLimits }, grants: [] };
  expect(bytesToHex(encodeCredentialRow(row))).toBe(`01020304017e000500000010ffffffff${"ab".repeat(32)}5152535409111213142122232431324142434400`);
});

test.each(HOLDER_FLAGS.map((flag, place) => [flag, place] as const))("flag %s is bit %d", (flag, place) => {
  const row: CredentialRow = { credential: { ...PHONE.credential, flags: [flag] }, grants: [] };
  const bytes = encodeCredentialRow(row);
  expect(bytesToHex(bytes.subarray(6, 8))).toBe((1 << place).toString(16).padStart(4, "0"));
  expect(readCredentialRow(ID, bytes)).toEqual(row);
});

test("flags stand in one order, however they are given", () => {
  const flags = (...given: HolderFlag[]): Uint8Array => encodeCredentialRow({ ...PHONE, credential: { ...PHONE.credential, flags: given } });
  expect(flags("guard", "visitor", "guard")).toEqual(flags("visitor", "guard"));
});

test("a grant that is given twice stands once, and grants stand in the order of their bytes", () => {
  const profile: RowGrant = { kind: "profile", profile: 1 };
  const later: RowGrant = { kind: "profileFor", profile: 1, validFrom: unixSeconds(6), validUntil: unixSeconds(9) };
  const earlier: RowGrant = { ...later, validFrom: unixSeconds(5) };
  const own: RowGrant = { kind: "own", validFrom: unixSeconds(0), validUntil: unixSeconds(1), capability: "pass", schedule: 0, accessPoints: [3] };
  const always: RowGrant = { ...later, validFrom: unixSeconds(0), validUntil: unixSeconds(U32_MAX) };
  const bytes = encodeCredentialRow({ ...PHONE, grants: [own, later, profile, earlier, own, always, later] });
  expect(readCredentialRow(ID, bytes)?.grants).toEqual([profile, earlier, later, own]);
  const many = Array.from({ length: 300 }, () => profile);
  expect(readCredentialRow(ID, encodeCredentialRow({ ...PHONE, grants: many }))?.grants).toEqual([profile]);
});

test("a grant's access points stand in one order, however they are given", () => {
  const own = (...accessPoints: number[]): Uint8Array =>
    encodeCredentialRow({
      ...PHONE,
      grants: [{ kind: "own", validFrom: unixSeconds(0), validUntil: unixSeconds(1), capability: "pass", schedule: 0, accessPoints }],
    });
  expect(own(300, 0, 9, 0)).toEqual(own(0, 9, 300));
});

test.each([["the phone", PHONE, 58] as const, ...OTHERS])("%s, cut off anywhere or one byte longer, is no row", (...[, row]) => {
  const bytes = encodeCredentialRow(row);
  for (const other of [...bytes.keys()].map((length) => bytes.subarray(0, length)).concat(Uint8Array.from([...bytes, 0])))
    expect([readCredentialRow(ID, other), isCredentialRow(other)], `${other.length} bytes`).toEqual([undefined, false]);
});

test.each([
  ["kind 0", 4, 0x00],
  ["kind 8", 4, 0x08],
  ["suspension 11", 4, 0xb1],
  ["a party without a place for its size", 5, 0x0e | 32],
  ["off-line limits without a place for them", 5, 0x0e | 64],
  ["the highest bit", 5, 0x0e | 128],
  ["a flag without a meaning", 6, 0x80],
  ["a grant of another kind", 49, 3],
])("%s is no row", (_, at, value) => {
  const bytes = encodeCredentialRow(PHONE);
  bytes[at] = value;
  expect([readCredentialRow(ID, bytes), isCredentialRow(bytes)]).toEqual([undefined, false]);
});

test.each([
  ["without access points", "00"],
  ["with an access point too few", "020001"],
  ["with half an access point", "0100"],
])("a grant of its own %s is no row", (_, points) => {
  const row = (tail: string): Uint8Array => hexToBytes(`0000000712000000000000010000000201020000000000000001000000${tail}`)!;
  expect(readCredentialRow(ID, row("010001"))).toMatchObject({ grants: [{ kind: "own", accessPoints: [1] }] });
  expect([readCredentialRow(ID, row(points)), isCredentialRow(row(points))]).toEqual([undefined, false]);
});

test.each([0, 1])("a party of %d is no row, with limits behind it or without", (partySize) => {
  for (const offlineLimits of [undefined, { perTxFen: 9, totalFen: 9, count: 9, until: unixSeconds(9) }]) {
    const announced = { partySize: 2, ...(offlineLimits === undefined ? {} : { offlineLimits }) };
    const bytes = encodeCredentialRow({ ...PHONE, credential: { ...PHONE.credential, ...announced } });
    expect([bytes[48], isCredentialRow(bytes)]).toEqual([2, true]);
    bytes[48] = partySize;
    expect([readCredentialRow(ID, bytes), isCredentialRow(bytes)]).toEqual([undefined, false]);
  }
});

test("any bytes are a row or none, without a throw, and a row is written as no more bytes than it was read from", () => {
  const good = [PHONE, ...OTHERS.map(([, row]) => row)].map(encodeCredentialRow);
  const turned = fc.tuple(fc.constantFrom(...good), fc.nat(200), fc.nat(255)).map(([bytes, at, byte]) => bytes.with(at % bytes.length, byte));
  fc.assert(
    fc.property(fc.oneof(turned, fc.uint8Array({ maxLength: 130 })), (bytes) => {
      const row = readCredentialRow(ID, bytes);
      if (row === undefined) return;
      const written = encodeCredentialRow(row);
      expect(written.length).toBeLessThanOrEqual(bytes.length);
      expect(encodeCredentialRow(readCredentialRow(ID, written)!)).toEqual(written);
    }),
    { numRuns: 1_000 },
  );
});

/** What {@link isCredentialRow} has to say, by reading and writing. */
function isWrittenSo(bytes: Uint8Array): boolean {
  const row = readCredentialRow(ID, bytes);
  return row !== undefined && sameBytes(encodeCredentialRow(row), bytes);
}

test("the one row of a credential is what is written the same again: told without making it, whatever its bits and grants", () => {
  const time = fc.constantFrom(0, 1, 0xff, 0xffff_ff00, U32_MAX).map(unixSeconds);
  const number = fc.constantFrom(0, 1, 0xff, 0x100, 0xffff);
  const grant: fc.Arbitrary<RowGrant> = fc.oneof(
    fc.record({ kind: fc.constant("profile" as const), profile: number }),
    fc.record({ kind: fc.constant("profileFor" as const), profile: number, validFrom: time, validUntil: time }),
    fc.record({
      kind: fc.constant("own" as const),
      validFrom: time,
      validUntil: time,
      capability: fc.constantFrom("pass" as const, "borrow" as const),
      schedule: number,
      accessPoints: fc.array(number, { minLength: 1, maxLength: 4 }),
    }),
  );
  const row = fc.record({ credential: fc.constantFrom(PHONE, ...OTHERS.map(([, each]) => each)).map(({ credential }) => credential), grants: fc.array(grant, { maxLength: 5 }) }); // prettier-ignore
  const written = row.map(encodeCredentialRow);
  const asGiven = row.map(({ credential, grants }) => {
    const head = encodeCredentialRow({ credential, grants: [] });
    const tails = grants.map((each) => encodeCredentialRow({ credential, grants: [each] }).subarray(head.length));
    return concatBytes([head.with(head.length - 1, grants.length), ...tails]);
  });
  const turned = fc.tuple(written, fc.nat(200), fc.nat(255)).map(([bytes, at, byte]) => bytes.with(at % bytes.length, byte));
  const cut = fc.tuple(written, fc.nat(200)).map(([bytes, at]) => bytes.subarray(0, at % bytes.length));
  fc.assert(
    fc.property(written, fc.oneof(asGiven, turned, cut, fc.uint8Array({ maxLength: 130 })), (good, any) => {
      expect(isCredentialRow(good)).toBe(true);
      expect(isCredentialRow(Uint8Array.from([7, ...good]).subarray(1)), "also out of the middle of a buffer").toBe(true);
      expect(isCredentialRow(any), bytesToHex(any)).toBe(isWrittenSo(any));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["grants out of order", "03 000001 000003 000002"],
  ["a grant twice", "02 000001 000001"],
  ["a profile from 0 without an end, as if for a while", "01 01 0001 00000000 ffffffff"],
  ["access points out of order", "01 02 00000000 00000001 00 0000 02 0009 0001"],
  ["an access point twice", "01 02 00000000 00000001 00 0000 02 0009 0009"],
])("a row with %s reads, and is not the one row of its credential", (_, grants) => {
  const row = (tail: string): Uint8Array => hexToBytes(`00000007120000000000001000000020${tail.replaceAll(" ", "")}`)!;
  expect(isCredentialRow(row("03 000001 000002 000003"))).toBe(true);
  expect(readCredentialRow(ID, row(grants))).toBeDefined();
  expect(isCredentialRow(row(grants))).toBe(false);
});

const limits = { perTxFen: 1, totalFen: 1, count: 1, until: unixSeconds(1) };
test.each<[string, Partial<CredentialRow["credential"]>]>([
  ["a party of nobody", { partySize: 0 }],
  ["a party of one", { partySize: 1 }],
  ["a party of 256", { partySize: 256 }],
  ["a party of two and a half", { partySize: 2.5 }],
  ["an amount below nothing", { offlineLimits: { ...limits, perTxFen: -1 } }],
  ["an amount above 2³²−1", { offlineLimits: { ...limits, totalFen: 2 ** 32 } }],
  ["65,536 payments", { offlineLimits: { ...limits, count: 65_536 } }],
  ["off-line limits without an end", { offlineLimits: { ...limits, until: unixSeconds(Infinity) } }],
])("%s is the caller's mistake", (_, change) => {
  expect(() => encodeCredentialRow({ ...PHONE, credential: { ...PHONE.credential, ...change } })).toThrow(RangeError);
});

const own = { kind: "own", validFrom: unixSeconds(0), validUntil: unixSeconds(1), capability: "pass", schedule: 1, accessPoints: [1] } as const;
test.each<[string, RowGrant]>([
  ["schedule 65,536, which would stand for always", { ...own, schedule: 65_536 }],
  ["a negative schedule", { ...own, schedule: -1 }],
  ["no access point", { ...own, accessPoints: [] }],
  ["access point 65,536", { ...own, accessPoints: [65_536] }],
  ["256 access points", { ...own, accessPoints: Array.from({ length: 256 }, (_, nth) => nth) }],
  ["a negative access point", { ...own, accessPoints: [-1, 3] }],
  ["half an access point", { ...own, accessPoints: [0.5] }],
  ["half a profile", { kind: "profile", profile: 0.5 }],
  ["a profile without a number", { kind: "profile", profile: NaN }],
])("a grant of %s is the caller's mistake", (_, grant) => {
  expect(() => encodeCredentialRow({ ...PHONE, grants: [grant] })).toThrow(RangeError);
});

test("what no row can hold is the caller's mistake", () => {
  expect(() => encodeCredentialRow({ ...PHONE, grants: [{ kind: "profile", profile: 65_536 }] })).toThrow(RangeError);
  expect(() => encodeCredentialRow({ ...PHONE, credential: { ...PHONE.credential, holder: -1 } })).toThrow(RangeError);
  expect(() => encodeCredentialRow({ ...PHONE, credential: { ...PHONE.credential, publicKey: KEY.subarray(1) } })).toThrow(RangeError);
  expect(() => encodeCredentialRow({ ...PHONE, grants: Array.from({ length: 256 }, (_, profile): RowGrant => ({ kind: "profile", profile })) })).toThrow(
    RangeError,
  );
});
