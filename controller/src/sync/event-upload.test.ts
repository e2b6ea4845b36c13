import { type ChainEnd, type ControllerEvent, eventOf, nextLink, ok, readEventBatch, sameBytes } from "@portico/card-protocol";
import { nodeSha256, nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RigStore } from "../rig/rig-store.ts";
import { START } from "../rig/people.ts";
import { RecordingFailed } from "../store/recording-failed.ts";
import { EventUpload } from "./event-upload.ts";
import { eventsAnswerOf, type EventsAnswer } from "./event-transport.ts";

const signer = nodeSigner(new Uint8Array(32).fill(8));
let rig: RigStore;
let upload: EventUpload;
/** What came, as `first-last`, and what the next of it is answered; behind these the cloud takes everything. */
let came: string[];
let answers: ((end: ChainEnd) => EventsAnswer | Promise<EventsAnswer>)[];
let refused: string[];
let chance: number;
/** What the cloud keeps. */
let kept: Map<number, Uint8Array>;
beforeEach(() => {
  rig = new RigStore();
  [came, answers, refused, chance, kept] = [[], [], [], 0.5, new Map()];
  upload = begin();
});
afterEach(() => {
  upload.close();
  rig.end();
});

function begin(): EventUpload {
  const { store, time, clock } = rig;
  const starting = new EventUpload({
    site: "demo-campus",
    controller: "gate-house",
    signer,
    mark: store.upload,
    last: () => store.events.last(),
    onRecorded: (listener) => store.events.onEvent(listener),
    transport: { sendEvents },
    clock: time,
    now: () => clock.eventTime().at,
    random: () => chance,
    onRefused: (error, detail) => {
      refused.push(`${error}: ${detail}`);
      store.events.append(eventOf("EventsRefused", { error, detail }), clock.eventTime());
    },
  });
  starting.start();
  return starting;
}
async function sendEvents(bytes: Uint8Array): Promise<EventsAnswer> {
  const read = readEventBatch(bytes, "demo-campus", () => ok(signer.publicKey), nodeVerifier, nodeSha256);
  if (!read.ok) throw new Error(read.detail);
  const { batch, links, end } = read.value;
  came.push(`${batch.from.seq + 1}-${end.seq}`);
  for (const { record, bytes: record_ } of links) kept.set(record.seq, record_);
  await Promise.resolve();
  return answers.length > 0 ? answers.shift()!(end) : { kind: "acknowledged", end };
}
const record = (count: number, event: ControllerEvent = eventOf("RequestToExit", { door: "library" })): void => {
  for (let nth = 0; nth < count; nth++) rig.store.events.append(event, rig.clock.eventTime());
};
const acknowledged = (): number => rig.store.upload.position.acknowledged.seq;
const unreachable =
  (detail = "reset", retryAfterS?: number) =>
  (): EventsAnswer => ({ kind: "unreachable", detail, ...(retryAfterS === undefined ? {} : { retryAfterS }) });

test("events go up together a moment after the first, and are remembered as acknowledged", async () => {
  record(3);
  await rig.time.pass(199);
  record(2);
  expect([came, upload.status()]).toEqual([[], { uploaded: 0, uploadedAt: null, waiting: 5, waitingSince: START, problem: "" }]);
  await rig.time.pass(1);
  expect([came, acknowledged()]).toEqual([["1-5"], 5]);
  await rig.time.pass(60_000);
  expect([came.length, upload.status()]).toEqual([1, { uploaded: 5, uploadedAt: START, waiting: 0, waitingSince: null, problem: "" }]);
});

test("a log that is behind goes up batch by batch, one at a time", async () => {
  record(600);
  let [onTheirWay, most] = [0, 0];
  answers = Array.from({ length: 3 }, () => async (end: ChainEnd): Promise<EventsAnswer> => {
    most = Math.max(most, ++onTheirWay);
    await new Promise<void>((resolve) => rig.time.after(500, resolve));
    onTheirWay--;
    return { kind: "acknowledged", end };
  });
  await rig.time.pass(5_000);
  expect([came, most, acknowledged()]).toEqual([["1-256", "257-512", "513-600"], 1, 600]);
});

