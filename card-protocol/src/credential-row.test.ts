import { expect, test } from "vitest";
import { type CredentialRow, encodeCredentialRow, readCredentialRow, type RowGrant } from "./credential-row.ts";
import { bytesToHex } from "./hex.ts";
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
  ["a profile for a while", { ...PHONE, grants: [{ kind: "profileFor", profile: 65_535, validFrom: unixSeconds(5), validUntil: unixSeconds(6) }] }, 60],
  [
    "a grant of its own",
    {
      ...PHONE,
      grants: [{ kind: "own", validFrom: unixSeconds(5), validUntil: unixSeconds(6), capability: "borrow", schedule: 4, accessPoints: [0, 9, 255] }],
    },
    94,
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

test.each([["the phone", PHONE, 58] as const, ...OTHERS])("%s, cut off anywhere or one byte longer, is no row", (...[, row]) => {
  const bytes = encodeCredentialRow(row);
  for (let length = 0; length < bytes.length; length++) expect(readCredentialRow(ID, bytes.subarray(0, length)), `${length} bytes`).toBeUndefined();
  expect(readCredentialRow(ID, Uint8Array.from([...bytes, 0]))).toBeUndefined();
});

test.each([
  ["kind 0", 4, 0x00],
  ["kind 8", 4, 0x08],
  ["suspension 11", 4, 0xb1],
  ["a party size that nobody reads yet", 5, 0x0e | 32],
  ["the highest bit", 5, 0x0e | 128],
  ["a flag without a meaning", 6, 0x80],
  ["a grant of another kind", 49, 3],
])("%s is no row", (_, at, value) => {
  const bytes = encodeCredentialRow(PHONE);
  bytes[at] = value;
  expect(readCredentialRow(ID, bytes)).toBeUndefined();
});

test("what no row can hold is the caller's mistake", () => {
  expect(() => encodeCredentialRow({ ...PHONE, grants: [{ kind: "profile", profile: 65_536 }] })).toThrow(RangeError);
  expect(() => encodeCredentialRow({ ...PHONE, credential: { ...PHONE.credential, holder: -1 } })).toThrow(RangeError);
  expect(() => encodeCredentialRow({ ...PHONE, credential: { ...PHONE.credential, publicKey: KEY.subarray(1) } })).toThrow(RangeError);
  expect(() => encodeCredentialRow({ ...PHONE, grants: Array.from({ length: 256 }, (_, profile): RowGrant => ({ kind: "profile", profile })) })).toThrow(
    RangeError,
  );
});
