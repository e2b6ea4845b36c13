import { type Delta, type FeedRefusal, GLOBAL, type Head, type Result, unixSeconds, zonePartition } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type FeedContext, type HeldPartition, judgeDelta, judgeHead, judgeManifest, nothingHeld, partitionFreshness } from "./feed-judgement.ts";
import { FEED_STALE_POLICY } from "./freshness.ts";

const NOW = unixSeconds(1_800_000_000);
const EAST = zonePartition("east");
const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const confirmed = { issued: NOW, expires: unixSeconds(NOW + 600), publish: 40, globalVersion: 3 };
const held: HeldPartition = { partition: EAST, epoch: 2, version: 7, digest: digest(7), confirmed };
const context: FeedContext = { subscribed: [GLOBAL, EAST], feedEpoch: 2 };
const head: Head = { ...confirmed, partition: EAST, epoch: 2, version: 7, digest: digest(7), trustListSequence: 1 };
const delta: Delta = { partition: EAST, epoch: 2, from: 7, to: 8, digestBefore: digest(7), digestAfter: digest(8), removed: [], put: [] };
const manifest = { partition: EAST, epoch: 2, version: 9, digest: digest(9) };
const outcome = (result: Result<unknown, FeedRefusal>): FeedRefusal | "ok" => (result.ok ? "ok" : result.error);

test("a head of what is held confirms it, with its publication and its times", () => {
  const newer = { ...head, issued: unixSeconds(NOW + 30), expires: unixSeconds(NOW + 630), publish: 41 };
  expect(judgeHead(held, newer, context)).toMatchObject({
    ok: true,
    value: { kind: "confirmed", held: { version: 7, confirmed: { publish: 41, issued: NOW + 30 } } },
  });
});

test("a head of a version that was not heard says that there is more to fetch", () => {
  for (const change of [{ version: 8, digest: digest(8) }, { version: 900 }]) expect(judgeHead(held, { ...head, ...change }, context)).toEqual({ ok: true, value: { kind: "behind" } }); // prettier-ignore
  expect(judgeHead({ ...held, epoch: 1 }, head, context)).toEqual({ ok: true, value: { kind: "behind" } });
});

const attacks: readonly (readonly [FeedRefusal, string, Result<unknown, FeedRefusal>])[] = [
  ["FeedRollback", "a head of a lower version", judgeHead(held, { ...head, version: 6, digest: digest(6) }, context)],
  ["FeedRollback", "a head of a lower epoch, whatever its version", judgeHead(held, { ...head, epoch: 1, version: 900 }, context)],
  ["FeedRollback", "an older head of the same version", judgeHead(held, { ...head, issued: unixSeconds(NOW - 1), expires: unixSeconds(NOW + 599) }, context)],
  ["FeedRollback", "a delta that was applied before", judgeDelta(held, { ...delta, from: 6, to: 7, digestBefore: digest(6) }, context)],
  ["FeedRollback", "a delta from long ago", judgeDelta(held, { ...delta, from: 2, to: 3 }, context)],
  ["FeedRollback", "a snapshot of a lower version", judgeManifest(held, { ...manifest, version: 6 }, context)],
  ["FeedFork", "another digest for the version that is held", judgeHead(held, { ...head, digest: digest(1) }, context)],
  ["FeedFork", "a delta behind another content of the same version", judgeDelta(held, { ...delta, digestBefore: digest(1) }, context)],
  ["FeedFork", "a snapshot of the same version with another digest", judgeManifest(held, { ...manifest, version: 7, digest: digest(1) }, context)],
  ["FeedFastForward", "a head of an epoch that the roots have not signed", judgeHead(held, { ...head, epoch: 3, version: 1 }, context)],
  ["FeedFastForward", "a delta of such an epoch", judgeDelta(held, { ...delta, epoch: 3 }, context)],
  ["FeedFastForward", "a snapshot of such an epoch", judgeManifest(held, { ...manifest, epoch: 3 }, context)],
  ["FeedGap", "a delta that starts further ahead", judgeDelta(held, { ...delta, from: 8, to: 9 }, context)],
  ["FeedGap", "a delta that starts further back and ends ahead", judgeDelta(held, { ...delta, from: 6, to: 8 }, context)],
  ["FeedGap", "a delta of the next epoch, which a snapshot begins", judgeDelta({ ...held, epoch: 1 }, delta, context)],
  [
    "FeedTarget",
    "a head of a partition that was not asked for",
    judgeHead({ ...held, partition: zonePartition("west") }, { ...head, partition: zonePartition("west") }, context),
  ],
  ["FeedTarget", "a head of another partition than the one that is held", judgeHead(held, { ...head, partition: GLOBAL, globalVersion: null }, context)],
  ["FeedTarget", "a delta of another partition", judgeDelta(held, { ...delta, partition: GLOBAL }, context)],
  ["FeedTarget", "a snapshot of another partition", judgeManifest(held, { ...manifest, partition: GLOBAL }, context)],
];
test.each(attacks)("%s: %s", (refusal, _, result) => {
  expect(outcome(result)).toBe(refusal);
});

test("what follows is taken: the next delta, one over several versions, a newer snapshot, one of the epoch that the roots have raised", () => {
  expect(outcome(judgeDelta(held, delta, context))).toBe("ok");
  expect(outcome(judgeDelta(held, { ...delta, to: 12 }, context))).toBe("ok");
  expect(outcome(judgeManifest(held, manifest, context))).toBe("ok");
  expect(outcome(judgeManifest({ ...held, epoch: 1 }, { ...manifest, version: 1 }, context))).toBe("ok");
  expect(outcome(judgeManifest(nothingHeld(EAST, 0, digest(0)), manifest, context))).toBe("ok");
});

test.each([
  [-1, "fresh"],
  [599, "fresh"],
  [600, "stale-ok"],
  [86_399, "stale-ok"],
  [86_400, "stale-strict"],
  [604_800, "essential"],
  [2_592_000, "expired"],
] as const)("%s s behind the issue of its head a partition is %s", (behindS, wanted) => {
  expect(partitionFreshness(held, { now: unixSeconds(NOW + behindS), uncertaintyS: 1 }, FEED_STALE_POLICY)).toBe(wanted);
});

test("a head that was short-lived ends fresh with it; freeze: nobody keeps a partition fresh by sending nothing", () => {
  const short = { ...held, confirmed: { ...confirmed, expires: unixSeconds(NOW + 60) } };
  expect(partitionFreshness(short, { now: unixSeconds(NOW + 60), uncertaintyS: 1 }, FEED_STALE_POLICY)).toBe("stale-ok");
});

test("without a head there is nothing to believe; without a clock it may be old; a policy of none does not ask", () => {
  expect(partitionFreshness({ ...held, confirmed: null }, { now: NOW, uncertaintyS: 1 }, FEED_STALE_POLICY)).toBe("expired");
  expect(partitionFreshness(undefined, { now: NOW, uncertaintyS: 1 }, FEED_STALE_POLICY)).toBe("expired");
  expect(partitionFreshness(held, "untrusted", FEED_STALE_POLICY)).toBe("stale-strict");
  expect(partitionFreshness(undefined, "untrusted", "none")).toBe("fresh");
});
