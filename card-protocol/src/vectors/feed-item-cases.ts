import type { FeedItem, ReadItem } from "../feed/feed-item.ts";
import { GLOBAL, type Partition, zonePartition } from "../feed/partition.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { HOLDER_FLAGS } from "../permission.ts";
import { U32_MAX, unixSeconds } from "../units.ts";
import { GOOD_LOCK_ITEMS, MALFORMED_LOCK_ITEMS } from "./lock-item-cases.ts";

/** An item as it arrives, and what it is. Bytes are written by hand from docs/feed-and-events.md. */
export interface ItemCase {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly partition: Partition;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly expected: ReadItem["kind"];
  /** Present where it is an item that is known. */
  readonly item?: FeedItem;
}

const ZONE = zonePartition("east");
const NOW = unixSeconds(1_800_000_000);
const TOMORROW = unixSeconds(NOW + 86_400);
const DAY_S = 86_400;

/** Bytes from hex digits; blanks say nothing, and `'word'` is CBOR text of up to 23 ASCII letters. */
export function bytesOf(notation: string): Uint8Array {
  const hex = notation
    .replace(/'([^']*)'/g, (_, word: string) => bytesToHex(Uint8Array.of(0x60 + word.length, ...Uint8Array.from(word, (char) => char.charCodeAt(0)))))
    .replace(/\s/g, "");
  const bytes = hexToBytes(hex);
  if (bytes === undefined) throw new RangeError(`no bytes: ${notation}`);
  return bytes;
}

const ID = "0011223344556677";
const CARD_KEY = `01 ${ID}`;
const KEY_32 = "ab".repeat(32);
const TOKEN = "000102030405060708090a0b0c0d0e0f";

