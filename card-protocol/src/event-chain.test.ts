import { expect, test } from "vitest";
import { CHAIN_START, type ChainEnd, nextLink, verifyChain } from "./event-chain.ts";
import { encodeEvent, eventOf } from "./event.ts";
import type { ControllerEvent } from "./event-table.ts";
import { bytesToHex } from "./hex.ts";
import { unixSeconds } from "./units.ts";

/** Good enough where only the chaining is tested; node/sha256.test.ts runs the real one. */
const sha256 = (bytes: Uint8Array): Uint8Array => {
  const sum = new Uint8Array(32);
  bytes.forEach((byte, i) => (sum[i % 32] = (sum[i % 32]! * 31 + byte + i) & 0xff));
  return sum;
};
const taken = (grantedSeq: number): ControllerEvent => eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq });

function chain(events: readonly ControllerEvent[], from: ChainEnd = CHAIN_START): Uint8Array[] {
  let prevHash = from.hash;
  return events.map((event, i) => {
    const bytes = encodeEvent({ seq: from.seq + 1 + i, prevHash, at: unixSeconds(1_800_000_000 + i), ms: 0, event });
    prevHash = sha256(bytes);
    return bytes;
  });
}
const records = chain([1, 2, 3, 4, 5, 6].map(taken));
/** The end of the first n records. */
const endOf = (n: number): ChainEnd => (n === 0 ? CHAIN_START : { seq: n, hash: sha256(records[n - 1]!) });

test("a chain that nobody touched is whole, from its start or from a known end", () => {
  expect(verifyChain(records, sha256)).toEqual({ kind: "whole", records: 6, gaps: [], end: endOf(6) });
  expect(verifyChain(records.slice(4), sha256, endOf(4))).toMatchObject({ kind: "whole", records: 2 });
  expect(verifyChain([], sha256)).toEqual({ kind: "whole", records: 0, gaps: [], end: CHAIN_START });
});

test("every single bit that is turned is found, at the record itself or at the next", () => {
  const reported = new Set<string>();
  for (let bit = 0; bit < records[2]!.length * 8; bit++) {
    const turned = records.map((bytes) => bytes.slice());
    turned[2]![bit >> 3]! ^= 1 << (bit & 7);
    const outcome = verifyChain(turned, sha256);
    expect(outcome.kind).toBe("broken");
    if (outcome.kind === "broken") reported.add(`${outcome.seq} ${outcome.cause}`);
  }
  expect([...reported].sort()).toEqual(["3 EventMalformed", "3 HashBroken", "3 SequenceBroken", "4 HashBroken"]);
});

test("a missing, repeated or exchanged record is named at its place", () => {
  const [a, b, c, d] = records as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  expect(verifyChain([a, b, d], sha256)).toMatchObject({ kind: "broken", seq: 3, cause: "SequenceBroken", detail: "found 4" });
  expect(verifyChain([a, b, b, c], sha256)).toMatchObject({ kind: "broken", seq: 3, cause: "SequenceBroken" });
  expect(verifyChain([b], sha256)).toMatchObject({ kind: "broken", seq: 1, cause: "SequenceBroken" });
  expect(verifyChain([a, ...chain([taken(9)], { seq: 1, hash: new Uint8Array(32) })], sha256)).toMatchObject({ kind: "broken", seq: 2, cause: "HashBroken" });
  expect(verifyChain([a, b, Uint8Array.of(1, 2)], sha256)).toMatchObject({ kind: "broken", seq: 3, cause: "EventMalformed", end: endOf(2) });
});

const gapFields = { firstSeq: 2, lastSeq: 4, count: 3, kinds: "AccessTaken 3", lastHash: bytesToHex(endOf(4).hash), cause: "the log was full" };
function withGap(fields: typeof gapFields): Uint8Array[] {
  const gap = encodeEvent({ seq: 4, prevHash: endOf(1).hash, at: null, ms: 0, event: eventOf("GapRecord", fields) });
  return [records[0]!, gap, records[4]!, records[5]!];
}

test("a GapRecord stands for the records that it replaced, and the chain holds on both sides", () => {
  expect(verifyChain(withGap(gapFields), sha256)).toEqual({ kind: "whole", records: 4, gaps: [{ firstSeq: 2, lastSeq: 4 }], end: endOf(6) });
});

test.each([
  ["claims more than it replaces", { ...gapFields, lastSeq: 5, count: 4, kinds: "AccessTaken 4" }, "SequenceBroken"],
  ["begins too late", { ...gapFields, firstSeq: 3, count: 2, kinds: "AccessTaken 2" }, "SequenceBroken"],
  ["does not count", { ...gapFields, count: 2, kinds: "AccessTaken 2" }, "SequenceBroken"],
  ["does not say of what kinds", { ...gapFields, kinds: "AccessTaken 2" }, "SequenceBroken"],
  ["names another last record", { ...gapFields, lastHash: "00".repeat(32) }, "HashBroken"],
  ["has half a hash", { ...gapFields, lastHash: "00".repeat(16) }, "EventMalformed"],
])("a GapRecord that %s breaks the chain", (_, fields, cause) => {
  expect(verifyChain(withGap(fields), sha256)).toMatchObject({ kind: "broken", cause });
});

test("a GapRecord that replaces nothing breaks the chain", () => {
  const fields = { firstSeq: 2, lastSeq: 1, count: 0, kinds: "", lastHash: bytesToHex(endOf(1).hash), cause: "nothing" };
  const gap = encodeEvent({ seq: 1, prevHash: endOf(1).hash, at: null, ms: 0, event: eventOf("GapRecord", fields) });
  expect(verifyChain([records[0]!, gap, records[1]!], sha256)).toMatchObject({ kind: "broken", seq: 2, cause: "SequenceBroken" });
});

test("one link at a time gives the same ends as the whole chain", () => {
  let end = CHAIN_START;
  for (const [i, bytes] of records.entries()) {
    const link = nextLink(end, bytes, sha256);
    expect(link).toMatchObject({ kind: "holds", record: { seq: i + 1 }, end: endOf(i + 1) });
    end = link.end;
  }
});