test("a batch is bounded in bytes too, and holds at least one event", async () => {
  const long = "界".repeat(1_024);
  record(40, eventOf("DoorFault", { door: long, device: long, error: long, detail: long }));
  await rig.time.pass(5_000);
  expect(came.length).toBeGreaterThan(3);
  expect([acknowledged(), kept.size]).toEqual([40, 40]);
});

test("what fails is tried again with full jitter, doubled up to a minute, and a new event makes nothing come earlier", async () => {
  answers = Array.from({ length: 9 }, () => unreachable());
  record(1);
  await rig.time.pass(200);
  const waits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    const before = came.length;
    record(1);
    const from = rig.time.monotonic();
    while (came.length === before) await rig.time.pass(250);
    waits.push(rig.time.monotonic() - from);
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(upload.status()).toMatchObject({ uploaded: 0, waiting: 9, problem: "reset" });
  await rig.time.pass(31_000);
  expect([acknowledged(), upload.status().problem]).toEqual([9, ""]);
  chance = 0;
  answers = [unreachable("the cloud answered 503", 7)];
  record(1);
  await rig.time.pass(200 + 6_999);
  expect([came.length, upload.status().problem]).toEqual([11, "the cloud answered 503"]);
  await rig.time.pass(1);
  expect([came.length, acknowledged()]).toEqual([12, 10]);
});

test("an answer that was lost is asked for again with the same events, after a restart too: nothing is lost, nothing differs", async () => {
  record(4);
  answers = [unreachable()];
  await rig.time.pass(200);
  const first = new Map(kept);
  expect([came, acknowledged(), rig.store.upload.position.sentSeq]).toEqual([["1-4"], 0, 4]);
  upload.close();
  upload = begin();
  record(1);
  await rig.time.pass(200);
  expect([came, acknowledged()]).toEqual([["1-4", "1-5"], 5]);
  for (const [seq, bytes] of first) expect(sameBytes(kept.get(seq)!, bytes)).toBe(true);
});

test("an answer that comes when the upload is closed is not heard", async () => {
  record(1);
  answers = [(end) => new Promise<EventsAnswer>((resolve) => rig.time.after(1_000, () => resolve({ kind: "acknowledged", end })))];
  await rig.time.pass(300);
  upload.close();
  await rig.time.pass(10_000);
  expect([came, acknowledged()]).toEqual([["1-1"], 0]);
});

test("a refusal is told once in the log until it is over", async () => {
  answers = Array.from({ length: 4 }, () => (): EventsAnswer => ({ kind: "refused", error: "EventForged", detail: "not this controller's key" }));
  record(1);
  await rig.time.pass(60_000);
  expect(refused).toEqual(["EventForged: not this controller's key"]);
  expect([came.length, acknowledged(), rig.named("EventsRefused").length]).toEqual([5, 2, 1]);
  answers = [() => ({ kind: "refused", error: "EventForged", detail: "again" })];
  record(1);
  await rig.time.pass(60_000);
  expect(refused).toHaveLength(2);
});

test("an acknowledgement of what this log does not hold is a fork, and moves nothing", async () => {
  answers = [
    () => ({ kind: "acknowledged", end: { seq: 2, hash: new Uint8Array(32).fill(9) } }),
    () => ({ kind: "acknowledged", end: { seq: 900, hash: new Uint8Array(32) } }),
  ];
  record(2);
  await rig.time.pass(200);
  expect([refused, acknowledged(), upload.status().problem]).toEqual([
    ["EventFork: the cloud holds an event 2 that this log has not"],
    0,
    "EventFork: the cloud holds an event 2 that this log has not",
  ]);
  await rig.time.pass(600);
  expect([refused.length, acknowledged(), upload.status().problem]).toEqual([1, 0, "EventFork: the cloud holds an event 900 that this log has not"]);
});

