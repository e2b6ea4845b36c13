import {
  bucketOf,
  type ChunkBucket,
  type Delta,
  digestOf,
  encodeItem,
  GLOBAL,
  type ItemBytes,
  makeChunks,
  bucketRows,
  readChunk,
  unixSeconds,
  zonePartition,
} from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nothingHeld } from "../core/feed-judgement.ts";
import { ControllerDatabase } from "./database.ts";
import { FeedStore, type SnapshotWriter } from "./feed-store.ts";

const EAST = zonePartition("east");
let folder: string;
let database: ControllerDatabase;
let store: FeedStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  reopen();
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function reopen(): void {
  database?.close();
  database = ControllerDatabase.open(join(folder, "controller.db"));
  store = new FeedStore(database);
}

const point = (number: number, id = `gate-${number}`): ItemBytes => encodeItem({ table: "accessPoint", number, id });
const digest = (items: readonly ItemBytes[]): Uint8Array => digestOf(items, nodeSha256);
const kept = (table = 6): ItemBytes[] => [...store.items(EAST, table)].sort((a, b) => Buffer.compare(a.key, b.key)).map(({ key, value }) => ({ key: new Uint8Array(key), value: new Uint8Array(value) })); // prettier-ignore
function delta(from: number, before: readonly ItemBytes[], after: readonly ItemBytes[], change: Partial<Delta> = {}): Delta {
  const [held, stays] = [new Set(before), new Set(after.map(({ key }) => key.join()))];
  return {
    partition: EAST,
    epoch: 1,
    from,
    to: from + 1,
    digestBefore: digest(before),
    digestAfter: digest(after),
    removed: before.filter(({ key }) => !stays.has(key.join())).map(({ key }) => key),
    put: after.filter((item) => !held.has(item)),
    ...change,
  };
}
const [A, B, C] = [point(1), point(2), point(3)];

test("deltas are applied one behind the other, and stand there after a restart", () => {
  expect(store.held(EAST)).toBeUndefined();
  expect(store.applyDelta(delta(0, [], [A, B]))).toMatchObject({ ok: true, value: { version: 1 } });
  expect(store.applyDelta(delta(1, [A, B], [B, C]))).toMatchObject({ ok: true, value: { version: 2 } });
  reopen();
  expect(store.held(EAST)).toMatchObject({ epoch: 1, version: 2, digest: digest([B, C]), confirmed: null });
  expect(kept()).toEqual([B, C]);
  expect([store.value(EAST, B.key), store.value(EAST, A.key), store.value(GLOBAL, B.key)].map((value) => value && new Uint8Array(value))).toEqual([B.value, undefined, undefined]); // prettier-ignore
  expect(store.applyDelta(delta(2, [B, C], [C]))).toMatchObject({ ok: true });
});

test.each([
  ["FeedDigest", "another content than it says", delta(1, [A, B], [B, C], { digestAfter: digest([A]) })],
  ["FeedDigest", "a removal of what is not there", delta(1, [A, B], [B], { removed: [A.key, C.key] })],
  ["FeedDigest", "an item that the content it says has not", delta(1, [A, B], [B, C], { put: [C, point(77)] })],
  ["FeedMalformed", "an item that is none", delta(1, [A, B], [B, C], { put: [{ key: Uint8Array.of(6, 0, 9), value: Uint8Array.of(0xff) }] })],
  ["FeedMalformed", "an item of a table that nobody knows", delta(1, [A, B], [B, C], { put: [{ key: Uint8Array.of(99), value: Uint8Array.of(0) }] })],
] as const)("%s: a delta with %s changes nothing, and the right one is taken afterwards", (error, _, wrong) => {
  store.applyDelta(delta(0, [], [A, B]));
  expect(store.applyDelta(wrong)).toMatchObject({ ok: false, error });
  expect([store.held(EAST)?.version, kept()]).toEqual([1, [A, B]]);
  expect(store.applyDelta(delta(1, [A, B], [B, C]))).toMatchObject({ ok: true });
  expect(kept()).toEqual([B, C]);
});

test("an item of an optional table is kept and hashed, and means nothing", () => {
  const later: ItemBytes = { key: Uint8Array.of(200, 1), value: Uint8Array.of(9) };
  expect(store.applyDelta(delta(0, [], [A, later]))).toMatchObject({ ok: true });
  expect(kept(200)).toEqual([later]);
});

