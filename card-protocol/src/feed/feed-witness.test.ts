import { beforeEach, expect, test } from "vitest";
import { nodeSigner, nodeVerifier } from "../node/node-ed25519.ts";
import { kidBytes, makeTrustList, type TrustList } from "../trust-list.ts";
import { unixSeconds } from "../units.ts";
import { FeedWitness } from "./feed-witness.ts";
import type { Frame } from "./frame.ts";
import { type Head, makeHead, readHead } from "./head.ts";
import { ok } from "../result.ts";

const SITE = "demo-campus";
const NOW = 1_800_000_000;
const root = nodeSigner(new Uint8Array(32).fill(1));
const signer = nodeSigner(new Uint8Array(32).fill(2));
const roots = { version: 1, threshold: 1, keys: [root.publicKey] };
const key = { kid: 1, publicKey: signer.publicKey, usages: ["feed"], notBefore: unixSeconds(0), notAfter: unixSeconds(NOW + 1e7), ttlS: 0, status: "active" } as const; // prettier-ignore
const list = (sequence: number, change: Partial<TrustList> = {}): Frame => {
  const made = makeTrustList(SITE, { sequence, issued: unixSeconds(NOW), validUntil: unixSeconds(NOW + 1e7), feedEpoch: 1, roots, keys: new Map([[1, key]]), ...change }, [root]); // prettier-ignore
  if (!made.ok) throw new Error(made.detail);
  return { kind: "trustList", record: made.value };
};
const head = (change: Partial<Head> = {}): Frame => ({
  kind: "head",
  record: makeHead(SITE, { partition: "zone/east", epoch: 1, version: 7, digest: new Uint8Array(32).fill(1), publish: 9, issued: unixSeconds(NOW), expires: unixSeconds(NOW + 600), globalVersion: 3, trustListSequence: 1, ...change }, kidBytes(1), signer), // prettier-ignore
});

let witness: FeedWitness;
const options = { site: SITE, pinnedRoots: roots, verifier: nodeVerifier, wall: () => ({ now: unixSeconds(NOW), uncertaintyS: 1 }) };
beforeEach(() => void (witness = new FeedWitness(options)));
const outcome = (frame: Frame): string => {
  const seen = witness.take(frame);
  return seen.ok ? seen.value.kind : seen.error;
};

test("two streams that say the same hold, each with the lists that lead to the one in force", () => {
  for (const frame of [list(1), list(2), head(), head({ issued: unixSeconds(NOW + 30) }), { kind: "keepalive", nextS: 9 } as const]) expect(outcome(frame)).toBe(frame.kind); // prettier-ignore
  for (const frame of [list(1), list(2), head(), head({ version: 8, digest: new Uint8Array(32).fill(2) })]) expect(outcome(frame)).toBe(frame.kind);
  expect(witness.fork).toBeUndefined();
});

test("a forked cloud is proven by two heads that it has signed: both are kept, and hold for anybody", () => {
  outcome(list(1));
  outcome(head());
  expect(outcome(head({ digest: new Uint8Array(32).fill(9) }))).toBe("FeedFork");
  const { place, records } = witness.fork!;
  expect(place).toEqual({ partition: "zone/east", epoch: 1, version: 7 });
  const read = records.map((record) => readHead(record, SITE, () => ok(signer.publicKey), nodeVerifier));
  expect(read.map((each) => each.ok && each.value.digest[0])).toEqual([1, 9]);
});

test.each<[string, () => Frame]>([
  ["FeedTarget", () => ({ kind: "hello", site: "other", publish: 1 })],
  ["FeedFastForward", () => head({ epoch: 2 })],
  ["TrustListFork", () => list(1, { validUntil: unixSeconds(NOW + 2e7) })],
  ["SignatureInvalid", () => ({ kind: "head", record: (head() as { readonly record: Uint8Array }).record.map((byte, at) => (at === 60 ? byte ^ 1 : byte)) })],
  ["RecordMalformed", () => ({ kind: "delta", record: new Uint8Array(9) })],
])("%s is told of what is that", (error, frame) => {
  outcome(list(1));
  expect(outcome(frame())).toBe(error);
});

test("before a trust list was heard nothing is believed; one that is given beforehand makes older ones mean nothing", () => {
  expect(outcome(head())).toBe("KeyUntrusted");
  const given = new FeedWitness({ ...options, trustList: { sequence: 5, issued: unixSeconds(NOW), validUntil: unixSeconds(NOW + 1e7), feedEpoch: 1, roots, keys: new Map([[1, key]]) } }); // prettier-ignore
  expect([list(1), head()].map((frame) => given.take(frame).ok)).toEqual([true, true]);
  expect(given.trustList?.sequence).toBe(5);
});
