import { createHash } from "node:crypto";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { expect, test } from "vitest";
import { type EnrolmentClaim, enrolmentWords, readEnrolmentWords, SALT_BYTES } from "./enrolment-words.ts";
import { nodeSha256 } from "./node/index.ts";

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const CLAIM: EnrolmentClaim = {
  site: "demo-campus",
  controller: "gate-house",
  publicKey: bytes(32, 1),
  roots: { version: 1, threshold: 2, keys: [bytes(32, 2), bytes(32, 3), bytes(32, 4)] },
  nonce: bytes(32, 5),
  salt: bytes(SALT_BYTES, 6),
};
const wordsOf = (claim: EnrolmentClaim): string => enrolmentWords(claim, nodeSha256).join(" ");

test("the words are the first 66 bits of SHA-256 over the claim in deterministic CBOR", () => {
  const key = (fill: string): string => `5820${fill.repeat(32)}`;
  const text = (value: string): string => `${(0x60 + value.length).toString(16)}${Buffer.from(value).toString("hex")}`;
  const cbor = `87${text("portico enrolment")}${text("demo-campus")}${text("gate-house")}${key("01")}83010283${key("02")}${key("03")}${key("04")}${key("05")}50${"06".repeat(16)}`;
  const bits = [...createHash("sha256").update(Buffer.from(cbor, "hex")).digest()].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const expected = Array.from({ length: 6 }, (_, nth) => wordlist[parseInt(bits.slice(nth * 11, nth * 11 + 11), 2)]);
  expect(enrolmentWords(CLAIM, nodeSha256)).toEqual(expected);
});

test("the order in which the root keys are told makes no other words", () => {
  expect(wordsOf({ ...CLAIM, roots: { ...CLAIM.roots, keys: CLAIM.roots.keys.toReversed() } })).toBe(wordsOf(CLAIM));
});

test.each<[string, Partial<EnrolmentClaim>]>([
  ["another site", { site: "demo-campus-2" }],
  ["another controller", { controller: "gate-house-2" }],
  ["another key", { publicKey: bytes(32, 9) }],
  ["another root key", { roots: { ...CLAIM.roots, keys: [bytes(32, 2), bytes(32, 3), bytes(32, 9)] } }],
  ["a root key less", { roots: { ...CLAIM.roots, keys: CLAIM.roots.keys.slice(1) } }],
  ["a lower threshold", { roots: { ...CLAIM.roots, threshold: 1 } }],
  ["another root version", { roots: { ...CLAIM.roots, version: 2 } }],
  ["another nonce", { nonce: bytes(32, 9) }],
  ["another salt", { salt: bytes(SALT_BYTES, 9) }],
])("%s makes other words", (_, change) => {
  expect(wordsOf({ ...CLAIM, ...change })).not.toBe(wordsOf(CLAIM));
});

test("words are read as people type them, and nothing but six words of the list", () => {
  const six = ["abandon", "zoo", "able", "ocean", "abandon", "about"];
  expect(readEnrolmentWords("  Abandon ZOO\table\nocean, abandon-about ")).toEqual(six);
  for (const text of ["", "abandon zoo able ocean abandon", `${six.join(" ")} zone`, "abandon zoo able ocean abandon aboutt"])
    expect(readEnrolmentWords(text)).toBeUndefined();
});
