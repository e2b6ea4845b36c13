import { GLOBAL, type Partition, type TrustList, unixSeconds, zonePartition } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { setCredentialState } from "../credentials.ts";
import { keptItems } from "../expansion/from-scratch.ts";
import { putPerson } from "../people.ts";
import { type CampusOfOne, campusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, NOTE, START } from "../rig/cloud-rig.ts";
import { FeedFollower } from "../rig/feed-follower.ts";
import { type CloudFeed, openCloudFeed } from "./cloud-feed.ts";
import { type FeedPosition, HEAD_EVERY_MS, KEEPALIVE_EVERY_MS, REPLAY_FROM_NOTHING_MAX } from "./feed-hub.ts";
import type { FeedKeys } from "./feed-keys.ts";

const signer = nodeSigner(new Uint8Array(32).fill(7));
const trustList: TrustList = {
  sequence: 3,
  issued: unixSeconds(START),
  validUntil: unixSeconds(START + 100 * 86_400),
  feedEpoch: 1,
  roots: { version: 1, threshold: 1, keys: [] },
  keys: new Map(),
};
const keys: FeedKeys = {
  kid: 2,
  signer,
  time: { kid: 2, signer },
  trustList,
  trustLists: [1, 2, 3].map((sequence) => ({ sequence, bytes: Uint8Array.of(sequence) })),
};
const EAST = zonePartition(ZONE);
const PARTITIONS: readonly Partition[] = [GLOBAL, EAST];

let rig: CloudRig;
let feed: CloudFeed;
let campus: CampusOfOne;
/** What is due, by time: fired by hand. */
let timers: { at: number; act: () => void }[] = [];
let failures: unknown[] = [];
beforeEach(async () => {
  rig = await cloudRig();
  timers = [];
  failures = [];
  campus = await campusOfOne(rig);
  feed = await opened();
});
afterEach(async () => {
  await feed.close();
  await rig.close();
});

function opened(): Promise<CloudFeed> {
  const clock = {
    after: (delayMs: number, act: () => void) => {
      const timer = { at: rig.now() * 1000 + delayMs, act };
      timers.push(timer);
      return () => void (timers = timers.filter((each) => each !== timer));
    },
  };
  return openCloudFeed(rig, keys, clock, () => 0.5, (error) => failures.push(error)); // prettier-ignore
}

function pass(ms: number): void {
  rig.pass(ms / 1000);
  for (const timer of timers.filter(({ at }) => at <= rig.now() * 1000)) {
    timers = timers.filter((each) => each !== timer);
    timer.act();
  }
}

const follower = (partitions: readonly Partition[] = PARTITIONS): FeedFollower =>
  new FeedFollower(rig.site, signer.publicKey, (sha256) => feed.snapshots.chunk(sha256, partitions));
const positionOf = ({ at }: FeedFollower): FeedPosition => new Map([...nothing, ...at]);
const nothing: FeedPosition = new Map(PARTITIONS.map((partition) => [partition, { epoch: 1, version: 0 }]));

async function published<T extends { readonly ok: boolean }>(result: Promise<T>): Promise<T> {
  const made = await result;
  expect(made).toMatchObject({ ok: true });
  feed.publisher.poke();
  await feed.publisher.settled();
  return made;
}
const lost = (state: "lost" | "active") => published(setCredentialState(rig, NOTE, campus.card, state, null));
async function agrees(follower: FeedFollower): Promise<void> {
  const heard = [...follower.items].flatMap(([partition, items]) => [...items].map(([key, { value }]) => [`${partition} ${key}`, Buffer.from(value).toString("hex")] as const)); // prettier-ignore
  expect(new Map(heard)).toEqual(await keptItems(rig.database.queries));
}

test("who comes with nothing is told every version, then the heads, and from then on what is new at once", async () => {
  await feed.publisher.settled();
  const one = follower();
  await feed.hub.subscribe(nothing, 3, one);
  expect(one.frames.map(({ kind }) => kind)).toEqual(["hello", "head", "delta", "head"]);
  await agrees(one);
  await lost("lost");
  expect(one.frames.slice(4).map(({ kind }) => kind)).toEqual(["delta", "head", "delta", "head"]);
  expect([one.at.get(GLOBAL), one.at.get(EAST)]).toEqual([{ epoch: 1, version: 1 }, { epoch: 1, version: 2 }]); // prettier-ignore
  expect(one.heads.get(EAST)).toMatchObject({ publish: 2, globalVersion: 1, trustListSequence: 3, issued: START, expires: START + 600 });
  await agrees(one);
});

test("trust lists that a subscriber has not seen come first, oldest first", async () => {
  const one = follower();
  await feed.hub.subscribe(nothing, 1, one);
  expect(one.frames.slice(0, 4).map((frame) => (frame.kind === "trustList" ? frame.record[0] : frame.kind))).toEqual(["hello", 2, 3, "head"]);
});

test("who comes back is told what was missed and nothing else", async () => {
  await feed.publisher.settled();
  const one = follower();
  const leave = await feed.hub.subscribe(nothing, 3, one);
  leave();
  expect([one.ended, feed.hub.subscribers]).toEqual([true, 0]);
  for (let round = 0; round < 3; round++) for (const state of ["lost", "active"] as const) await lost(state);
  const before = one.frames.length;
  await feed.hub.subscribe(positionOf(one), 3, one);
  expect(one.frames.slice(before).filter(({ kind }) => kind === "delta")).toHaveLength(12);
  await agrees(one);
});

