import { type Frame, FrameReader, GLOBAL, type TrustList, unixSeconds, zonePartition } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerEntrance } from "../controller-entrance.ts";
import { addController, readController, revokeController } from "../controllers.ts";
import { setCredentialState } from "../credentials.ts";
import { approveReplacement } from "../enrolment.ts";
import { type CloudFeed, openCloudFeed } from "../feed/cloud-feed.ts";
import { putZone, rotateZoneKey } from "../places.ts";
import { type CampusOfOne, campusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, done, NOTE, START } from "../rig/cloud-rig.ts";
import { admitted } from "../rig/admitted.ts";
import { waitingMachine } from "../rig/waiting-machine.ts";
import { LOOK_EVERY_MS } from "./controller-streams.ts";

const signer = nodeSigner(new Uint8Array(32).fill(7));
const gate = nodeSigner(new Uint8Array(32).fill(8));
const trustList: TrustList = { sequence: 1, issued: unixSeconds(START), validUntil: unixSeconds(START + 1e7), feedEpoch: 1, roots: { version: 1, threshold: 1, keys: [] }, keys: new Map() }; // prettier-ignore
const ADDED = { id: "gate-house", publicKey: gate.publicKey, zones: [ZONE, "west"] };

let rig: CloudRig;
let feed: CloudFeed;
let campus: CampusOfOne;
let entrance: ControllerEntrance;
let failures: unknown[];
/** What is due: the looks of the streams among them. */
let timers: { readonly delayMs: number; readonly act: () => void }[];
beforeEach(async () => {
  rig = await cloudRig();
  [timers, failures] = [[], []];
  campus = await campusOfOne(rig);
  await done(putZone(rig, NOTE, "west", { zh: "西", en: "West" }));
  await done(addController(rig, NOTE, ADDED));
  const keys = { kid: 2, signer, time: { kid: 3, signer }, trustList, trustLists: [] };
  const clock = {
    after: (delayMs: number, act: () => void) => {
      const timer = { delayMs, act };
      timers.push(timer);
      return () => void (timers = timers.filter((each) => each !== timer));
    },
  };
  feed = await openCloudFeed(rig, keys, clock, () => 0.5, (error) => failures.push(error)); // prettier-ignore
  entrance = new ControllerEntrance(rig);
  await feed.publisher.settled();
});
afterEach(async () => {
  await feed.close();
  expect(failures).toEqual([]);
  await rig.close();
});

interface Listener {
  readonly frames: Frame[];
  readonly isOver: () => boolean;
  readonly leave: () => void;
}
/** A stream of a controller as it is now, or as it was. */
async function listen(as?: Awaited<ReturnType<typeof readController>>, id = "gate-house"): Promise<Listener> {
  const controller = as ?? (await readController(rig.database.queries, id))!;
  const reader = new FrameReader();
  const frames: Frame[] = [];
  let isOver = false;
  const { sink, leave } = feed.streams.enter(controller, {
    write: (bytes) => {
      const read = reader.push(bytes);
      if (!read.ok) throw new Error(read.error);
      frames.push(...read.value);
      return true;
    },
    end: () => (isOver = true),
  });
  const position = new Map([GLOBAL, ...controller.zones.map(zonePartition)].map((partition) => [partition, { epoch: 1, version: 0 }]));
  const gone = await feed.hub.subscribe(position, 1, sink);
  return { frames, isOver: () => isOver, leave: () => (leave(), gone()) };
}
const kinds = ({ frames }: Listener): string[] => frames.map((frame) => (frame.kind === "zoneKeys" ? `zoneKeys ${frame.generations.join(" ")}` : frame.kind));
const published = async (): Promise<void> => {
  feed.publisher.poke();
  await feed.publisher.settled();
};
/** The look that is due next, as after its time. */
async function look(): Promise<void> {
  const due = timers.findIndex(({ delayMs }) => delayMs <= 1.1 * LOOK_EVERY_MS);
  const [timer] = timers.splice(due, 1);
  timer!.act();
  await feed.streams.look(rig.database.queries);
}

test("two looks of the store are at most 2 s, so that is how long a stream lives on at the longest", () => {
  expect(2 * 1.1 * LOOK_EVERY_MS).toBeLessThanOrEqual(2_000);
});