const many = Array.from({ length: 9_000 }, (_, number) => point(number, `gate-${number}-${"x".repeat(40)}`));
const snapshot = { partition: EAST, epoch: 1, version: 9, digest: digest(many), items: many.length };
const chunksOf = (items: readonly ItemBytes[]): ChunkBucket[][] => makeChunks(bucketRows(items, nodeSha256), nodeSha256).map(({ reference, bytes }) => readChunk(bytes, reference, nodeSha256)!); // prettier-ignore
const chunks = chunksOf(many);

test("a snapshot takes the place of what is held when it is finished, and not before; what it replaced is swept", () => {
  store.applyDelta(delta(0, [], [A, B]));
  const writer = store.beginSnapshot(snapshot);
  expect(chunks.length).toBeGreaterThan(1);
  for (const chunk of chunks) expect(writer.chunk(chunk)).toEqual({ ok: true, value: null });
  expect([store.held(EAST)?.version, kept()]).toEqual([1, [A, B]]);
  expect(writer.finish()).toMatchObject({ ok: true, value: { version: 9 } });
  expect(kept()).toHaveLength(many.length);
  let slices = 0;
  for (const _ of store.sweep()) slices++;
  expect([slices > 0, database.prepare("SELECT count(*) FROM feed_item").pluck().get()]).toEqual([true, many.length]);
  expect(store.applyDelta(delta(9, many, [...many, A].filter((item) => item !== many[1]), { removed: [], put: [A], digestAfter: digest(many.map((item) => (item.key.join() === A.key.join() ? A : item))) }))).toMatchObject({ ok: true }); // prettier-ignore
});

test("what is being filled is not swept, what was given up is: also where its number is given anew between two portions", () => {
  const rows = (): unknown => database.prepare("SELECT count(*) FROM feed_item").pluck().get();
  const fill = (): SnapshotWriter => {
    const writer = store.beginSnapshot(snapshot);
    for (const chunk of chunks) writer.chunk(chunk);
    return writer;
  };
  const writer = fill();
  for (const _ of store.sweep());
  expect(rows()).toBe(many.length);
  writer.close();
  const slow = store.sweep();
  slow.next();
  for (const _ of store.sweep());
  expect(rows()).toBe(0);
  const again = fill();
  for (const _ of slow);
  expect(rows()).toBe(many.length);
  expect(again.finish()).toMatchObject({ ok: true });
  again.close();
  for (const _ of store.sweep());
  expect(kept()).toHaveLength(many.length);
});

test("a snapshot that was cut off by a power cut leaves what was held, and its rest is swept at the next start", () => {
  store.applyDelta(delta(0, [], [A, B]));
  store.beginSnapshot(snapshot).chunk(chunks[0]!);
  reopen();
  expect([store.held(EAST)?.version, kept()]).toEqual([1, [A, B]]);
  for (const _ of store.sweep());
  expect(database.prepare("SELECT count(*) FROM feed_item").pluck().get()).toBe(2);
});

test("FeedMalformed: a chunk with an item that is none", () => {
  const [chunk] = chunksOf([...many.slice(0, 100), { key: Uint8Array.of(99), value: Uint8Array.of(0) }]);
  expect(store.beginSnapshot(snapshot).chunk(chunk!)).toMatchObject({ ok: false, error: "FeedMalformed", detail: "an item of table 99 is none" });
});

test("whatever the number of items, all of them are written: many by one statement, the rest one by one", () => {
  for (const length of [0, 1, 31, 32, 33, 64, 100]) {
    const items = many.slice(0, length);
    const writer = store.beginSnapshot({ partition: EAST, epoch: 1, version: length, digest: digest(items), items: length });
    for (const chunk of chunksOf(items)) writer.chunk(chunk);
    expect(writer.finish()).toMatchObject({ ok: true, value: { version: length } });
    expect(kept()).toEqual(items);
  }
});

/** Goes on with the files as they are now, without a word to the program that has them open: what a kill leaves. */
function kill(): void {
  const left = mkdtempSync(join(tmpdir(), "portico-"));
  for (const name of ["controller.db", "controller.db-wal"]) copyFileSync(join(folder, name), join(left, name));
  database.close();
  rmSync(folder, { recursive: true });
  folder = left;
  reopen();
}

function isWhole(): boolean {
  const steps = store.prepare(EAST);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value === "whole";
}

