import {
  concatBytes,
  encodeFrame,
  encodeItem,
  err,
  type FeedRefusal,
  GLOBAL,
  ok,
  type Partition,
  PartitionDigest,
  signByRoots,
  encodeTrustList,
  type TrustList,
  type TrustListError,
  type WallTime,
  zonePartition,
  unixSeconds,
} from "@portico/card-protocol";
import { nodeSha256, nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nothingHeld } from "../core/feed-judgement.ts";
import { accessPoint, FEED_NOW, FEED_SITE, FeedMaker, feedTrust, hello } from "../rig/feed-maker.ts";
import { ControllerDatabase } from "../store/database.ts";
import { FeedStore } from "../store/feed-store.ts";
import { FeedSession, type SessionEnd } from "./feed-session.ts";

const EAST = zonePartition("east");
const ROOT = nodeSigner(new Uint8Array(32).fill(0x52));
const roots = { version: 1, threshold: 1, keys: [ROOT.publicKey] };

let folder: string;
let database: ControllerDatabase;
let store: FeedStore;
let trust: TrustList;
let wall: WallTime;
let maker: FeedMaker;
let heard: string[];
let session: FeedSession;
let fetchKeys: (generations: ReadonlyMap<string, number>) => Promise<void>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  database = ControllerDatabase.open(join(folder, "controller.db"));
  store = new FeedStore(database);
  trust = { ...feedTrust(), roots };
  wall = { now: FEED_NOW, uncertaintyS: 1 };
  maker = new FeedMaker(EAST);
  heard = [];
  fetchKeys = () => Promise.resolve();
  session = newSession();
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const newSession = (fetchChunk = (name: string): Promise<Uint8Array | undefined> => Promise.resolve(maker.chunks.get(name))): FeedSession =>
  new FeedSession({
    site: FEED_SITE,
    partitions: [GLOBAL, EAST],
    store,
    trustContext: { site: FEED_SITE, pinnedRoots: roots, verifier: nodeVerifier },
    trustList: () => trust,
    takeTrustList: (list) => void (trust = list),
    takeConfiguration: (record) => (record.length === 99 ? err("SignatureInvalid", "99 bytes") : ok(heard.push("configuration"))),
    takeCommand: (record) => (record.length === 99 ? err("SignatureInvalid", "99 bytes") : ok(heard.push("command"))),
    wall: () => wall,
    fetchChunk,
    held: (partition: Partition) => store.held(partition) ?? nothingHeld(partition, trust.feedEpoch, new PartitionDigest(nodeSha256).root()),
    onHead: ({ partition, version }) => heard.push(`${partition} ${version}`),
    onLeftovers: () => heard.push("leftovers"),
    onZoneKeys: (generations) => fetchKeys(generations),
    onKeepalive: (nextS) => heard.push(`keepalive ${nextS}`),
  });
const take = (...frames: Uint8Array[]): Promise<SessionEnd | undefined> => session.take(concatBytes(frames));
const refusal = (end: SessionEnd | undefined) => (end?.kind === "refused" ? end.error : (end?.kind ?? "none"));
const points = (): string[] => [...store.items(EAST, 6)].map(({ value }) => Buffer.from(value).subarray(1).toString()).sort();

test("which generation the zones' keys have is seen to before what follows is applied", async () => {
  let arrived = (): void => {};
  fetchKeys = (generations) => {
    heard.push(`keys ${[...generations].join(" ")}`);
    return new Promise((resolve) => (arrived = resolve));
  };
  const taken = take(hello(), encodeFrame({ kind: "zoneKeys", generations: [["east", 2]] }), maker.delta([accessPoint(1)]));
  await Promise.resolve();
  expect([heard, points()]).toEqual([["keys east,2"], []]);
  arrived();
  expect([await taken, points()]).toEqual([undefined, ["gate-1"]]);
});

test("deltas are applied and heads confirm them, however the bytes are cut", async () => {
  const stream = concatBytes([
    hello(),
    maker.delta([accessPoint(1)]),
    maker.delta([accessPoint(2)]),
    maker.head(),
    encodeFrame({ kind: "keepalive", nextS: 20 }),
  ]);
  for (let at = 0; at < stream.length; at += 7) expect(await session.take(stream.subarray(at, at + 7))).toBeUndefined();
  expect([points(), heard, store.held(EAST)?.confirmed?.publish]).toEqual([["gate-1", "gate-2"], [`${EAST} 2`, "keepalive 20"], 42]);
});

test("a snapshot is fetched chunk by chunk, and deltas go on from it", async () => {
  maker.delta(Array.from({ length: 50 }, (_, number) => accessPoint(number)));
  expect(await take(hello(), maker.manifest(), maker.head())).toBeUndefined();
  expect(await take(maker.delta([accessPoint(99)]), maker.head())).toBeUndefined();
  expect([points().length, store.held(EAST)?.version, heard]).toEqual([51, 2, ["leftovers", `${EAST} 1`, `${EAST} 2`]]);
});

