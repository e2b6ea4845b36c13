import { GLOBAL, type Partition, unixSeconds, zonePartition } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cloud } from "../cloud.ts";
import { setCredentialState } from "../credentials.ts";
import { expandFromScratch, keptItems } from "../expansion/from-scratch.ts";
import { type CampusOfOne, campusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, NOTE, START } from "../rig/cloud-rig.ts";
import { FeedFollower } from "../rig/feed-follower.ts";
import { type CloudFeed, openCloudFeed } from "./cloud-feed.ts";
import type { FeedPosition } from "./feed-hub.ts";
import type { FeedKeys } from "./feed-keys.ts";

const signer = nodeSigner(new Uint8Array(32).fill(7));
const roots = { version: 1, threshold: 1, keys: [] };
const trustList = { sequence: 1, issued: unixSeconds(START), validUntil: unixSeconds(START + 8_640_000), feedEpoch: 1, roots, keys: new Map() };
const keys: FeedKeys = { kid: 2, signer, time: { kid: 2, signer }, trustList, trustLists: [] };
const EAST = zonePartition(ZONE);
const PARTITIONS: readonly Partition[] = [GLOBAL, EAST];
const NOTHING: FeedPosition = new Map(PARTITIONS.map((partition) => [partition, { epoch: 1, version: 0 }]));

/** One of several programs on the rig's store, with its own timers, and somebody who follows its feed. */
interface Instance {
  readonly cloud: Cloud;
  readonly feed: CloudFeed;
  readonly follower: FeedFollower;
  readonly failures: unknown[];
  /** Lets the time between two looks pass. */
  look(): Promise<void>;
}

let rig: CloudRig;
let campus: CampusOfOne;
let instances: Instance[];
beforeEach(async () => {
  rig = await cloudRig();
  campus = await campusOfOne(rig);
  instances = [];
});
afterEach(async () => {
  for (const { feed } of instances) await feed.close();
  await rig.close();
});

async function instance(): Promise<Instance> {
  const cloud: Cloud = { ...rig, database: { ...rig.database, isShared: true } };
  let due: (() => void) | undefined;
  let waiting = (): void => {};
  const clock = {
    after(delayMs: number, act: () => void) {
      if (delayMs > 1_000) return () => {};
      due = act;
      waiting();
      return () => void (due = undefined);
    },
  };
  const failures: unknown[] = [];
  const feed = await openCloudFeed(cloud, keys, clock, () => 0.5, (error) => failures.push(error)); // prettier-ignore
  const follower = new FeedFollower(rig.site, signer.publicKey, (sha256) => feed.snapshots.chunk(sha256, PARTITIONS));
  await feed.publisher.settled();
  await feed.hub.subscribe(NOTHING, 0, follower);
  const one: Instance = {
    cloud,
    feed,
    follower,
    failures,
    async look() {
      const next = new Promise<void>((resolve) => (waiting = resolve));
      due!();
      await next;
      await feed.publisher.settled();
    },
  };
  instances.push(one);
  return one;
}

async function change({ cloud }: Instance, state: "lost" | "active"): Promise<number> {
  const made = await setCredentialState(cloud, NOTE, campus.card, state, null);
  if (!made.ok) throw new Error(made.error);
  return made.value.change;
}

/** Versions are there without gaps, each once, and all who follow hold what a computation from scratch says. */
async function agreed(): Promise<void> {
  const kept = await keptItems(rig.database.queries);
  expect(kept).toEqual(await expandFromScratch(rig.database.queries));
  for (const { follower } of instances) {
    const heard = [...follower.items].flatMap(([partition, items]) => [...items].map(([key, { value }]) => [`${partition} ${key}`, Buffer.from(value).toString("hex")] as const)); // prettier-ignore
    expect(new Map(heard)).toEqual(kept);
  }
  for (const partition of PARTITIONS) {
    const rows = await rig.database.queries.selectFrom("feed_version").select("version").where("feed_partition", "=", partition).orderBy("version").execute();
    expect(rows.map(({ version }) => version)).toEqual(rows.map((_, nth) => nth + 1));
  }
}

