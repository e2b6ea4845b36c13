import {
  bytesToHex,
  GLOBAL,
  hexToBytes,
  makePossession,
  ok,
  type Partition,
  readTimeFrame,
  type TrustList,
  unixSeconds,
  zonePartition,
} from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerEntrance } from "../controller-entrance.ts";
import { addController } from "../controllers.ts";
import { setCredentialState } from "../credentials.ts";
import { type CampusOfOne, campusOfOne, ZONE } from "../rig/campus-of-one.ts";
import { type CloudRig, cloudRig, done, NOTE, START } from "../rig/cloud-rig.ts";
import { FeedFollower } from "../rig/feed-follower.ts";
import { type CloudFeed, openCloudFeed } from "./cloud-feed.ts";
import { feedRoutes } from "./feed-routes.ts";

const signer = nodeSigner(new Uint8Array(32).fill(7));
const gate = nodeSigner(new Uint8Array(32).fill(8));
const stranger = nodeSigner(new Uint8Array(32).fill(9));
const trustList: TrustList = { sequence: 1, issued: unixSeconds(START), validUntil: unixSeconds(START + 1e7), feedEpoch: 1, roots: { version: 1, threshold: 1, keys: [] }, keys: new Map() }; // prettier-ignore
const EAST = zonePartition(ZONE);

let rig: CloudRig;
let feed: CloudFeed;
let campus: CampusOfOne;
let app: ReturnType<typeof feedRoutes>;
beforeEach(async () => {
  rig = await cloudRig();
  campus = await campusOfOne(rig);
  const keys = { kid: 2, signer, time: { kid: 3, signer }, trustList, trustLists: [] };
  feed = await openCloudFeed(rig, keys, { after: () => () => {} }, () => 0.5, () => {}); // prettier-ignore
  app = feedRoutes({ cloud: rig, feed, entrance: new ControllerEntrance(rig), configurations: { joined: () => Promise.resolve(undefined) } });
  await done(addController(rig, NOTE, { id: "gate-house", publicKey: gate.publicKey, zones: [ZONE] }));
  await feed.publisher.settled();
});
afterEach(async () => {
  await feed.close();
  await rig.close();
});

async function challenge(id = "gate-house"): Promise<string> {
  return ((await (await app.request(`/v1/controllers/${id}/challenge`, { method: "POST" })).json()) as { nonce: string }).nonce;
}
const prove = (nonce: string, by = gate, id = "gate-house", site = rig.site): Uint8Array<ArrayBuffer> =>
  makePossession(site, { nonce: hexToBytes(nonce)!, person: id }, by).slice();
const show = async (nonce: string, proof: Uint8Array<ArrayBuffer>, id = "gate-house") =>
  app.request(`/v1/controllers/${id}/token`, { method: "POST", headers: { authorization: `Challenge ${nonce}` }, body: proof });
async function token(): Promise<string> {
  const nonce = await challenge();
  return ((await (await show(nonce, prove(nonce))).json()) as { token: string }).token;
}
const asked = async (path: string, bearer?: string, body?: Uint8Array<ArrayBuffer>) =>
  app.request(path, { method: body === undefined ? "GET" : "POST", headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }, ...(body === undefined ? {} : { body }) }); // prettier-ignore
const reasonOf = async (response: Response): Promise<string> => `${response.status} ${((await response.json()) as { reason: string }).reason}`;
const FEED = `/v1/feed?p=${GLOBAL}:1:0&p=${EAST}:1:0&t=1`;

test("a controller that shows its key gets a token for an hour, and the keys of its zones", async () => {
  const nonce = await challenge();
  const response = await show(nonce, prove(nonce));
  expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
  const told = (await response.json()) as { token: string; expiresAt: number; zones: { zone: string; keyGeneration: number; key: string }[] };
  const { key } = await rig.database.queries.selectFrom("zone").select("key").executeTakeFirstOrThrow();
  expect(told).toEqual({ token: expect.stringMatching(/^[0-9a-f]{64}$/), expiresAt: START + 3_600, zones: [{ zone: ZONE, keyGeneration: 1, key: bytesToHex(new Uint8Array(key)) }] }); // prettier-ignore
  expect((await asked(FEED, told.token)).status).toBe(200);
  rig.pass(3_600);
  expect(await reasonOf(await asked(FEED, told.token))).toBe("401 TokenRefused");
});

test.each([
  ["a stranger's key", (nonce: string) => prove(nonce, stranger)],
  ["another controller's name", (nonce: string) => prove(nonce, gate, "library")],
  ["another site", (nonce: string) => prove(nonce, gate, "gate-house", "campus-west")],
  ["another challenge", () => prove("00".repeat(32))],
  ["nothing", () => new Uint8Array(0)],
])("no token for a proof with %s", async (_, make) => {
  const nonce = await challenge();
  expect(await reasonOf(await show(nonce, make(nonce)))).toBe("401 SignatureRefused");
});