test("revoked, a controller's stream and token end at once, before the publication that its revocation brings; others go on", async () => {
  const other = nodeSigner(new Uint8Array(32).fill(9));
  await done(addController(rig, NOTE, { id: "library", publicKey: other.publicKey, zones: [ZONE] }));
  const [stolen, remains] = [await listen(), await listen(undefined, "library")];
  const token = await admitted(rig, entrance, "gate-house", gate);
  const before = stolen.frames.length;
  await done(revokeController(rig, NOTE, "gate-house"));
  expect(await entrance.controllerOf(token)).toBeUndefined();
  await published();
  expect([stolen.isOver(), stolen.frames.length, feed.hub.subscribers, feed.streams.count]).toEqual([true, before, 1, 1]);
  expect(kinds(remains)).toEqual(["hello", `zoneKeys ${ZONE},1`, "head", "delta", "head", `zoneKeys ${ZONE},2`, "delta", "head"]);
});

test.each([
  ["a zone is taken away", [ZONE]],
  ["a zone is added", ["west", ZONE, "north"]],
])("where %s the stream and the token end by the next look, whoever has changed it", async (_, zones) => {
  await done(putZone(rig, NOTE, "north", { zh: "北", en: "North" }));
  const stream = await listen();
  const token = await admitted(rig, entrance, "gate-house", gate);
  await done(addController(rig, NOTE, { ...ADDED, zones }));
  expect([stream.isOver(), await entrance.controllerOf(token)]).toEqual([false, undefined]);
  await look();
  expect([stream.isOver(), feed.streams.count]).toEqual([true, 0]);
  const again = await listen();
  await look();
  expect(again.isOver()).toBe(false);
});

test("the same zones again end nothing", async () => {
  const stream = await listen();
  const token = await admitted(rig, entrance, "gate-house", gate);
  await done(addController(rig, NOTE, ADDED));
  await look();
  expect([stream.isOver(), (await entrance.controllerOf(token))?.id]).toEqual([false, "gate-house"]);
});

test("replaced by another machine, the one before hears nothing more, and its token is nobody's", async () => {
  const stream = await listen();
  const token = await admitted(rig, entrance, "gate-house", gate);
  const next = await waitingMachine(rig, "gate-house", 0x44);
  await done(approveReplacement(rig, NOTE, next.id, { words: next.words }));
  expect(await entrance.controllerOf(token)).toBeUndefined();
  await published();
  expect(stream.isOver()).toBe(true);
  expect((await entrance.controllerOf(await admitted(rig, entrance, "gate-house", next.signer)))?.machine).toBe(2);
});

test("a stream that was let in a moment before its controller was revoked is over as it begins", async () => {
  const as = await readController(rig.database.queries, "gate-house");
  await done(revokeController(rig, NOTE, "gate-house"));
  await published();
  const stream = await listen(as);
  expect([stream.isOver(), stream.frames, feed.streams.count]).toEqual([true, [], 0]);
});

test("a zone's new key is told before the delta that needs it, once, and to nobody whose zones it does not concern", async () => {
  const stream = await listen();
  await done(rotateZoneKey(rig, NOTE, ZONE));
  await published();
  await done(setCredentialState(rig, NOTE, campus.card, "lost", null));
  await published();
  expect(kinds(stream)).toEqual(
    [
      ["hello", `zoneKeys ${ZONE},1 west,1`, "head", "delta", "head", "delta", "head"],
      [`zoneKeys ${ZONE},2`, "delta", "head"],
      ["delta", "head", "delta", "head"],
    ].flat(),
  );
});

test("who has left is not watched any more", async () => {
  const stream = await listen();
  stream.leave();
  expect([feed.streams.count, feed.hub.subscribers]).toEqual([0, 0]);
});

test("a controller that reads anew has joined, and has not left when the end of its old stream is noticed; with the last it has", async () => {
  const told: string[] = [];
  feed.streams.onJoined((id) => told.push(`${id} joined`));
  feed.streams.onLeft((id) => told.push(`${id} left`));
  const first = await listen();
  const second = await listen();
  first.leave();
  first.leave();
  expect(told).toEqual(["gate-house joined", "gate-house joined"]);
  second.leave();
  expect(told).toEqual(["gate-house joined", "gate-house joined", "gate-house left"]);
});
