import { bytesToHex, GLOBAL, kidBytes, makeHead, type Partition, type TrustList, unixSeconds, zonePartition } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import type { Hono } from "hono";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerEntrance } from "../controller-entrance.ts";
import { addController, revokeController } from "../controllers.ts";
import { setCredentialState } from "../credentials.ts";
import { approveReplacement } from "../enrolment.ts";
import { type CloudFeed, openCloudFeed } from "../feed/cloud-feed.ts";
import { numberNotifications, readNotifications } from "../notifications/notification.ts";
import { admitted } from "../rig/admitted.ts";
import { type CampusOfOne, campusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, done, NOTE, START } from "../rig/cloud-rig.ts";
import { waitingMachine } from "../rig/waiting-machine.ts";
import { AppliedBook, type FeedFork } from "./applied-book.ts";
import { fleetRoutes } from "./fleet-routes.ts";
import { FleetHolding, OFFLINE_MAX } from "./holding.ts";
import { feedForks, feedStatus, fleet, SILENT_AFTER_S } from "./fleet-status.ts";

const signer = nodeSigner(new Uint8Array(32).fill(7));
const stranger = nodeSigner(new Uint8Array(32).fill(6));
const key = { kid: 2, publicKey: signer.publicKey, usages: ["feed"], notBefore: unixSeconds(0), notAfter: unixSeconds(START + 1e8), ttlS: 0, status: "active" } as const; // prettier-ignore
const trustList: TrustList = { sequence: 1, issued: unixSeconds(START), validUntil: unixSeconds(START + 1e7), feedEpoch: 1, roots: { version: 1, threshold: 1, keys: [] }, keys: new Map([[2, key]]) }; // prettier-ignore
const gate = nodeSigner(new Uint8Array(32).fill(8));
const library = nodeSigner(new Uint8Array(32).fill(9));
const EAST = zonePartition(ZONE);

let rig: CloudRig;
let feed: CloudFeed;
let campus: CampusOfOne;
let app: Hono;
let entrance: ControllerEntrance;
let forks: FeedFork[];
beforeEach(async () => {
  rig = await cloudRig();
  forks = [];
  campus = await campusOfOne(rig);
  const keys = { kid: 2, signer, time: { kid: 2, signer }, trustList, trustLists: [] };
  feed = await openCloudFeed(rig, keys, { after: () => () => {} }, () => 0.5, () => {}); // prettier-ignore
  entrance = new ControllerEntrance(rig);
  app = fleetRoutes({ book: new AppliedBook({ cloud: rig, keys: () => keys, onFork: (fork) => forks.push(fork), onFailure: () => {} }), entrance });
  await feed.publisher.settled();
  await done(addController(rig, NOTE, { id: "gate-house", publicKey: gate.publicKey, zones: [ZONE] }));
  await done(addController(rig, NOTE, { id: "library", publicKey: library.publicKey, zones: [ZONE] }));
});
afterEach(async () => {
  await feed.close();
  await rig.close();
});

interface Told {
  readonly version?: number;
  readonly digest?: Uint8Array;
  readonly by?: typeof signer;
}
/** A partition as a controller tells it that holds what the cloud has published, but for some changes. */
async function told(partition: Partition, { version, digest, by = signer }: Told = {}) {
  const state = await feed.sequencer.state(rig.database.queries, partition);
  const now = unixSeconds(rig.now());
  const head = { partition, epoch: 1, version: version ?? state.version, digest: digest ?? state.digest, publish: state.publish, issued: now, expires: unixSeconds(now + 600), globalVersion: partition === GLOBAL ? null : 1, trustListSequence: 1 }; // prettier-ignore
  return {
    partition,
    epoch: 1,
    version: head.version,
    digest: bytesToHex(head.digest),
    publish: head.publish,
    head: bytesToHex(makeHead(rig.site, head, kidBytes(2), by)),
  };
}
async function tell(id: string, by: typeof gate, ...partitions: unknown[]): Promise<number> {
  const token = await admitted(rig, entrance, id, by);
  return (await app.request("/v1/applied", { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify({ partitions }) })).status;
}
const tellAll = async (id: string, by: typeof gate): Promise<number> => tell(id, by, await told(GLOBAL), await told(EAST));
async function loss(): Promise<void> {
  await done(setCredentialState(rig, NOTE, campus.card, "lost", null));
  feed.publisher.poke();
  await feed.publisher.settled();
}
const status = async (publish?: number) => {
  const { applied, of, missing } = await feedStatus(rig, publish);
  return [`${applied} of ${of}`, ...missing.map(({ id, lags }) => `${id}: ${lags.map(({ partition, version, wanted, since }) => `${partition} ${version}/${wanted.version} since ${since - START}`).join(", ")}`)]; // prettier-ignore
};