test("while a chunk is written the next is on its way, and no other", async () => {
  maker.delta(Array.from({ length: 9_000 }, (_, number) => accessPoint(number, `gate-${number}-${"x".repeat(50)}`)));
  const written = database.prepare<[], number>("SELECT count(DISTINCT bucket) FROM feed_item").pluck();
  const asked: (number | undefined)[] = [];
  session = newSession((name) => {
    asked.push(written.get());
    return Promise.resolve(maker.chunks.get(name));
  });
  expect(await take(hello(), maker.manifest(), maker.head())).toBeUndefined();
  expect(asked.length).toBeGreaterThan(3);
  // Each chunk has as many buckets as the others, and all but a few of them hold something.
  const share = 4_096 / asked.length;
  expect(asked.map((buckets) => Math.ceil(buckets! / share))).toEqual(asked.map((_, nth) => Math.max(0, nth - 1)));
  expect(points()).toHaveLength(9_000);
});

test("a delta of several parts is applied with its last", async () => {
  const wide = Array.from({ length: 3_000 }, (_, number) => accessPoint(number, `gate-${number}-${"x".repeat(50)}`));
  const frames = maker.delta(wide);
  expect(frames.length).toBeGreaterThan(2 * 65_536);
  expect(await session.take(frames.subarray(0, frames.length - 1))).toBeUndefined();
  expect(store.held(EAST)).toBeUndefined();
  expect(await session.take(frames.subarray(frames.length - 1))).toBeUndefined();
  expect(points()).toHaveLength(3_000);
});

test("arbitrary content: what no key of the trust list has signed for the feed is not applied", async () => {
  const stranger = new FeedMaker(EAST, nodeSigner(new Uint8Array(32).fill(9)));
  expect(refusal(await take(hello(), stranger.delta([accessPoint(1)])))).toBe("SignatureInvalid");
  session = newSession();
  const flipped = maker.delta([accessPoint(1)]);
  flipped[flipped.length - 10]! ^= 1;
  expect(refusal(await take(hello(), flipped))).toBe("SignatureInvalid");
  session = newSession();
  trust = { ...trust, keys: new Map([[2, { ...trust.keys.get(2)!, usages: ["time"] }]]) };
  expect(refusal(await take(hello(), maker.head()))).toBe("KeyUntrusted");
  expect([store.held(EAST), heard]).toEqual([undefined, []]);
});

/** Version 2 is in force, and the honest feed goes on from there. */
async function inForce(): Promise<{ readonly first: Uint8Array; readonly firstHead: Uint8Array }> {
  const first = maker.delta([accessPoint(1)]);
  const firstHead = maker.head();
  expect(await take(hello(), first, firstHead, maker.delta([accessPoint(2)]), maker.head())).toBeUndefined();
  heard = [];
  session = newSession();
  return { first, firstHead };
}

/** Each row of the design's table: what is sent to a controller that stands at version 2. */
const ATTACKS: readonly (readonly [attack: string, FeedRefusal, (old: { first: Uint8Array; firstHead: Uint8Array }) => Uint8Array])[] = [
  ["rollback: an old head", "FeedRollback", ({ firstHead }) => firstHead],
  ["rollback: an old delta", "FeedRollback", ({ first }) => first],
  ["rollback: an old snapshot", "FeedRollback", () => maker.manifest({ version: 1, items: maker.items.length })],
  ["rollback: a lower epoch", "FeedRollback", () => maker.head({ epoch: 0, version: 99 })],
  ["freeze: an older head of the same version", "FeedRollback", () => maker.head({ issued: unixSeconds(FEED_NOW - 60), expires: unixSeconds(FEED_NOW + 540) })],
  ["fast-forward: an epoch that no root has signed", "FeedFastForward", () => maker.head({ epoch: 2, version: 1 })],
  ["fast-forward: a snapshot of such an epoch", "FeedFastForward", () => maker.manifest({ epoch: 2 })],
  ["forked cloud: another digest for the version in force", "FeedFork", () => maker.head({ digest: new Uint8Array(32) })],
  ["forked cloud: a delta that goes on from another content", "FeedFork", () => maker.delta([accessPoint(3)], [], { digestBefore: new Uint8Array(32) })],
  ["mix-and-match: a delta whose content is another than it says", "FeedDigest", () => maker.delta([accessPoint(3)], [], { digestAfter: new Uint8Array(32) })],
  ["mix-and-match: a version left out", "FeedGap", () => (maker.delta([accessPoint(3)]), maker.delta([accessPoint(4)]))],
  ["wrong target: another site's feed", "FeedTarget", () => hello("campus-west")],
  ["wrong target: a zone that was not asked for", "FeedTarget", () => new FeedMaker(zonePartition("west")).head()],
  ["endless data: a frame that does not end", "FeedTooLarge", () => Uint8Array.of(0x82, 0x02, 0x5a, 0x00, 0x20, 0x00, 0x00, ...new Uint8Array(70_000))],
  ["endless data: no frames at all", "FeedMalformed", () => new Uint8Array(1_000).fill(0xff)],
  ["an item that is none", "FeedMalformed", () => maker.delta([], [], { put: [{ key: Uint8Array.of(99), value: new Uint8Array(1) }] })],
];
test.each(ATTACKS)("%s is refused as %s, the list stays, and the honest feed is taken afterwards", async (_, error, make) => {
  const old = await inForce();
  const before = { held: store.held(EAST), points: points() };
  const [version, items] = [maker.version, maker.items];
  expect(refusal(await session.take(make(old)))).toBe(error);
  expect([{ held: store.held(EAST), points: points() }, heard]).toEqual([before, []]);
  [maker.version, maker.items] = [version, items];
  session = newSession();
  expect(await take(hello(), maker.delta([accessPoint(7)]), maker.head())).toBeUndefined();
  expect(points()).toEqual(["gate-1", "gate-2", "gate-7"]);
});

