import { readFileSync } from "node:fs";
import {
  decodeLockAnswer,
  decodeLockMake,
  decodeLockRequest,
  decodeOpenAnswer,
  decodeOpenRequest,
  encodeLockAnswer,
  encodeLockRequest,
  hexToBytes,
  LOCK_REQUESTS,
  SegmentReader,
} from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../rig/kept-corpus.ts";
import { LOCK_UUID } from "./gatt-link.ts";

const vectors = JSON.parse(readFileSync(new URL("../../../card-protocol/vectors/lock.json", import.meta.url), "utf8")) as Record<
  "requests" | "openRequests" | "answers",
  readonly { readonly bytes: string }[]
>;
const kept = keptCorpus("lock").map(([, bytes]) => bytes);
/** What the protocol's vectors hold: to be spoilt. */
const good = (["requests", "openRequests", "answers"] as const).flatMap((part) => vectors[part].map(({ bytes }) => hexToBytes(bytes)!));
const asBytes = (numbers: readonly number[]): Uint8Array => Uint8Array.from(numbers);

/** Everything that reads what a radio brings, on both sides. None throws; what is read is written as the same bytes again. */
function readEveryWay(bytes: Uint8Array): number {
  let meant = 0;
  const request = decodeLockRequest(bytes);
  if (request !== undefined) expect(asBytes([...encodeLockRequest(request)])).toEqual(bytes);
  for (const asked of LOCK_REQUESTS) {
    const answer = decodeLockAnswer(asked, bytes);
    if (answer !== undefined) expect(asBytes([...encodeLockAnswer(answer)])).toEqual(bytes);
    meant += answer === undefined ? 0 : 1;
  }
  for (const asked of ["challenge", "present", "piece"] as const) decodeOpenAnswer(asked, bytes);
  decodeOpenRequest(bytes);
  decodeLockMake(bytes);
  return meant;
}

test.each(keptCorpus("lock"))("of %s nothing is made", (_, bytes) => {
  expect(readEveryWay(bytes)).toBe(0);
  expect(new SegmentReader().push(bytes) ?? new Uint8Array(0)).toSatisfy((frame: Uint8Array) => frame.length < 2);
});

test("any bytes, and kept ones with some of them changed, are read as what they are or as nothing", () => {
  const spoilt = fc.tuple(fc.constantFrom(...kept, ...good), fc.array(fc.tuple(fc.nat(20), fc.nat(255)), { maxLength: 4 })).map(([bytes, turns]) => {
    const copy = bytes.slice();
    for (const [at, byte] of turns) if (at < copy.length) copy[at] = byte;
    return copy;
  });
  let meant = 0;
  fc.assert(
    fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 80 })), (bytes) => {
      meant += readEveryWay(bytes);
    }),
    { numRuns: 2_000 },
  );
  expect(meant).toBeGreaterThan(100);
});

test("segments in any order and of any size make frames within their limit, and the next whole frame is read", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 250 }), { maxLength: 80 }), (segments) => {
      const reader = new SegmentReader();
      for (const segment of [...kept, ...segments]) expect(reader.push(segment)?.length ?? 1).toBeLessThanOrEqual(1_216);
      expect(reader.push(Uint8Array.of(0xc0, 7))).toEqual(Uint8Array.of(7));
    }),
    { numRuns: 200 },
  );
});

test("docs/lock-profile.md states the UUIDs that are asked for", () => {
  const document = readFileSync(new URL("../../../docs/lock-profile.md", import.meta.url), "utf8");
  const stated = [...document.matchAll(/^\| (?:service|Info|Control|Event) \| `([-0-9a-f]{36})` \|/gm)].map(([, uuid]) => uuid);
  expect(stated).toEqual(Object.values(LOCK_UUID));
});