test("a challenge is good once, for a minute, for the one who asked; an unknown controller hears one too and gets nothing for it", async () => {
  const nonce = await challenge();
  expect(await reasonOf(await show(nonce, prove(nonce, stranger)))).toBe("401 SignatureRefused");
  expect((await show(nonce, prove(nonce))).status, "what a stranger shows spends nothing").toBe(200);
  expect(await reasonOf(await show(nonce, prove(nonce)))).toBe("401 SignatureRefused");
  const late = await challenge();
  rig.pass(60);
  expect(await reasonOf(await show(late, prove(late)))).toBe("401 SignatureRefused");
  const unknown = await challenge("nobody");
  expect(await reasonOf(await show(unknown, prove(unknown, gate, "nobody"), "nobody"))).toBe("401 SignatureRefused");
  expect(await reasonOf(await show("xyz", prove("00".repeat(32))))).toBe("400 RequestMalformed");
});

test("a revoked controller's token opens nothing any more", async () => {
  const bearer = await token();
  await rig.database.queries.updateTable("controller").set({ revoked_at: START }).execute();
  expect(await reasonOf(await asked(FEED, bearer))).toBe("401 TokenRefused");
  const nonce = await challenge();
  expect(await reasonOf(await show(nonce, prove(nonce)))).toBe("401 SignatureRefused");
});

async function read(response: Response, into: FeedFollower, frames: number): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const reader = response.body!.getReader();
  while (into.frames.length < frames) {
    const { value, done: isOver } = await reader.read();
    if (isOver) break;
    into.write(value);
  }
  return reader;
}
const PARTITIONS: readonly Partition[] = [GLOBAL, EAST];
const follower = (): FeedFollower => new FeedFollower(rig.site, signer.publicKey, (sha256) => feed.snapshots.chunk(sha256, PARTITIONS));

test("the feed says what was missed and then what is new, and ends when the reader goes", async () => {
  const bearer = await token();
  const response = await asked(FEED, bearer);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/cbor-seq"]);
  const one = follower();
  const reader = await read(response, one, 5);
  await done(setCredentialState(rig, NOTE, campus.card, "lost", null));
  feed.publisher.poke();
  while (one.frames.length < 9) one.write((await reader.read()).value!);
  expect(one.frames.map(({ kind }) => kind)).toEqual(["hello", "zoneKeys", "head", "delta", "head", "delta", "head", "delta", "head"]);
  expect(feed.hub.subscribers).toBe(1);
  await reader.cancel();
  expect(feed.hub.subscribers).toBe(0);
});

test("a snapshot's chunks are had by name with the token alone", async () => {
  const bearer = await token();
  const { chunks } = await feed.snapshots.of(EAST);
  const [name] = chunks.keys();
  const response = await asked(`/v1/chunk/${name}`, bearer);
  expect([response.status, new Uint8Array(await response.arrayBuffer())]).toEqual([200, new Uint8Array(chunks.get(name!)!)]);
  expect(await reasonOf(await asked(`/v1/chunk/${name}`))).toBe("401 TokenRefused");
  expect(await reasonOf(await asked(`/v1/chunk/${"0".repeat(64)}`, bearer))).toBe("404 ChunkUnknown");
});

test("a controller follows its own zones alone", async () => {
  const bearer = await token();
  expect(await reasonOf(await asked(`/v1/feed?p=zone/west:1:0`, bearer))).toBe("403 PartitionForbidden");
});

test.each([
  "",
  "?p=east:1:0",
  "?p=global",
  "?p=global:1:0&p=global:1:0",
  "?p=global:1:-1",
  "?p=global:1:0&t=x",
  `?${Array.from({ length: 18 }, (_, nth) => `p=zone/z${nth}:1:0`).join("&")}`,
])("a position that is none is malformed: %s", async (query) => {
  expect(await reasonOf(await asked(`/v1/feed${query}`, await token()))).toBe("400 RequestMalformed");
});

test("the time is signed for the controller and the nonce that asked", async () => {
  const bearer = await token();
  rig.pass(5);
  const nonce = new Uint8Array(16).fill(4);
  const response = await asked("/v1/time", bearer, nonce);
  const frame = new Uint8Array(await response.arrayBuffer());
  expect(readTimeFrame(frame, rig.site, { controller: "gate-house", nonce }, () => ok(signer.publicKey), nodeVerifier)).toEqual({ ok: true, value: START + 5 });
  expect(await reasonOf(await asked("/v1/time", bearer, nonce.slice(1)))).toBe("400 RequestMalformed");
  expect(await reasonOf(await asked("/v1/time", undefined, nonce))).toBe("401 TokenRefused");
});

test("a subscriber that does not read is dropped when too much waits for it", async () => {
  await feed.publisher.settled();
  const reader = await read(await asked(FEED, await token()), follower(), 4);
  expect(feed.hub.subscribers).toBe(1);
  const { version, ...rest } = await feed.sequencer.state(rig.database.queries, EAST);
  // 120 kB a version, told to a reader that takes nothing.
  for (let round = 1; round <= 40 && feed.hub.subscribers > 0; round++)
    feed.hub.published(rest.publish + round, [{ state: { ...rest, version: version + round }, records: [new Uint8Array(131_072)] }]);
  expect(feed.hub.subscribers).toBe(0);
  await reader.cancel();
});