/** At least one item of each table. */
export const GOOD_ITEMS: readonly ItemCase[] = [
  good(ZONE, "a lost card without a grant", CARD_KEY, "00000007 12 00 0000 00000001 00000002 00", {
    table: "credential",
    row: {
      credential: {
        id: ID,
        holder: 7,
        kind: "card",
        suspension: "CredentialLost",
        takes: [],
        flags: [],
        validFrom: unixSeconds(1),
        validUntil: unixSeconds(2),
      },
      grants: [],
    },
  }),
  good(
    ZONE,
    "a phone with all that a row can hold",
    CARD_KEY,
    `01020304 01 7f 00ff 6b49d200 ffffffff ${KEY_32} 6b49d23c 04 000007d0 00002710 0005 6b4b2380
     03 00 0001 01 0002 6b49d200 6b4b2380 02 00000000 ffffffff 05 0004 03 0000000f02bc`,
    {
      table: "credential",
      row: {
        credential: {
          id: ID,
          holder: 0x01020304,
          kind: "qr",
          takes: ["T", "H", "HC"],
          flags: HOLDER_FLAGS,
          validFrom: NOW,
          validUntil: unixSeconds(U32_MAX),
          publicKey: bytesOf(KEY_32),
          takesIssuedUntil: unixSeconds(NOW + 60),
          partySize: 4,
          offlineLimits: { perTxFen: 2_000, totalFen: 10_000, count: 5, until: TOMORROW },
        },
        grants: [
          { kind: "profile", profile: 1 },
          { kind: "profileFor", profile: 2, validFrom: NOW, validUntil: TOMORROW },
          { kind: "own", validFrom: unixSeconds(0), validUntil: unixSeconds(U32_MAX), capability: "borrow", schedule: 4, accessPoints: [0, 15, 700] },
        ],
      },
    },
  ),
  good(ZONE, "a plate's token", `02 07 ${TOKEN}`, ID, { table: "match", kind: "plate", token: bytesOf(TOKEN), credential: ID }),
  good(ZONE, "an access profile", "03 0005", "82 'student' 82 83 01 00 00 83 01 02 04", {
    table: "accessProfile",
    number: 5,
    id: "student",
    policies: [
      { accessPoint: 1, capability: "pass", schedule: 0 },
      { accessPoint: 1, capability: "unlock", schedule: 4 },
    ],
  }),
  good(ZONE, "an access profile that opens nothing", "03 0000", "82 'none' 80", { table: "accessProfile", number: 0, id: "none", policies: [] }),
  good(
    ZONE,
    "a schedule with all that one can hold",
    "04 0001",
    `85 'library' 82 82 01 81 82 197080 1a00015180 82 06 82 82 00 190e10 82 1a00013560 1a00016da0
     82 82 00 80 82 03 81 82 00 1a00015180 03 82 'exam' 'teaching'`,
    {
      table: "schedule",
      number: 1,
      schedule: {
        id: "library",
        weekly: { 1: [{ startS: 28_800, endS: DAY_S }], 6: [{ startS: 0, endS: 3_600 }, { startS: 79_200, endS: 93_600 }] }, // prettier-ignore
        specialDays: [
          { group: 0, periods: [] },
          { group: 3, periods: [{ startS: 0, endS: DAY_S }] },
        ],
        follows: { holidays: true, makeUpDays: true, termPhases: ["exam", "teaching"] },
      },
    },
  ),
  good(ZONE, "a schedule that never opens", "04 ffff", "85 'never' 80 80 00 f6", {
    table: "schedule",
    number: 65_535,
    schedule: { id: "never", weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } },
  }),
  good(ZONE, "special days", "05 0000", "82 'open-days' 82 1a01352889 1a0141375f", {
    table: "specialDays",
    number: 0,
    id: "open-days",
    days: ["2026-10-01", "2105-12-31"],
  }),
  good(ZONE, "an access point", "06 0102", "'gate/north'", { table: "accessPoint", number: 258, id: "gate/north" }),
  good(ZONE, "an access point that is named in ideographs", "06 0103", "69 e59bbe e4b9a6 e9a686", { table: "accessPoint", number: 259, id: "图书馆" }),
  good(ZONE, "a zone key", "07", `82 02 50 ${TOKEN}`, { table: "zoneKey", generation: 2, check: bytesOf(TOKEN) }),
  ...GOOD_LOCK_ITEMS.map(([comment, key, value, item]) => good(ZONE, comment, key, value, item)),
  good(GLOBAL, "a revocation", `10 ${ID}`, "82 01 1a6b49d200", { table: "revocation", credential: ID, suspension: "CredentialLost", since: NOW }),
  good(GLOBAL, "a suspension", `10 ${ID}`, "82 0a 1a6b49d200", { table: "revocation", credential: ID, suspension: "Suspended", since: NOW }),
  good(GLOBAL, "a revocation that is lifted", `10 ${ID}`, "82 00 1a6b49d200", { table: "revocation", credential: ID, suspension: undefined, since: NOW }),
  good(GLOBAL, "a holiday", "11 01352889", "81 00", { table: "calendarDay", date: "2026-10-01", kind: "holiday" }),
  good(GLOBAL, "a make-up day that runs as a Sunday", "11 01352890", "82 01 07", { table: "calendarDay", date: "2026-10-08", kind: "makeUpDay", runsAs: 7 }),
  good(GLOBAL, "two term phases from one day on", "12 01352825", "82 82 'exam' 1a01352889 82 'teaching' 1a01354c28", {
    table: "termPhase",
    from: "2026-09-01",
    phases: [
      { phase: "exam", until: "2026-10-01" },
      { phase: "teaching", until: "2027-01-20" },
    ],
  }),
];

/** What a reader keeps without knowing it. */
export const OPTIONAL_ITEMS: readonly ItemCase[] = [
  [ZONE, "the first optional table, without a value", "80", ""],
  [GLOBAL, "the last optional table, with a value that is no CBOR", "ff 00", "ff ff"],
  [ZONE, "an optional item of the greatest size", `80 ${"00".repeat(63)}`, "00".repeat(4_096)],
].map(([partition, comment, key, value]) => plain(partition as Partition, ["Optional"], comment!, key!, value!, "optional"));

