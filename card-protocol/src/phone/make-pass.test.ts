import { Decoder, Encoder } from "cbor-x";
import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { nodeSigner } from "../node/index.ts";
import { unixSeconds } from "../units.ts";
import { challenged, CHALLENGE, CREDENTIAL, held, issued, KEY, NOW, SITE } from "../vectors/vector-campus.ts";
import { makeChallengedPass, makeHeldPass, makeIssuedPass, passText, portableSigner } from "./index.ts";

/** A decoder and an encoder of everyday settings, to see the passes as any COSE library would. */
const decode = (bytes: Uint8Array): unknown => new Decoder({ mapsAsObjects: false, useRecords: false }).decode(bytes);
const encode = (value: unknown): Uint8Array => new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false }).encode(value);
const plain = (bytes: unknown): Uint8Array => new Uint8Array(bytes as Uint8Array);
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

const u32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const PASSES = [
  [
    "T",
    1,
    issued(),
    KEY.issuer,
    hex("0001"),
    [
      [4, NOW + 20],
      [7, Uint8Array.of(...hex(CREDENTIAL.issuedOnly), ...u32(NOW + 20))],
    ],
  ],
  [
    "H",
    2,
    held(),
    KEY.phone,
    hex(CREDENTIAL.held),
    [
      [6, NOW - 5],
      [7, u32(1000)],
    ],
  ],
  [
    "HC",
    3,
    challenged(),
    KEY.phone,
    hex(CREDENTIAL.held),
    [
      [6, NOW - 5],
      [7, u32(1000)],
      [10, hex(CHALLENGE)],
    ],
  ],
] as const;

test.each(PASSES)("a pass %s is an ordinary COSE_Sign1 with CWT claims, as a plain CBOR decoder sees it", (_kind, _byte, { bytes }, _signer, kid, claims) => {
  const [protectedHeader, unprotected, payload, signature, ...rest] = decode(bytes) as unknown[];
  expect(rest).toEqual([]);
  const header = decode(plain(protectedHeader)) as Map<number, unknown>;
  expect([...header].map(([label, value]) => [label, value instanceof Uint8Array ? plain(value) : value])).toEqual([
    [1, -19],
    [4, kid],
  ]);
  expect(unprotected).toEqual(new Map());
  const map = decode(plain(payload)) as Map<number, unknown>;
  expect([...map].map(([claim, value]) => [claim, value instanceof Uint8Array ? plain(value) : value])).toEqual(claims);
  expect(plain(signature)).toHaveLength(64);
});

test.each(PASSES)("a pass %s verifies as RFC 9052 §4.4 says, written down anew with node:crypto", (_kind, kindByte, { bytes }, signer) => {
  const [protectedHeader, , payload, signature] = decode(bytes) as [Uint8Array, unknown, Uint8Array, Uint8Array];
  const externalAad = Buffer.concat([Buffer.from("CP1"), Buffer.of(kindByte), Buffer.from(SITE)]);
  const toBeSigned = encode(["Signature1", Buffer.from(protectedHeader), externalAad, Buffer.from(payload)]);
  const key = createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), signer.publicKey]), format: "der", type: "spki" });
  expect(verify(null, toBeSigned, key, signature)).toBe(true);
  expect(verify(null, Buffer.concat([toBeSigned, Buffer.of(0)]), key, signature)).toBe(false);
});

test("a pass signed by node's key is the pass signed by tweetnacl's", () => {
  const seed = new Uint8Array(32).fill(0x5a);
  expect(held({}, nodeSigner(seed))).toEqual(held({}, portableSigner(seed)));
});

test("the text is made of a QR code's alphanumeric characters, in the length that fits the version", () => {
  for (const [, , { text, bytes }] of PASSES) {
    expect(text).toMatch(/^CP1:[0-9A-Z $%*+\-./:]+$/);
    expect(passText(bytes)).toBe(text);
  }
  expect(PASSES.map(([, , { text }]) => text.length)).toEqual([151, 148, 163]);
});

const fields = { site: SITE, credentialId: CREDENTIAL.held, signedAt: unixSeconds(NOW), counter: 1 };
test.each([
  ["a site with a capital", { site: "Campus" }, "site"],
  ["no site", { site: "" }, "site"],
  ["a site of 33 characters", { site: "a".repeat(33) }, "site"],
  ["a credential id in capitals", { credentialId: "A1A2A3A4A5A6A7A8" }, "credential id"],
  ["a credential id of 7 bytes", { credentialId: "a1a2a3a4a5a6a7" }, "credential id"],
  ["a counter below 0", { counter: -1 }, "counter"],
  ["a counter above u32", { counter: 2 ** 32 }, "counter"],
  ["half a counter", { counter: 0.5 }, "counter"],
  ["a time that is none", { signedAt: unixSeconds(Number.NaN) }, "signedAt"],
])("%s cannot be put into a pass", (_, change, word) => {
  expect(() => makeHeldPass({ ...fields, ...change }, KEY.phone)).toThrow(word);
});

test("a challenge of another length and a kid above u16 cannot be put into a pass", () => {
  expect(() => makeChallengedPass({ ...fields, challenge: new Uint8Array(7) }, KEY.phone)).toThrow("8 bytes");
  for (const kid of [-1, 0x1_0000, 1.5]) expect(() => makeIssuedPass({ ...fields, kid, expiresAt: unixSeconds(NOW) }, KEY.issuer)).toThrow("kid");
});