test("a publication is applied by those who say so; the others are missing since the first version that they have not", async () => {
  expect(await status()).toEqual(["0 of 2", `gate-house: ${EAST} 0/1 since 0`, `library: ${EAST} 0/1 since 0`]);
  expect([await tellAll("gate-house", gate), await tellAll("library", library)]).toEqual([204, 204]);
  const { publish: before } = await feedStatus(rig);
  expect(await status()).toEqual(["2 of 2"]);
  rig.pass(100);
  await loss();
  await tellAll("gate-house", gate);
  rig.pass(1_000);
  expect(await status()).toEqual(["1 of 2", `library: global 0/1 since 100, ${EAST} 1/2 since 100`]);
  expect(await status(before)).toEqual(["2 of 2"]);
  expect((await feedStatus(rig, 4_000_000)).publish).toBe(before + 1);
});

test("who was heard lately is connected, who was not is silent, and a revoked one is nobody that is waited for", async () => {
  await tellAll("gate-house", gate);
  const states = async () => (await fleet(rig)).map(({ id, state }) => `${id} ${state}`);
  expect(await states()).toEqual(["gate-house connected", "library never"]);
  rig.pass(SILENT_AFTER_S);
  expect(await states()).toEqual(["gate-house silent", "library never"]);
  await done(revokeController(rig, NOTE, "library"));
  expect([await states(), (await feedStatus(rig)).of]).toEqual([["gate-house silent", "library revoked"], 1]);
});

test("how far a change has come is counted as the status says it, with those that are off line, the longest first; a large fleet is read once a second", async () => {
  const holding = new FleetHolding(rig);
  const count = async (publish: number) => {
    const { applied, of, offline } = await holding.of(publish);
    return [`${applied} of ${of}`, ...offline.map(({ controller, heardAt }) => `${controller} ${heardAt === null ? "never" : heardAt - START}`)];
  };
  const { publish: before } = await feedStatus(rig);
  expect(await count(before)).toEqual(["0 of 2", "gate-house never", "library never"]);
  await tellAll("gate-house", gate);
  await tellAll("library", library);
  await loss();
  expect(await count(before + 1), "connected ones have it within moments").toEqual(["0 of 2"]);
  rig.pass(100);
  await tellAll("gate-house", gate);
  rig.pass(SILENT_AFTER_S - 100);
  expect([await count(before + 1), await count(before)]).toEqual([["1 of 2", "library 0"], ["2 of 2"]]);
  await rig.database.queries
    .insertInto("controller")
    .values(
      Array.from({ length: 250 }, (_, nth) => ({
        id: `c-${nth}`,
        public_key: Buffer.from(String(nth).padStart(32)),
        zones: '["east"]',
        added_at: 0,
        revoked_at: null,
        machine: 1,
        changed: 0,
      })),
    ) // prettier-ignore
    .execute();
  expect((await count(before + 1)).slice(0, 1)).toEqual(["1 of 252"]);
  expect((await holding.of(before + 1)).offline).toHaveLength(OFFLINE_MAX);
  await tellAll("library", library);
  expect((await count(before + 1))[0], "within the second").toBe("1 of 252");
  rig.pass(1);
  expect((await count(before + 1))[0]).toBe("2 of 252");
});

