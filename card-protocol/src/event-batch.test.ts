import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { keyId } from "./cose.ts";
import { makeEventBatch, readEventBatch } from "./event-batch.ts";
import { CHAIN_START, type ChainEnd } from "./event-chain.ts";
import { encodeEvent, eventOf } from "./event.ts";
import { nodeSha256 } from "./node/sha256.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { err, ok } from "./result.ts";
import { type KeyFor, sign1 } from "./signed.ts";
import { sameBytes } from "./bytes.ts";

const controllerKey = nodeSigner(new Uint8Array(32).fill(1));
const keyFor: KeyFor = (kid) => (sameBytes(kid, keyId(controllerKey.publicKey)) ? ok(controllerKey.publicKey) : err("KeyUntrusted", "no such controller"));
const records: Uint8Array[] = [];
let end: ChainEnd = CHAIN_START;
for (let seq = 1; seq <= 5; seq++) {
  records.push(encodeEvent({ seq, prevHash: end.hash, at: null, ms: 0, event: eventOf("RequestToExit", { door: "library" }) }));
  end = { seq, hash: nodeSha256(records.at(-1)!) };
}
const batch = { controller: "gate-house", from: CHAIN_START, records };
const read = (bytes: Uint8Array) => readEventBatch(bytes, "demo-campus", keyFor, nodeVerifier, nodeSha256);
const signed = (payload: Uint8Array) => sign1("events", "demo-campus", keyId(controllerKey.publicKey), payload, controllerKey);

test("a batch reads as it was signed, with the end of its chain", () => {
  const whole = read(makeEventBatch("demo-campus", batch, controllerKey));
  expect(whole).toMatchObject({ ok: true, value: { batch, end } });
  expect(whole.ok && whole.value.links.map(({ record, bytes, end: { seq } }) => [record.seq, bytes, seq])).toEqual(
    records.map((bytes, nth) => [nth + 1, bytes, nth + 1]),
  );
  const tail = { ...batch, from: { seq: 3, hash: nodeSha256(records[2]!) }, records: records.slice(3) };
  expect(read(makeEventBatch("demo-campus", tail, controllerKey))).toMatchObject({ ok: true, value: { batch: tail, links: { length: 2 }, end } });
});

test("a batch by a stranger, or of another site, is refused", () => {
  expect(read(makeEventBatch("demo-campus", batch, nodeSigner(new Uint8Array(32).fill(2))))).toMatchObject({
    error: "KeyUntrusted",
    detail: "no such controller",
  });
  expect(read(makeEventBatch("other", batch, controllerKey))).toMatchObject({ error: "SignatureInvalid" });
});

test("a batch whose records do not follow from one another names the first break, even when its signature holds", () => {
  const holed = { ...batch, records: [records[0]!, records[2]!] };
  expect(read(makeEventBatch("demo-campus", holed, controllerKey))).toEqual({ ok: false, error: "ChainBroken", detail: "SequenceBroken at 2: found 3" });
  const elsewhere = { ...batch, from: { seq: 0, hash: new Uint8Array(32).fill(1) } };
  expect(read(makeEventBatch("demo-campus", elsewhere, controllerKey))).toMatchObject({ error: "ChainBroken" });
});

test.each([
  ["without records", ["gate-house", 1, new Uint8Array(32)]],
  ["that begins at 0", ["gate-house", 0, new Uint8Array(32), ...records]],
  ["with half a hash", ["gate-house", 1, new Uint8Array(16), ...records]],
  ["of nobody", ["", 1, new Uint8Array(32), ...records]],
  ["with a number among the records", ["gate-house", 1, new Uint8Array(32), ...records, 5]],
  ["that is a number", 7],
])("a batch %s is malformed", (_, payload) => {
  expect(read(signed(encodeCbor(payload)))).toMatchObject({ ok: false, error: "RecordMalformed" });
});