test("who comes with nothing to much that has happened is told the whole as it is now, once", async () => {
  await feed.publisher.settled();
  for (let round = 0; round < REPLAY_FROM_NOTHING_MAX; round++) await lost(round % 2 === 0 ? "lost" : "active");
  const one = follower();
  await feed.hub.subscribe(nothing, 3, one);
  expect(one.frames.map(({ kind }) => kind).filter((kind) => kind !== "delta")).toEqual(["hello", "head", "manifest", "head"]);
  await agrees(one);
});

test("another epoch, a version that never was, and what fell out of the replay are told as a snapshot", async () => {
  await feed.publisher.settled();
  await lost("lost");
  await rig.database.queries.deleteFrom("feed_version").where("version", "=", 1).where("feed_partition", "=", EAST).execute();
  for (const at of [
    { epoch: 0, version: 1 },
    { epoch: 1, version: 99 },
    { epoch: 1, version: 0 },
  ]) {
    // prettier-ignore
    const one = follower();
    await feed.hub.subscribe(new Map([[GLOBAL, { epoch: 1, version: 0 }], [EAST, at]]), 3, one); // prettier-ignore
    expect(one.frames.map(({ kind }) => kind)).toEqual(["hello", "delta", "head", "manifest", "head"]);
    await agrees(one);
  }
});

test("what happens while somebody catches up is neither lost nor told twice", async () => {
  await feed.publisher.settled();
  const one = follower();
  const subscribed = feed.hub.subscribe(nothing, 3, one);
  await Promise.all([lost("lost"), subscribed]);
  await lost("active");
  await agrees(one);
  expect(one.at.get(EAST)?.version).toBe(3);
});

test("a version that is too long for a delta is told as a snapshot, to those who are there and to those who come", async () => {
  await feed.publisher.settled();
  const [there, comes] = [follower(), follower()];
  await feed.hub.subscribe(nothing, 3, there);
  await setCredentialState(rig, NOTE, campus.card, "lost", null);
  const made = feed.sequencer.record.bind(feed.sequencer);
  // Nobody has 16 MiB of changes in a test: the records are forgotten as they are made.
  feed.sequencer.record = async (queries, publication) => {
    const versions = await made(queries, publication);
    await queries.updateTable("feed_version").set({ records: null }).where("publish", "=", publication.publish).execute();
    return versions.map(({ state }) => ({ state, records: undefined }));
  };
  feed.publisher.poke();
  await feed.publisher.settled();
  await feed.hub.subscribe(nothing, 3, comes);
  for (const one of [there, comes]) {
    expect(one.frames.some(({ kind }) => kind === "manifest")).toBe(true);
    expect(one.at.get(EAST)?.version).toBe(2);
    await agrees(one);
  }
});

test("a reader that does not read is dropped, and the others hear on", async () => {
  await feed.publisher.settled();
  const [slow, quick] = [follower(), follower()];
  for (const one of [slow, quick]) await feed.hub.subscribe(nothing, 3, one);
  slow.isStuck = true;
  await lost("lost");
  expect([slow.ended, quick.ended, feed.hub.subscribers]).toEqual([true, false, 1]);
  await agrees(quick);
});

test("heads are renewed before they expire, and keepalives say when to expect the next", async () => {
  await feed.publisher.settled();
  const one = follower();
  await feed.hub.subscribe(nothing, 3, one);
  const before = one.frames.length;
  pass(KEEPALIVE_EVERY_MS);
  pass(HEAD_EVERY_MS - KEEPALIVE_EVERY_MS);
  expect(one.frames.slice(before).map(({ kind }) => kind).sort()).toEqual(["head", "head", "keepalive", "keepalive"]); // prettier-ignore
  expect(one.heads.get(EAST)?.issued).toBe(START + 30);
});

test("snapshots have an admission; who only missed some versions is always let in", async () => {
  await feed.publisher.settled();
  const foreign = new Map([[GLOBAL, { epoch: 9, version: 1 }]] as const);
  const waits: number[] = [];
  for (let nth = 0; nth < 33; nth++) waits.push(await feed.hub.admission(foreign));
  expect([waits.slice(0, 32).every((wait) => wait === 0), waits[32]! > 0]).toEqual([true, true]);
  expect(await feed.hub.admission(nothing)).toBe(0);
  pass(10_000);
  expect(await feed.hub.admission(foreign)).toBe(0);
});

test("a chunk is given to those alone who may have its partition", async () => {
  await feed.publisher.settled();
  const { chunks } = await feed.snapshots.of(EAST);
  const [name] = chunks.keys();
  expect(feed.snapshots.chunk(name!, [EAST])).toEqual(chunks.get(name!));
  expect(feed.snapshots.chunk(name!, [GLOBAL])).toBeUndefined();
});

test("a closing cloud says goodbye, and the next one goes on where it stood", async () => {
  await feed.publisher.settled();
  const one = follower();
  await feed.hub.subscribe(nothing, 3, one);
  await feed.close();
  expect(one.frames.at(-1)).toMatchObject({ kind: "bye" });
  expect(await feed.hub.admission(nothing)).toBeGreaterThan(0);
  feed = await opened();
  await lost("lost");
  await feed.hub.subscribe(positionOf(one), 3, one);
  await agrees(one);
  expect(one.at.get(EAST)?.version).toBe(2);
});

test("a change that concerns no partition makes a publication and no version", async () => {
  await feed.publisher.settled();
  const one = follower();
  await feed.hub.subscribe(nothing, 3, one);
  const before = one.frames.length;
  await published(putPerson(rig, NOTE, undefined, { account: null, name: "李", phone: null, mail: null, flags: [], partySize: 1 }));
  expect([one.frames.length, failures]).toEqual([before, []]);
});
