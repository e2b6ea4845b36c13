import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { type CommissioningProtocol, makeCommissioningProtocol, PROTOCOL_LIMITS, readCommissioningProtocol } from "./commissioning-protocol.ts";
import { keyId } from "./cose.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { ok } from "./result.ts";
import { RECORD, sign1 } from "./signed.ts";
import { unixSeconds } from "./units.ts";
import type { CborValue } from "./cbor-value.ts";

const SITE = "demo-campus";
const signer = nodeSigner(new Uint8Array(32).fill(1));
const HASH = "ab".repeat(32);
const SAID: CommissioningProtocol = {
  controller: "gate-house",
  door: "lift-1/3",
  by: "li.wei",
  begun: null,
  ended: unixSeconds(1_800_000_000),
  configurationHash: HASH,
  parts: [{ part: "floor lift-1/3", hash: HASH }],
  outcome: "incomplete",
  steps: [{ step: "button", outcome: "open", remark: "", seen: [{ seq: null, text: "lock of lift-1/3: Locked" }] }],
};
const read = (bytes: Uint8Array) => readCommissioningProtocol(bytes, SITE, () => ok(signer.publicKey), nodeVerifier);
const made = (change: Partial<CommissioningProtocol> = {}): Uint8Array => makeCommissioningProtocol(SITE, { ...SAID, ...change }, signer);
const many = <Item>(count: number, item: Item): readonly Item[] => Array.from({ length: count }, () => item);

test("what was signed is read again, and the largest that may be made is one that may be read", () => {
  expect(read(made())).toEqual({ ok: true, value: SAID });
  const { steps, observations, parts, seen, remark } = PROTOCOL_LIMITS;
  const longest = { ...SAID.steps[0]!, remark: "门".repeat(remark), seen: many(observations, { seq: 7, text: "门".repeat(seen) }) };
  const largest = { ...SAID, steps: many(steps, longest), parts: many(parts, { part: "门".repeat(seen), hash: HASH }) };
  const bytes = made(largest);
  expect([bytes.length <= RECORD.commissioning.bytesMax, read(bytes)]).toEqual([true, { ok: true, value: largest }]);
});

test("half a character, as a cut text ends with, is signed as a replacement character", () => {
  expect(read(made({ by: "li\ud83d", steps: [{ ...SAID.steps[0]!, remark: "\ufeffx" }] }))).toMatchObject({
    ok: true,
    value: { by: "li\ufffd", steps: [{ remark: "\ufffdx" }] },
  });
});

test.each<[string, Partial<CommissioningProtocol>]>([
  ["more steps", { steps: many(PROTOCOL_LIMITS.steps + 1, SAID.steps[0]!) }],
  ["no step", { steps: [] }],
  ["more parts", { parts: many(PROTOCOL_LIMITS.parts + 1, SAID.parts[0]!) }],
  ["a hash that is none", { configurationHash: "ab" }],
  ["nobody", { by: "" }],
  ["a door with a space", { door: "main door" }],
])("none is signed that has %s", (_, change) => {
  expect(() => made(change)).toThrow(RangeError);
});

const hash = new Uint8Array(32);
const good: readonly CborValue[] = [1, "gate-house", "library", "li", null, null, hash, [], 0, [["rex", 1, "", []]]];
test.each<[string, number, CborValue]>([
  ["another form", 0, 2],
  ["an outcome that is none", 8, 3],
  ["a step's outcome that is none", 9, [["rex", 4, "", []]]],
  ["a time that is none", 4, "now"],
  ["an observation of three", 9, [["rex", 1, "", [[1, "a", "b"]]]]],
  ["a hash of 31 bytes", 6, new Uint8Array(31)],
])("one with %s is RecordMalformed, whoever signed it", (_, at, value) => {
  const signed = (payload: readonly CborValue[]): Uint8Array => sign1("commissioning", SITE, keyId(signer.publicKey), encodeCbor([...payload]), signer);
  expect(read(signed(good)).ok).toBe(true);
  expect(read(signed(good.map((each, index) => (index === at ? value : each))))).toMatchObject({ ok: false, error: "RecordMalformed" });
});