test("a change that another instance has taken is published by the one that leads, and told by both", async () => {
  const [one, two] = [await instance(), await instance()];
  expect([one.feed.leads, two.feed.leads]).toEqual([true, false]);
  const publish = await two.feed.publisher.published(await change(two, "lost"));
  expect(publish).toBe((await rig.database.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow()).publish);
  await two.look();
  expect(two.follower.heads.get(GLOBAL)).toMatchObject({ publish, version: 1 });
  await agreed();
});

test("whoever hears no hint finds out when it looks", async () => {
  const one = await instance();
  const deaf = { tell: () => {}, on: () => () => {}, listen: () => Promise.resolve() };
  rig = { ...rig, database: { ...rig.database, hints: deaf } };
  const two = await instance();
  const waiting = two.feed.publisher.published(await change(two, "lost"));
  await one.look();
  await two.look();
  expect(await waiting).toBeGreaterThan(0);
  await agreed();
});

test("who comes between a publication and the news of it hears the version once", async () => {
  const one = await instance();
  rig = { ...rig, database: { ...rig.database, hints: { tell: () => {}, on: () => () => {}, listen: () => Promise.resolve() } } };
  const two = await instance();
  await one.feed.publisher.published(await change(one, "lost"));
  const late = new FeedFollower(rig.site, signer.publicKey, () => undefined);
  await two.feed.hub.subscribe(NOTHING, 0, late);
  expect([late.at.get(EAST)?.version, two.follower.at.get(EAST)?.version]).toEqual([2, 1]);
  await two.look();
  expect(late.frames.filter(({ kind }) => kind === "delta")).toHaveLength(3);
  expect(late.at).toEqual(two.follower.at);
  await agreed();
});

test("a leader that is stopped is succeeded; when it wakes up it publishes nothing, follows, and no version is there twice", async () => {
  const [one, two] = [await instance(), await instance()];
  await change(two, "lost");
  for (let nth = 0; nth < 13; nth++) await two.look();
  expect([two.feed.leads, one.feed.leads]).toEqual([true, true]);
  await change(one, "active");
  one.feed.publisher.poke(); // it wakes up, and believes what it believed
  await one.feed.publisher.settled();
  expect([one.feed.leads, one.failures]).toEqual([false, []]);
  await two.look();
  await one.look();
  await agreed();
  expect(one.follower.at).toEqual(two.follower.at);
});

test("who waits for a change of its own is answered by the successor of a leader that was stopped", async () => {
  const [one, two] = [await instance(), await instance()];
  for (let nth = 0; nth < 13; nth++) await two.look();
  const waiting = one.feed.publisher.published(await change(one, "lost"));
  await one.feed.publisher.settled();
  await two.look();
  await one.look();
  expect(await waiting).toBeGreaterThan(0);
  await agreed();
});

test("where nobody publishes for long, a change is answered without its publication, and is published later", async () => {
  const [one, two] = [await instance(), await instance()];
  const { queries } = rig.database;
  await queries.updateTable("leader").set({ holder: "somebody else", term: 9 }).execute();
  const lost = two.feed.publisher.published(await change(two, "active"));
  for (let nth = 0; nth < 50; nth++) {
    await queries
      .updateTable("leader")
      .set((leader) => ({ beat: leader("beat", "+", 1) }))
      .execute();
    await two.look();
  }
  expect(await lost).toBeUndefined();
  for (let nth = 0; nth < 13; nth++) await two.look();
  expect(two.feed.leads).toBe(true);
  await one.look();
  await agreed();
});

test("a leader that stops in order is followed at the next look, by one that has no wrong idea of what there is", async () => {
  const [one, two] = [await instance(), await instance()];
  await one.feed.publisher.published(await change(one, "lost"));
  await one.feed.close();
  expect(one.follower.ended).toBe(true);
  await change(two, "active");
  await two.look();
  expect(two.feed.leads).toBe(true);
  instances = [two];
  await agreed();
});
