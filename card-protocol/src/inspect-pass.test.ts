import { expect, test } from "vitest";
import { bytesToHex } from "./hex.ts";
import { inspectPass } from "./inspect-pass.ts";
import { challenged, held, issued, KEY, NOW } from "./vectors/vector-campus.ts";

test.each([
  [
    "T",
    issued(),
    [
      "constant",
      "kid of the issuer's key",
      "constant",
      "expiry, u32 seconds",
      "constant",
      "credential id",
      "expiry again: the counter of a T",
      "constant",
      "Ed25519 signature",
    ],
  ],
  ["H", held(), ["constant", "credential id", "constant", "signed at, u32 seconds by the phone", "constant", "counter", "constant", "Ed25519 signature"]],
  [
    "HC",
    challenged(),
    [
      "constant",
      "credential id",
      "constant",
      "signed at, u32 seconds by the phone",
      "constant",
      "counter",
      "constant",
      "the reader's challenge",
      "constant",
      "Ed25519 signature",
    ],
  ],
])("a pass %s taken apart: every byte once, in order, with its meaning", (kind, { text, bytes }, meanings) => {
  const inspection = inspectPass(`${text}\r\n`);
  if (!inspection.ok) throw new Error(inspection.detail);
  const { pass, parts } = inspection.value;
  expect(pass.kind).toBe(kind);
  expect(parts.map(({ meaning }) => meaning)).toEqual(meanings);
  expect(parts.map(({ hex }) => hex).join("")).toBe(bytesToHex(bytes));
  let offset = 0;
  for (const part of parts) {
    expect(part.offset).toBe(offset);
    offset += part.hex.length / 2;
  }
});

test("a forged pass is taken apart as well: nothing is verified", () => {
  expect(inspectPass(held({ signedAt: NOW }, KEY.stranger).text)).toMatchObject({ ok: true, value: { pass: { kind: "H", signedAt: NOW } } });
});

test("what is no pass is refused with the check that it failed", () => {
  expect(inspectPass("https://campus.example")).toEqual({ ok: false, error: "PassMalformed", detail: "length of a pass: 22 characters" });
});