test("mix-and-match: a chunk that is not the manifest's is refused as FeedDigest, a cut-off one too", async () => {
  maker.delta([accessPoint(1)]);
  const spoilers: ((bytes: Uint8Array) => Uint8Array)[] = [(bytes) => bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte)), (bytes) => bytes.subarray(1)];
  for (const spoil of spoilers) {
    session = newSession((name) => Promise.resolve(spoil(maker.chunks.get(name)!)));
    expect(refusal(await take(hello(), maker.manifest()))).toBe("FeedDigest");
  }
  session = newSession(() => Promise.resolve(undefined));
  expect(await take(hello(), maker.manifest())).toMatchObject({ kind: "unreachable" });
  expect(store.held(EAST)).toBeUndefined();
});

test("slow retrieval: a head that names more than was sent asks for it again", async () => {
  maker.delta([accessPoint(1)]);
  expect(await take(hello(), maker.head())).toEqual({ kind: "behind", partition: EAST });
});

const signed = (change: Partial<TrustList>, signer = ROOT): Uint8Array =>
  encodeFrame({ kind: "trustList", record: signByRoots(FEED_SITE, encodeTrustList({ ...trust, ...change }), [signer]) });

test("key compromise: a trust list that the roots have signed retires the feed's key at once", async () => {
  await inForce();
  const retired = new Map([[2, { ...trust.keys.get(2)!, status: "retired" as const }]]);
  expect(refusal(await take(hello(), signed({ sequence: 4, keys: retired }), maker.head()))).toBe("KeyUntrusted");
  expect(trust.sequence).toBe(4);
});

test.each<[string, TrustListError | "SignatureInvalid", () => Uint8Array]>([
  ["an older list", "TrustListRollback", () => signed({ sequence: 2 })],
  ["another list of the same sequence", "TrustListFork", () => signed({ validUntil: unixSeconds(trust.validUntil + 1) })],
  ["a list that a stranger has signed", "SignatureInvalid", () => signed({ sequence: 9 }, nodeSigner(new Uint8Array(32).fill(1)))],
])("trust list: %s is refused as %s, and the one in force stays", async (_, error, frame) => {
  const before = trust;
  expect(refusal(await take(hello(), frame()))).toBe(error);
  expect(trust).toBe(before);
});

test("restored backup: an epoch that the roots have raised begins with a snapshot, and versions may go back in it", async () => {
  await inForce();
  maker.epoch = 2;
  maker.version = 1;
  maker.items = [accessPoint(5)].map(encodeItem);
  expect(refusal(await take(hello(), maker.manifest()))).toBe("FeedFastForward");
  session = newSession();
  expect(await take(hello(), signed({ sequence: 4, feedEpoch: 2 }), maker.manifest(), maker.head())).toBeUndefined();
  expect([store.held(EAST)?.epoch, store.held(EAST)?.version, points()]).toEqual([2, 1, ["gate-5"]]);
});

test("while the clock is untrusted the feed is taken all the same: a head never sets it", async () => {
  wall = "untrusted";
  expect(await take(hello(), maker.delta([accessPoint(1)]), maker.head())).toBeUndefined();
  expect(points()).toEqual(["gate-1"]);
});

test("configurations are handed on, and one that nobody has signed ends the session", async () => {
  const [good, foul] = [100, 99].map((length) => encodeFrame({ kind: "configuration", record: new Uint8Array(length) })) as [Uint8Array, Uint8Array];
  expect([await take(hello(), good), heard]).toEqual([undefined, ["configuration"]]);
  expect(await take(foul, good)).toMatchObject({ kind: "refused", partition: "configuration", error: "SignatureInvalid" });
  expect(heard).toEqual(["configuration"]);
});

test("commands are handed on, and one that nobody has signed ends the session; bye says when to come back", async () => {
  const [good, foul] = [100, 99].map((length) => encodeFrame({ kind: "command", record: new Uint8Array(length) })) as [Uint8Array, Uint8Array];
  expect(await take(hello(), good, encodeFrame({ kind: "bye", retryAfterS: 7 }))).toEqual({ kind: "bye", retryAfterS: 7 });
  expect(heard).toEqual(["command"]);
  session = newSession();
  expect(await take(hello(), foul, good)).toMatchObject({ kind: "refused", partition: "command", error: "SignatureInvalid" });
  expect(heard).toEqual(["command"]);
});
