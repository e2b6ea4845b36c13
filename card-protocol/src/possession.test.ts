import { Encoder } from "cbor-x";
import { expect, test } from "vitest";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { makePossession, type PossessionClaim, verifyPossession } from "./possession.ts";
import { ok } from "./result.ts";
import { verify1 } from "./signed.ts";

const phone = nodeSigner(new Uint8Array(32).fill(1));
const claim: PossessionClaim = { nonce: new Uint8Array(32).fill(5), person: "p-1024" };
const proof = makePossession("demo-campus", claim, phone);
const holds = (bytes: Uint8Array, site = "demo-campus", given = claim, publicKey = phone.publicKey) =>
  verifyPossession(bytes, site, given, publicKey, nodeVerifier);

test("a phone proves that it holds the key that it enrols", () => {
  for (const person of ["p-1024", "x", "p".repeat(23), "p".repeat(24), "p".repeat(64)])
    expect(holds(makePossession("demo-campus", { ...claim, person }, phone), "demo-campus", { ...claim, person })).toBe(true);
});

test("the proof is a COSE_Sign1 of kind 4 around [nonce, person, key] like every other signed record", () => {
  const record = verify1("possession", "demo-campus", proof, () => ok(phone.publicKey), nodeVerifier);
  expect(record.ok && record.value.kid).toEqual(phone.publicKey.slice(0, 8));
  expect(record.ok && new Encoder({}).decode(record.value.payload)).toEqual([claim.nonce, claim.person, phone.publicKey]);
});

test("it proves nothing for another site, nonce, person or key, nor once changed", () => {
  const other = nodeSigner(new Uint8Array(32).fill(2));
  expect(holds(proof, "other")).toBe(false);
  expect(holds(proof, "demo-campus", { ...claim, nonce: new Uint8Array(32) })).toBe(false);
  expect(holds(proof, "demo-campus", { ...claim, person: "p-1025" })).toBe(false);
  expect(holds(proof, "demo-campus", claim, other.publicKey)).toBe(false);
  for (let i = 0; i < proof.length; i++) {
    const changed = proof.slice();
    changed[i]! ^= 1;
    expect(holds(changed)).toBe(false);
  }
  expect([proof.subarray(1), proof.subarray(0, -1), Uint8Array.of(...proof, 0), new Uint8Array()].map((bytes) => holds(bytes))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test("a key of small order proves nothing, whatever the verifier says", () => {
  const order1 = new Uint8Array(32);
  order1[0] = 1;
  const forged = makePossession("demo-campus", claim, { publicKey: order1, sign: phone.sign });
  expect(verifyPossession(forged, "demo-campus", claim, order1, { verify: () => true })).toBe(false);
});

test.each<[string, PossessionClaim]>([
  ["a short nonce", { ...claim, nonce: new Uint8Array(31) }],
  ["nobody", { ...claim, person: "" }],
  ["a person id of 65 characters", { ...claim, person: "p".repeat(65) }],
  ["a name instead of an id", { ...claim, person: "李伟" }],
])("%s cannot be proved for", (_, given) => {
  expect(() => makePossession("demo-campus", given, phone)).toThrow(RangeError);
  expect(holds(proof, "demo-campus", given)).toBe(false);
});