const CARD = "00000007 12 00 0000 00000001 00000002";
const ROW_TIMES = "00000001 00000002";
const [WHILE_1, WHILE_2] = ["01 0001 00000005 00000006", "01 0001 00000005 00000007"];
const OWN = "02 00000000 ffffffff 00 0000";
const DAY = "11 01352889";
const PHASE = "12 01352825";

/** Each is one thing away from an item: another length, range, order or encoding. */
export const MALFORMED_ITEMS: readonly ItemCase[] = [
  ...bad(ZONE, "Key", [
    ["no key at all", "", "81 00"],
    ["a key of 65 bytes", `80 ${"00".repeat(64)}`, ""],
    ["a value of 4,097 bytes", "80", "00".repeat(4_097)],
    ["table 0", "00 0001", "'gate'"],
    ["a table that is not listed", "08 0001", "'gate'"],
    ["the last table that is not optional", "7f", "80"],
    ["a revocation in a zone", `10 ${ID}`, "82 01 1a6b49d200"],
    ["a holiday in a zone", DAY, "81 00"],
    ["a term phase in a zone", PHASE, "81 82 'exam' 1a01352889"],
    ["a credential id of 7 bytes", "01 00112233445566", `${CARD} 00`],
    ["a credential id of 9 bytes", `${CARD_KEY} 88`, `${CARD} 00`],
    ["a token of 15 bytes", `02 07 ${TOKEN.slice(2)}`, ID],
    ["a token of 17 bytes", `02 07 ${TOKEN}10`, ID],
    ["a match of kind 0", `02 00 ${TOKEN}`, ID],
    ["a match of kind 8", `02 08 ${TOKEN}`, ID],
    ["a match without anything", "02", ID],
    ["a number of one byte", "06 01", "'gate'"],
    ["a number of three bytes", "06 000102", "'gate'"],
    ["schedule 0, which is always", "04 0000", "85 'never' 80 80 00 f6"],
    ["a zone key with a number", "07 00", `82 02 50 ${TOKEN}`],
  ]),
  ...bad(ZONE, "Row", [
    ["a row without its number of grants", CARD_KEY, CARD],
    ["a row and a byte more", CARD_KEY, `${CARD} 00 00`],
    ["credential kind 0", CARD_KEY, `00000007 10 00 0000 ${ROW_TIMES} 00`],
    ["suspension 11", CARD_KEY, `00000007 b2 00 0000 ${ROW_TIMES} 00`],
    ["bit 128", CARD_KEY, `00000007 12 80 0000 ${ROW_TIMES} 00`],
    ["flag 256", CARD_KEY, `00000007 12 00 0100 ${ROW_TIMES} 00`],
    ["a party of nobody", CARD_KEY, `00000007 12 20 0000 ${ROW_TIMES} 00 00`],
    ["a party of one", CARD_KEY, `00000007 12 20 0000 ${ROW_TIMES} 01 00`],
    ["off-line limits a byte short", CARD_KEY, `00000007 12 40 0000 ${ROW_TIMES} ${"00".repeat(13)} 00`],
    ["grants out of order", CARD_KEY, `${CARD} 02 00 0002 00 0001`],
    ["grants of one profile out of order", CARD_KEY, `${CARD} 02 ${WHILE_2} ${WHILE_1}`],
    ["a grant twice", CARD_KEY, `${CARD} 02 00 0001 00 0001`],
    ["a grant of kind 3", CARD_KEY, `${CARD} 01 03 0001`],
    ["a profile from 0 and without an end, written as one for a while", CARD_KEY, `${CARD} 01 01 0001 00000000 ffffffff`],
    ["a grant of its own without access points", CARD_KEY, `${CARD} 01 ${OWN} 00`],
    ["a grant of its own with an access point too few", CARD_KEY, `${CARD} 01 ${OWN} 02 0001`],
    ["a grant of its own with access points out of order", CARD_KEY, `${CARD} 01 ${OWN} 02 0002 0001`],
    ["a grant of its own with an access point twice", CARD_KEY, `${CARD} 01 ${OWN} 02 0001 0001`],
    ["capability 6", CARD_KEY, `${CARD} 01 02 00000000 ffffffff 06 0000 01 0001`],
  ]),
  ...bad(ZONE, "Value", [
    ["a match with 7 bytes of an id", `02 07 ${TOKEN}`, ID.slice(2)],
    ["a match with 9 bytes", `02 07 ${TOKEN}`, `${ID}88`],
    ["policies out of order", "03 0005", "82 'student' 82 83 02 00 00 83 01 00 00"],
    ["policies out of the order of capabilities", "03 0005", "82 'student' 82 83 01 01 00 83 01 00 01"],
    ["policies out of the order of schedules", "03 0005", "82 'student' 82 83 01 00 02 83 01 00 01"],
    ["a policy twice", "03 0005", "82 'student' 82 83 01 00 00 83 01 00 00"],
    ["a policy of capability 6", "03 0005", "82 'student' 81 83 01 06 00"],
    ["a policy of access point 65,536", "03 0005", "82 'student' 81 83 1a00010000 00 00"],
    ["a policy of schedule 65,536", "03 0005", "82 'student' 81 83 01 00 1a00010000"],
    ["a policy of two elements", "03 0005", "82 'student' 81 82 01 00"],
    ["a profile whose id is no id", "03 0005", "82 '=cmd' 80"],
    ["a profile with something behind", "03 0005", "83 'student' 80 00"],
    ["special days out of order", "05 0000", "82 'open-days' 82 1a01352890 1a01352889"],
    ["a special day twice", "05 0000", "82 'open-days' 82 1a01352889 1a01352889"],
    ["the 32nd of October", "05 0000", "82 'open-days' 81 1a013528a8"],
    ["a 29th of February in a common year", "05 0000", "82 'open-days' 81 1a01354c95"],
    ["the last day of 1969", "05 0000", "82 'open-days' 81 1a012c76df"],
    ["the first day of 2106", "05 0000", "82 'open-days' 81 1a01415a05"],
    ["a date of seven digits", "05 0000", "82 'open-days' 81 1a001eea75"],
    ["a date as text", "05 0000", "82 'open-days' 81 '20261001'"],
    ["an access point without a name", "06 0102", "60"],
    ["an access point of two words", "06 0102", "'gate north'"],
    ["an access point's name in a longer encoding", "06 0102", "78 04 67617465"],
    ["an access point's name and a byte more", "06 0102", "'gate' 00"],
    ["an access point as a byte string", "06 0102", "44 67617465"],
    ["an access point without a value", "06 0102", ""],
    ["a zone key with a check of 15 bytes", "07", `82 02 4f ${TOKEN.slice(2)}`],
    ["a zone key of a negative generation", "07", `82 20 50 ${TOKEN}`],
  ]),
  ...bad(ZONE, "Lock", MALFORMED_LOCK_ITEMS),
  ...bad(ZONE, "Schedule", [
    ["a schedule of four elements", "04 0001", "84 'library' 80 80 00"],
    ["a schedule whose id is no id", "04 0001", "85 '-' 80 80 00 f6"],
    ["weekday 0", "04 0001", "85 'library' 81 82 00 81 82 00 01 80 00 f6"],
    ["weekday 8", "04 0001", "85 'library' 81 82 08 81 82 00 01 80 00 f6"],
    ["weekdays out of order", "04 0001", "85 'library' 82 82 02 81 82 00 01 82 01 81 82 00 01 80 00 f6"],
    ["a weekday twice", "04 0001", "85 'library' 82 82 01 81 82 00 01 82 01 81 82 02 03 80 00 f6"],
    ["a weekday without a range", "04 0001", "85 'library' 81 82 01 80 80 00 f6"],
    ["a range that ends where it begins", "04 0001", "85 'library' 81 82 01 81 82 05 05 80 00 f6"],
    ["a range that ends before it begins", "04 0001", "85 'library' 81 82 01 81 82 05 04 80 00 f6"],
    ["a range that begins on the next day", "04 0001", "85 'library' 81 82 01 81 82 1a00015180 1a00015181 80 00 f6"],
    ["a range that ends behind the next day", "04 0001", "85 'library' 81 82 01 81 82 00 1a0002a301 80 00 f6"],
    ["ranges that touch", "04 0001", "85 'library' 81 82 01 82 82 00 05 82 05 06 80 00 f6"],
    ["ranges that overlap", "04 0001", "85 'library' 81 82 01 82 82 00 05 82 04 06 80 00 f6"],
    ["ranges out of order", "04 0001", "85 'library' 81 82 01 82 82 04 05 82 00 01 80 00 f6"],
    ["a range twice", "04 0001", "85 'library' 81 82 01 82 82 00 01 82 00 01 80 00 f6"],
    ["special days out of order", "04 0001", "85 'library' 80 82 82 03 80 82 02 80 00 f6"],
    ["special days twice", "04 0001", "85 'library' 80 82 82 03 80 82 03 80 00 f6"],
    ["special days 65,536", "04 0001", "85 'library' 80 81 82 1a00010000 80 00 f6"],
    ["a day to follow that nobody knows", "04 0001", "85 'library' 80 80 04 f6"],
    ["term phases out of order", "04 0001", "85 'library' 80 80 00 82 'teaching' 'exam'"],
    ["a term phase twice", "04 0001", "85 'library' 80 80 00 82 'exam' 'exam'"],
    ["false where no term phase is named", "04 0001", "85 'library' 80 80 00 f4"],
  ]),
  ...bad(GLOBAL, "Global", [
    ["a credential in global", CARD_KEY, `${CARD} 00`],
    ["an access point in global", "06 0102", "'gate'"],
    ["a revocation of 7 bytes", "10 00112233445566", "82 01 1a6b49d200"],
    ["suspension 11", `10 ${ID}`, "82 0b 1a6b49d200"],
    ["a suspension as text", `10 ${ID}`, "82 'Frozen' 1a6b49d200"],
    ["a revocation without its time", `10 ${ID}`, "81 01"],
    ["a revocation's time in a longer encoding", `10 ${ID}`, "82 01 1a00000007"],
    ["a holiday on the 32nd of October", "11 013528a8", "81 00"],
    ["a holiday with a date of two bytes", "11 2889", "81 00"],
    ["a holiday that runs as a weekday", DAY, "82 00 01"],
    ["a make-up day without a weekday", DAY, "81 01"],
    ["a make-up day as weekday 0", DAY, "82 01 00"],
    ["a make-up day as weekday 8", DAY, "82 01 08"],
    ["a calendar day of kind 2", DAY, "81 02"],
    ["term phases out of order", PHASE, "82 82 'teaching' 1a01354c28 82 'exam' 1a01352889"],
    ["a term phase twice", PHASE, "82 82 'exam' 1a01352889 82 'exam' 1a01352890"],
    ["a term phase that ends on its first day", PHASE, "81 82 'exam' 1a01352825"],
    ["no term phase", PHASE, "80"],
    ["table 19", "13 01352889", "81 00"],
  ]),
];

function good(partition: Partition, comment: string, key: string, value: string, item: FeedItem): ItemCase {
  return { ...plain(partition, ["Valid"], comment, key, value, "item"), item };
}

function bad(partition: Partition, flag: string, cases: readonly (readonly [comment: string, key: string, value: string])[]): ItemCase[] {
  return cases.map(([comment, key, value]) => plain(partition, [flag], comment, key, value, "malformed"));
}

function plain(partition: Partition, flags: readonly string[], comment: string, key: string, value: string, expected: ReadItem["kind"]): ItemCase {
  return { comment, flags, partition, key: bytesOf(key), value: bytesOf(value), expected };
}