test("an acknowledgement of less than was sent is no success", async () => {
  record(3);
  const [first] = [rig.store.upload.next(1, 10_000)!];
  const hash = nodeSha256(first.records[0]!);
  answers = [() => ({ kind: "acknowledged", end: { seq: 1, hash } })];
  await rig.time.pass(200);
  expect([acknowledged(), upload.status().problem]).toEqual([1, "the cloud has events up to 1 only"]);
  await rig.time.pass(600);
  expect([came, acknowledged()]).toEqual([["1-3", "2-3"], 3]);
});

test("a cloud that was restored from a backup is sent again what it has lost, from where it says it ends", async () => {
  record(6);
  await rig.time.pass(200);
  const link = nextLink({ seq: 0, hash: new Uint8Array(32) }, kept.get(1)!, nodeSha256);
  if (link.kind === "broken") throw new Error(link.detail);
  answers = [() => ({ kind: "refused", error: "EventGap", detail: "the events from 2 to 6 are missing", end: link.end })];
  record(1);
  await rig.time.pass(2_000);
  expect([came, refused]).toEqual([["1-6", "7-7", "2-8"], ["EventGap: the events from 2 to 6 are missing"]]);
  expect(acknowledged()).toBe(8);
});

test("while the clock is unknown it is only not known when", async () => {
  upload.close();
  rig.end();
  rig = new RigStore({ trusted: "time-frames" });
  upload = begin();
  record(2);
  expect(upload.status()).toMatchObject({ waiting: 2, waitingSince: null });
  await rig.time.pass(200);
  expect(upload.status()).toEqual({ uploaded: 2, uploadedAt: null, waiting: 0, waitingSince: null, problem: "" });
});

test("nothing is sent that could not be remembered as sent", async () => {
  record(1);
  rig.store.database.seal(new RecordingFailed("SYNC_FAILED", "the disk did not keep what was written"));
  await rig.time.pass(10_000);
  expect([came, upload.status().problem]).toEqual([[], "the disk refuses: the disk did not keep what was written"]);
});

test.each<[string, Parameters<typeof eventsAnswerOf>[0], EventsAnswer]>([
  ["an end", answer(200, { seq: 3, hash: "ab".repeat(32) }), { kind: "acknowledged", end: { seq: 3, hash: new Uint8Array(32).fill(0xab) } }],
  ["a refusal", answer(403, { reason: "EventForged", detail: "no" }), { kind: "refused", error: "EventForged", detail: "no" }],
  [
    "a refusal with an end",
    answer(409, { reason: "EventGap", detail: "no", end: { seq: 0, hash: "00".repeat(32) } }),
    { kind: "refused", error: "EventGap", detail: "no", end: { seq: 0, hash: new Uint8Array(32) } },
  ],
  ["half a hash", answer(200, { seq: 3, hash: "ab" }), { kind: "unreachable", detail: "the cloud answered 200" }],
  ["no JSON", { status: 200, body: Uint8Array.of(1), retryAfterS: undefined }, { kind: "unreachable", detail: "the cloud answered 200" }],
  ["a token that ended", answer(401, { reason: "TokenRefused" }), { kind: "unreachable", detail: "the cloud answered 401" }],
  ["a proxy's own words", answer(404, "hello"), { kind: "unreachable", detail: "the cloud answered 404" }],
  ["a mistake", answer(500, { reason: "Unexpected" }, 9), { kind: "unreachable", detail: "the cloud answered 500", retryAfterS: 9 }],
])("an answer with %s is read as what it is", (_, given, expected) => {
  expect(eventsAnswerOf(given)).toEqual(expected);
});

function answer(status: number, body: unknown, retryAfterS?: number): Parameters<typeof eventsAnswerOf>[0] {
  return { status, body: new TextEncoder().encode(JSON.stringify(body)), retryAfterS };
}
