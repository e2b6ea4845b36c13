import type { LockItem } from "../feed/lock-item.ts";
import { U32_MAX, unixSeconds } from "../units.ts";

const KEY_32 = "ab".repeat(32);
const SEALED = "cd".repeat(57);
const NOW = unixSeconds(1_800_000_000);

/** Items of room locks, in the notation of the other items: comment, key, value, and what they are. */
export const GOOD_LOCK_ITEMS: readonly (readonly [comment: string, key: string, value: string, item: LockItem])[] = [
  ["a room lock", "90 0102", `81 5820 ${KEY_32}`, { table: "roomLock", accessPoint: 258, publicKey: new Uint8Array(32).fill(0xab) }],
  [
    "a sealed PIN of holder 7",
    "91 0102 00000007",
    `84 02 1a6b49d200 1affffffff 5839 ${SEALED}`,
    { table: "lockPin", accessPoint: 258, holder: 7, version: 2, validFrom: NOW, validUntil: unixSeconds(U32_MAX), sealed: new Uint8Array(57).fill(0xcd) },
  ],
  [
    "a place for a finger of holder 7",
    "92 0102 0003",
    "85 01 07 00 1a6b49d200 1a6b49d200",
    { table: "lockFinger", accessPoint: 258, slot: 3, holder: 7, version: 1, validFrom: unixSeconds(0), validUntil: NOW, enrolUntil: NOW },
  ],
];

/** Each one thing away from an item of a room lock. */
export const MALFORMED_LOCK_ITEMS: [comment: string, key: string, value: string][] = [
  ["a room lock in a longer key", "90 000102", `81 5820 ${KEY_32}`],
  ["a room lock whose key has 31 bytes", "90 0102", `81 581f ${KEY_32.slice(2)}`],
  ["a room lock with something behind its key", "90 0102", `82 5820 ${KEY_32} 05`],
  ["a PIN of version 0", "91 0102 00000007", `84 00 00 01 5839 ${SEALED}`],
  ["a PIN that ends when it begins", "91 0102 00000007", `84 02 01 01 5839 ${SEALED}`],
  ["a PIN of 56 bytes", "91 0102 00000007", `84 02 00 01 5838 ${SEALED.slice(2)}`],
  ["a PIN of 58 bytes", "91 0102 00000007", `84 02 00 01 583a ${SEALED}cd`],
  ["a PIN of nobody", "91 0102", `84 02 00 01 5839 ${SEALED}`],
  ["a finger in place 50", "92 0102 0032", "85 01 07 00 01 01"],
  ["a finger of version 0", "92 0102 0003", "85 00 07 00 01 01"],
  ["a finger without an end of enrolment", "92 0102 0003", "84 01 07 00 01"],
  ["a finger that ends before it begins", "92 0102 0003", "85 01 07 02 01 01"],
];
