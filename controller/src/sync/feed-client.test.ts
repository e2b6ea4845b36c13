import { simulatedClock } from "@portico/firmware-ts";
import { beforeEach, expect, test } from "vitest";
import { FeedClient, type FeedQuery, type StreamListener } from "./feed-client.ts";
import type { SessionEnd } from "./feed-session.ts";

interface Stream extends StreamListener {
  readonly query: FeedQuery;
  isEnded: boolean;
}

let clock: ReturnType<typeof simulatedClock>;
let streams: Stream[];
let told: string[];
/** What the next session makes of the bytes that begin with this. */
let ends: Map<number, SessionEnd | Error>;
let taken: string[];
let chance: number;
let frames: number;
/** A piece that completes no frame. */
const TRICKLE = 251;
let client: FeedClient;
beforeEach(() => {
  clock = simulatedClock();
  [streams, told, taken, ends, chance] = [[], [], [], new Map(), 0.5];
  frames = 0;
  client = new FeedClient({
    clock,
    random: () => chance,
    transport: {
      open: (query, listener) => {
        const stream = { ...listener, query, isEnded: false };
        streams.push(stream);
        return () => void (stream.isEnded = true);
      },
      chunk: () => Promise.resolve(undefined),
    },
    query: () => ({ position: [], trustListSequence: streams.length }),
    session: (onKeepalive) => ({
      get frames() {
        return frames;
      },
      take: async (bytes) => {
        await Promise.resolve();
        const [first = 0, second = 0] = bytes;
        taken.push(String(first));
        if (first !== TRICKLE) frames++;
        if (first === 250) onKeepalive(second);
        const end = ends.get(first);
        if (end instanceof Error) throw end;
        return end;
      },
    }),
    onConnection: (connection) => told.push(connection.kind === "connected" ? "connected" : `waiting: ${connection.detail}`),
    onRefusal: ({ partition, error }) => told.push(`refused ${partition} ${error}`),
    onFailure: (error) => told.push(`failure: ${(error as Error).message}`),
  });
  client.start();
});

const newest = (): Stream => streams.at(-1)!;
async function hears(...bytes: number[]): Promise<void> {
  newest().onBytes(Uint8Array.from(bytes));
  await clock.pass(0);
}
async function ended(detail = "reset", retryAfterS?: number): Promise<void> {
  newest().onEnd({ detail, ...(retryAfterS === undefined ? {} : { retryAfterS }) });
  await clock.pass(0);
}
/** Passes time until a new stream was opened; how long that took, ms. */
async function waited(): Promise<number> {
  const count = streams.length;
  const from = clock.monotonic();
  expect(await clock.until(() => streams.length > count, 200_000)).toBe(true);
  return clock.monotonic() - from;
}

test("bytes are taken in order, each when what came before is applied, and the end of the stream last", async () => {
  newest().onOpen();
  for (const byte of [1, 2, 3]) newest().onBytes(Uint8Array.of(byte));
  newest().onEnd({ detail: "closed" });
  await clock.pass(0);
  expect([taken, told]).toEqual([
    ["1", "2", "3"],
    ["connected", "waiting: closed"],
  ]);
});

test("after an end, a clean one too, it comes back with full jitter, each time from twice as much up to a minute, and anew from where it stands", async () => {
  const waits: number[] = [];
  for (let nth = 0; nth < 8; nth++) {
    await ended();
    waits.push(await waited());
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(streams.map(({ query }) => query.trustListSequence)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  chance = 0;
  await ended();
  expect(streams, "no wait at all").toHaveLength(10);
});

test("what is heard makes the next wait a first one again", async () => {
  for (let nth = 0; nth < 4; nth++) {
    await ended();
    await waited();
  }
  await hears(1);
  await ended();
  expect(await waited()).toBe(500);
});

test("a cloud that asks to be left alone is left alone for so long, and the jitter comes on top", async () => {
  await ended("503", 20);
  expect(await waited()).toBe(20_500);
  ends.set(9, { kind: "bye", retryAfterS: 7 });
  await hears(9);
  expect(await waited()).toBeGreaterThanOrEqual(7_000);
  expect(told).toContain("waiting: the cloud said goodbye");
});

test("who fell behind asks again at once, and when that does not help waits like anybody", async () => {
  ends.set(9, { kind: "behind", partition: "global" });
  await hears(9);
  expect(streams).toHaveLength(2);
  await hears(9);
  expect(streams).toHaveLength(2);
  expect(await waited()).toBe(1_000);
});

test("a refusal is told by name and ends the stream; nothing behind it is taken", async () => {
  ends.set(9, { kind: "refused", partition: "zone/east", error: "FeedFork", detail: "two truths" });
  const first = newest();
  first.onBytes(Uint8Array.of(9));
  first.onBytes(Uint8Array.of(1));
  await clock.pass(0);
  expect([told, taken, first.isEnded]).toEqual([["refused zone/east FeedFork", "waiting: FeedFork: two truths"], ["9"], true]);
  await waited();
  first.onBytes(Uint8Array.of(2));
  first.onEnd({ detail: "late" });
  await clock.pass(0);
  expect([taken, streams.length]).toEqual([["9"], 2]);
});

test("a disk that refuses ends the stream, and it is begun anew later", async () => {
  ends.set(9, new Error("disk full"));
  await hears(9);
  expect(told).toEqual(["failure: disk full", "waiting: disk full"]);
  expect(await waited()).toBe(500);
});

test("slow retrieval: a stream that trickles and completes no frame is dead all the same", async () => {
  for (let waitedMs = 0; waitedMs < 40_000; waitedMs += 4_000) {
    await clock.pass(4_000);
    await hears(TRICKLE);
  }
  expect(await waited()).toBe(5_500);
  expect(told.at(-1)).toBe("waiting: nothing heard for 45 s");
});

test("slow retrieval: a stream that says nothing for 45 s is dead; a keepalive says when the next is due", async () => {
  expect(await waited()).toBe(45_500);
  await hears(250, 10);
  await clock.pass(9_999);
  await hears(1);
  expect(await waited()).toBe(10_500);
  expect(told.at(-1)).toBe("waiting: nothing heard for 10 s");
});

test("a closed client ends its stream, tells nothing and never comes back", async () => {
  client.close();
  expect(newest().isEnded).toBe(true);
  newest().onBytes(Uint8Array.of(1));
  newest().onEnd({ detail: "x" });
  await clock.pass(200_000);
  expect([taken, told, streams.length, clock.pending]).toEqual([[], [], 1, 0]);
});