test("a kill at any moment of a snapshot leaves the list before it or the one behind it, whole; nothing else stays", () => {
  const [before, behind] = [2_500, 4_500].map((length, nth) => {
    const items = many.slice(0, length);
    return { manifest: { ...snapshot, version: 1 + nth, digest: digest(items), items: length }, chunks: chunksOf(items) };
  });
  const held = (): unknown => [store.held(EAST)?.version, isWhole()];
  const rows = (): unknown => database.prepare("SELECT count(*) FROM feed_item").pluck().get();
  /** Puts a list into force, and tells what is to be held should a kill follow now. */
  function* take({ manifest, chunks: all }: NonNullable<typeof behind>): Generator<number> {
    const writer = store.beginSnapshot(manifest);
    for (const chunk of all) yield (writer.chunk(chunk), manifest.version - 1);
    writer.finish();
    yield manifest.version;
    writer.close();
    for (const _ of store.sweep()) yield manifest.version;
  }
  let moments = Infinity;
  for (let killed = 0; killed < moments; killed++) {
    for (const _ of take(before!));
    const steps = take(behind!);
    let now = steps.next();
    for (let nth = 0; nth < killed && now.done !== true; nth++) now = steps.next();
    if (now.done === true) moments = killed;
    kill();
    const version = now.done === true ? 2 : now.value;
    expect(held()).toEqual([version, true]);
    for (const _ of store.sweep());
    expect(rows()).toBe(version === 1 ? 2_500 : 4_500);
  }
  expect(moments).toBe(behind!.chunks.length + 1 + 2);
});

test.each([
  ["a chunk too few", (list: readonly ChunkBucket[][]) => list.slice(1)],
  ["an altered item", () => chunksOf(many.with(0, point(0, "another")))],
  ["an item too few for its count", (list: readonly ChunkBucket[][]) => list, { items: many.length + 1 }],
] as const)("FeedDigest: a snapshot with %s is not taken", (...[, spoil, change]) => {
  store.applyDelta(delta(0, [], [A, B]));
  const writer = store.beginSnapshot({ ...snapshot, ...change });
  for (const chunk of spoil(chunks)) writer.chunk(chunk);
  expect(writer.finish()).toMatchObject({ ok: false, error: "FeedDigest" });
  expect([store.held(EAST)?.version, kept()]).toEqual([1, [A, B]]);
});

test("a head's times are kept with the version that it confirms, and forgotten with the next", () => {
  store.applyDelta(delta(0, [], [A]));
  const confirmed = { issued: unixSeconds(100), expires: unixSeconds(700), publish: 5, globalVersion: 2 };
  store.confirm({ ...store.held(EAST)!, confirmed });
  reopen();
  expect(store.held(EAST)).toMatchObject({ version: 1, confirmed });
  store.applyDelta(delta(1, [A], [B]));
  expect(store.held(EAST)?.confirmed).toBeNull();
});

test("a head of what nothing was ever published in vouches for it, and for the first version that comes behind", () => {
  const nothing = nothingHeld(EAST, 1, digest([]));
  const confirmed = { issued: unixSeconds(100), expires: unixSeconds(700), publish: 5, globalVersion: 2 };
  store.confirm({ ...nothing, confirmed });
  reopen();
  expect([store.held(EAST), kept()]).toMatchObject([{ version: 0, confirmed }, []]);
  store.confirm({ ...nothing, confirmed: { ...confirmed, issued: unixSeconds(130) } });
  expect(store.held(EAST)?.confirmed?.issued).toBe(130);
  expect(store.applyDelta(delta(0, [], [A]))).toMatchObject({ ok: true, value: { version: 1 } });
  expect(kept()).toEqual([A]);
});

test("an item that the disk altered shows when the tree is made, and the making lets others go on", () => {
  const writer = store.beginSnapshot(snapshot);
  for (const chunk of chunks) writer.chunk(chunk);
  writer.finish();
  reopen();
  const whole = store.prepare(EAST);
  let slices = 0;
  let step = whole.next();
  for (; step.done !== true; step = whole.next()) slices++;
  expect([step.value, slices]).toEqual(["whole", 64]);
  database.prepare("UPDATE feed_item SET value = ? WHERE bucket = ? AND key = ?").run(A.value, bucketOf(B.key, nodeSha256), B.key);
  const altered = store.prepare(EAST);
  let last = altered.next();
  while (last.done !== true) last = altered.next();
  expect(last.value).toBe("altered");
});

test("who listens hears of each version, and of nothing that was refused", () => {
  const heard: string[] = [];
  store.onChange((partition) => heard.push(`${partition} ${store.held(partition)?.version}`));
  store.applyDelta(delta(0, [], [A]));
  store.applyDelta(delta(1, [A], [B], { digestAfter: digest([]) }));
  store.applyDelta({ ...delta(0, [], []), partition: GLOBAL });
  store.drop(EAST);
  expect([heard, store.partitions.map(({ partition }) => partition)]).toEqual([[`${EAST} 1`, `${GLOBAL} 1`], [GLOBAL]]);
});