test("a machine that has taken another's place has applied nothing yet", async () => {
  await tellAll("gate-house", gate);
  const next = await waitingMachine(rig, "gate-house", 0x44);
  await done(approveReplacement(rig, NOTE, next.id, { words: next.words }));
  expect((await fleet(rig))[0]).toMatchObject({ id: "gate-house", machine: 2, state: "never", heardAt: null });
});

test("FeedFork: another digest for a version that was published, or a version that never was, is kept with its signed head, audited and told, once", async () => {
  const other = { digest: new Uint8Array(32).fill(0xee) };
  await tell("gate-house", gate, await told(GLOBAL), await told(EAST, other));
  await tell("gate-house", gate, await told(GLOBAL), await told(EAST, other));
  await tell("library", library, await told(EAST, { ...other, by: stranger }), await told(GLOBAL, { version: 9 }));
  while (await numberNotifications(rig.database));
  const { items } = await readNotifications(rig.database.queries, { after: 0, limit: 100, kinds: ["feed.forked"] });
  expect(items.map(({ body }) => body)).toEqual(forks.map(({ controller, partition, epoch, version, isProven, isAhead }) => ({ controller, partition, epoch, version, isProven, isAhead }))); // prettier-ignore
  expect(forks.map(({ controller, partition, version, isProven }) => [controller, partition, version, isProven])).toEqual([
    ["gate-house", EAST, 1, true],
    ["library", EAST, 1, false],
    ["library", GLOBAL, 9, true],
  ]);
  const kept = await feedForks(rig.database.queries);
  expect(kept.map(({ controller, digest, head }) => [controller, digest.slice(0, 4), head.length > 200])).toEqual([["gate-house", "eeee", true], ["library", "eeee", true], ["library", expect.any(String), true]]); // prettier-ignore
  const audit = await rig.database.queries.selectFrom("change_record").select(["target", "reason"]).where("action", "=", "feed fork").execute();
  expect(audit.map(({ target, reason }) => `${target}: ${reason.split(",")[0]}`)).toEqual(["controller gate-house: zone/east 1:1 proven", "controller library: zone/east 1:1 told", "controller library: global 1:9 proven"]); // prettier-ignore
});

test("nobody tells without a token, nor of a zone that is not theirs, nor anything that is no report", async () => {
  expect((await app.request("/v1/applied", { method: "POST", body: "{}" })).status).toBe(401);
  expect(await tell("gate-house", gate, await told(zonePartition("west"), { version: 3 }))).toBe(204);
  expect([forks, (await rig.database.queries.selectFrom("controller_applied").selectAll().execute()).length]).toEqual([[], 0]);
  for (const wrong of [null, {}, { ...(await told(EAST)), version: -1 }, { ...(await told(EAST)), digest: "00" }, { ...(await told(EAST)), partition: "east" }])
    expect(await tell("gate-house", gate, wrong)).toBe(400);
  expect(await tell("gate-house", gate, ...Array.from({ length: 18 }, () => null))).toBe(400);
});

test("a cloud that has gone back sees by name who holds more than it has published, and how far, until it is ahead itself", async () => {
  await loss();
  await tellAll("library", library);
  expect((await feedStatus(rig)).ahead).toEqual([]);
  await tell("gate-house", gate, await told(EAST, { version: 7, digest: new Uint8Array(32).fill(7) }), await told(GLOBAL));
  const { ahead } = await feedStatus(rig);
  expect(ahead.map(({ id, ahead: where }) => [id, where])).toEqual([
    ["gate-house", [{ partition: EAST, epoch: 1, version: 7, newest: { epoch: 1, version: 2 } }]],
  ]);
  expect(forks).toMatchObject([{ controller: "gate-house", version: 7, isAhead: true, isProven: true }]);
  expect((await fleet(rig)).map(({ id, ahead: where }) => [id, where.length])).toEqual([["gate-house", 1], ["library", 0]]); // prettier-ignore
  await tell("gate-house", gate, await told(EAST));
  expect((await feedStatus(rig)).ahead).toEqual([]);
});
