import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FEED_TABLE, GLOBAL, makeTrustList, type Result, type TrustList, U32_MAX, unixSeconds, zonePartition } from "@portico/card-protocol";
import { nodeOpener, nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import {
  addApiKey,
  addController,
  type Changed,
  type Cloud,
  CloudClient,
  type CloudFront,
  cloudFront,
  CloudKeys,
  createGrant,
  installTrustList,
  issueCredential,
  keyMemory,
  openSqlite,
  putAccessPoint,
  putAccessProfile,
  putAudience,
  putPerson,
  putPolicy,
  putZone,
  revokeController,
  setCredentialState,
} from "@portico/cloud-sync";
import {
  CloudConnection,
  type CloudExchange,
  ControllerClock,
  ControllerStore,
  FeedStore,
  FeedSync,
  type FileTaken,
  takeSealedKeys,
  ZoneKeys,
} from "@portico/controller";
import { seededRandomBytes, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seeded } from "../src/seeded.ts";

const SITE = "demo-campus";
const START = 1_800_000_000;
const CARD = Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3);
const EAST = zonePartition("east");
const NOTE = { actor: "operator", action: "test", target: "", reason: "" };
const ALWAYS = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };
const names = { zh: "东门", en: "East gate" };
const CLOUD_SIGNER = nodeSigner(new Uint8Array(32).fill(7));
const cloudKey = { kid: 2, publicKey: CLOUD_SIGNER.publicKey, usages: ["feed", "time"], notBefore: unixSeconds(0), notAfter: unixSeconds(U32_MAX), ttlS: 0, status: "active" } as const; // prettier-ignore
const ROOT = nodeSigner(new Uint8Array(32).fill(5));
const roots = { version: 1, threshold: 1, keys: [ROOT.publicKey] };
const trustList: TrustList = { sequence: 1, issued: unixSeconds(START), validUntil: unixSeconds(U32_MAX), feedEpoch: 1, roots, keys: new Map([[2, cloudKey]]) };

function trustListBytes(): Uint8Array {
  const made = makeTrustList(SITE, trustList, [ROOT]);
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}

let clock: SimulatedClock;
let cloud: Cloud;
let front: CloudFront;
let controllers: Reader[];
let card: { readonly id: string };
beforeEach(async () => {
  clock = simulatedClock(START);
  controllers = [];
  const { drawn } = seeded(1);
  const database = await openSqlite(":memory:");
  cloud = { site: SITE, timeZone: "Asia/Shanghai", database, nowMs: () => START * 1000 + clock.monotonic(), randomBytes: seededRandomBytes(drawn("cloud")) };
  await done(installTrustList(cloud, NOTE, trustListBytes()));
  const keys = await CloudKeys.open(cloud, keyMemory(CLOUD_SIGNER, cloud.randomBytes));
  const onReport = (report: object): void => {
    throw new Error(JSON.stringify(report));
  };
  front = await cloudFront({
    attachmentFolder: "none",
    cloud,
    keys,
    clock,
    random: drawn("jitter"),
    notificationSigner: CLOUD_SIGNER,
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    onReport,
  });
  await campus();
});
afterEach(async () => {
  for (const controller of controllers) controller.end();
  await front.hangUp();
  await cloud.database.close();
});

async function done<T>(result: Promise<Result<Changed<T>, string>>): Promise<T> {
  const made = await result;
  if (!made.ok) throw new Error(`${made.error}: ${made.detail}`);
  return made.value.value;
}

/** A zone with a gate, and a student whose card opens it. */
async function campus(): Promise<void> {
  await done(putZone(cloud, NOTE, "east", names));
  await done(putAccessPoint(cloud, NOTE, { id: "east-gate", zone: "east", names, high: false }));
  await done(putAccessProfile(cloud, NOTE, { id: "gates", names, policies: [{ accessPoint: "east-gate", capability: "pass", schedule: "always" }] }));
  await done(putPolicy(cloud, NOTE, { id: "students", names }));
  const grant = { subject: { kind: "audience", id: "student" }, what: { kind: "profile", profile: "gates" }, validity: ALWAYS, source: { kind: "policy", id: "students" } } as const; // prettier-ignore
  await done(createGrant(cloud, NOTE, grant));
  const { id } = await done(putPerson(cloud, NOTE, undefined, { account: "zhang@example.edu", name: "张", phone: null, mail: null, flags: [], partySize: 1 }));
  await done(putAudience(cloud, NOTE, id, { audience: "student", validity: ALWAYS, sponsor: null }));
  card = await done(issueCredential(cloud, NOTE, id, { validity: ALWAYS, publicKey: null, takesIssuedUntil: null, kind: "card", number: CARD }));
}

/** What a reader of cards stands on: feed, store and keys of one controller, as shipped, on a line within the program. */
interface Reader {
  readonly held: () => number;
  readonly isConnected: () => boolean;
  /** Whether the student's card is found now. */
  readonly knows: () => boolean;
  /** A feed file, as somebody carries it there. */
  readonly takeFile: (bytes: Uint8Array) => Promise<FileTaken>;
  /** Revocations that every door of the campus refuses by. */
  readonly revocations: () => number;
  /** Of every moment in which a key or a list changed: whether the card was found. */
  readonly moments: boolean[];
  readonly end: () => void;
}

/** @param line  to the cloud */
async function reader(id: string, seed: number, line = exchange): Promise<Reader> {
  const { drawn } = seeded(seed);
  const randomBytes = seededRandomBytes(drawn("keys"));
  const signer = nodeSigner(new Uint8Array(32).fill(seed));
  await done(addController(cloud, NOTE, { id, publicKey: signer.publicKey, zones: ["east"] }));
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  const store = ControllerStore.open({ folder, zone: "Asia/Shanghai", clock, randomBytes });
  const time = new ControllerClock({
    clock,
    hostWallMs: cloud.nowMs,
    settings: { trustedBy: "system", uncertaintyS: 1, buildDate: unixSeconds(0) },
    batteryClock: () => undefined,
    kept: undefined,
    keep: () => {},
    onEvent: () => {},
  });
  time.start();
  const keys = new ZoneKeys(folder, randomBytes);
  const feedStore = new FeedStore(store.database);
  const moments: boolean[] = [];
  const look = (): void => void (feedStore.held(EAST) !== undefined && moments.push(knows()));
  const url = "http://cloud.virtual";
  const onZoneKeys = (delivered: readonly { readonly zone: string; readonly key: Uint8Array }[]): void => {
    for (const { zone, key } of delivered) keys.take(zone, key);
    look();
  };
  const fail = (error: unknown): never => {
    throw error;
  };
  const sync = new FeedSync({
    site: SITE,
    controller: id,
    zones: ["east"],
    accessPoints: [],
    timeZone: "Asia/Shanghai",
    store: feedStore,
    transport: new CloudConnection({ url, site: SITE, controller: id, signer, clock, onZoneKeys }, line),
    clock: time,
    random: drawn("jitter"),
    randomBytes,
    trustContext: { site: SITE, pinnedRoots: roots, verifier: nodeVerifier },
    trustList: () => trustList,
    takeTrustList: () => {},
    takeCommand: (record) => fail(record),
    onEvent: () => {},
    onFollowed: () => {},
    onWarning: fail,
    onFailure: fail,
  });
  const knows = (): boolean => keys.of("east").identities(CARD).some(({ token }) => sync.list("east").credentialByNumber("card", token) !== undefined); // prettier-ignore
  feedStore.onChange(look);
  sync.start();
  const made: Reader = {
    held: () => feedStore.held(EAST)?.version ?? 0,
    isConnected: () => sync.status("none").connection === "connected",
    knows,
    takeFile: (bytes) =>
      sync.takeFile(bytes, (sealed) =>
        takeSealedKeys(
          { site: SITE, controller: id, zones: ["east"], opener: nodeOpener(new Uint8Array(32).fill(seed), signer.publicKey), store: feedStore, keys },
          sealed,
        ),
      ),
    revocations: () => [...feedStore.items(GLOBAL, FEED_TABLE.revocation)].length,
    moments,
    end: () => {
      sync.close();
      time.close();
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
  controllers.push(made);
  return made;
}

/** A line without faults between a controller and the cloud. */
const exchange: CloudExchange = ({ method, path, authorization, body }, { onHead, onBytes, onEnd, onFailure }) => {
  const line = { isOver: false };
  let bytes: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const carry = async (): Promise<void> => {
    await Promise.resolve();
    const headers = authorization === undefined ? {} : { authorization };
    const response = await front.fetch(new Request(`http://cloud.virtual${path}`, { method, headers, body: body?.slice() ?? null }));
    if (line.isOver) return response.body?.cancel();
    onHead(response.status, undefined);
    bytes = response.body?.getReader();
    for (let read = await bytes?.read(); read !== undefined && !read.done && !line.isOver; read = await bytes?.read()) onBytes(read.value);
    if (!line.isOver) onEnd();
  };
  carry().catch((error: unknown) => line.isOver || onFailure((error as Error).message));
  return () => {
    line.isOver = true;
    void bytes?.cancel();
  };
};

test("a stolen controller is revoked: it hears nothing more, and at the one that remains no card is unknown for a moment while the zone's key changes", async () => {
  const [stolen, remains] = [await reader("library", 11), await reader("gate-house", 12)];
  expect(await clock.until(() => [stolen, remains].every((each) => each.knows() && each.isConnected()), 10_000)).toBe(true);
  const before = [stolen.held(), remains.held()];
  const byKey = async (): Promise<Uint8Array> => (await cloud.database.queries.selectFrom("zone").select("key").where("id", "=", "east").executeTakeFirstOrThrow()).key; // prettier-ignore
  const oldKey = await byKey();

  remains.moments.length = 0;
  await done(revokeController(cloud, NOTE, "library"));
  const revokedAt = clock.monotonic();
  front.publisher.poke();
  expect(await clock.until(() => !stolen.isConnected(), 2_000)).toBe(true);
  expect(await clock.until(() => remains.held() > before[1]!, 5_000)).toBe(true);
  expect(clock.monotonic() - revokedAt).toBeLessThan(2_000);

  // The key arrived, then the list.
  expect(remains.moments).toEqual([true, true]);
  await clock.pass(60_000);
  expect([remains.knows(), stolen.held(), stolen.isConnected()]).toEqual([true, before[0], false]);
  // The list of now knows the card by the new key alone: what the thief holds finds nobody in it.
  const tokenBy = (key: Uint8Array): string => createHmac("sha256", key).update(CARD).digest("hex").slice(0, 32);
  const tokens = await cloud.database.queries.selectFrom("feed_item").select("key").where("feed_partition", "=", EAST).execute();
  const listed = tokens.map(({ key }) => Buffer.from(key).toString("hex"));
  const newKey = await byKey();
  expect([oldKey, newKey].map((key) => listed.some((item) => item.endsWith(tokenBy(key))))).toEqual([false, true]);
});

test("a controller that no network reaches learns of a lost card from the cloud's own file, and takes no older one behind it", async () => {
  const signer = nodeSigner(new Uint8Array(32).fill(3));
  await done(addApiKey(cloud, NOTE, { name: "desk", actor: "desk", publicKey: signer.publicKey, scopes: ["controllers:write"] }));
  const fetch = (request: Request): Response | Promise<Response> => front.fetch(request);
  const client = new CloudClient({ url: "http://cloud.virtual", signer, nowMs: cloud.nowMs, randomBytes: cloud.randomBytes, fetch });
  const exported = async (controller?: string): Promise<Uint8Array> => {
    front.publisher.poke();
    await front.publisher.settled();
    const answer = await client.ask("GET /v1/feed/file", { query: { zones: "east", ...(controller === undefined ? {} : { controller }) } });
    if (!answer.ok) throw new Error(answer.problem.detail);
    return new Uint8Array(Buffer.from(answer.value.file, "base64"));
  };
  const alone = await reader("quarry", 13, (_, { onFailure }) => (void Promise.resolve().then(() => onFailure("no network")), () => {}));
  const taken = async (bytes: Uint8Array): Promise<string> => {
    let outcome: FileTaken | undefined;
    void alone.takeFile(bytes).then((made) => (outcome = made)); // prettier-ignore
    expect(await clock.until(() => outcome !== undefined, 10_000)).toBe(true);
    return outcome!.refusal?.error ?? "taken";
  };
  const before = await exported();
  expect([await taken(before), alone.held() > 0, alone.revocations(), alone.isConnected()]).toEqual(["taken", true, 0, false]);
  await done(setCredentialState(cloud, NOTE, card.id, "lost", null));
  const after = await exported();
  expect([await taken(after), alone.revocations()]).toEqual(["taken", 1]);
  expect([await taken(before), alone.revocations()]).toEqual(["FeedRollback", 1]);
  const altered = after.slice();
  altered[altered.length >> 1]! ^= 1;
  expect([await taken(altered), alone.revocations()]).toEqual([
    expect.stringMatching(/^(FeedDigest|SignatureInvalid|RecordMalformed|FeedMalformed|KeyUntrusted)$/),
    1,
  ]);
  // The zone's key changes while nobody reaches the controller: a file for it brings the new one, a file for another does not, and an old one no more.
  await done(setCredentialState(cloud, NOTE, card.id, "active", null));
  expect([await taken(await exported("quarry")), alone.knows()]).toEqual(["taken", true]);
  const old = await exported("quarry");
  await reader("library", 14);
  await done(revokeController(cloud, NOTE, "library"));
  expect([await taken(await exported()), alone.knows()]).toEqual(["taken", false]);
  await reader("gate-house", 15);
  expect([await taken(await exported("gate-house")), alone.knows()]).toEqual(["FeedTarget", false]);
  expect([await taken(await exported("quarry")), alone.knows()]).toEqual(["taken", true]);
  expect([await taken(old), alone.knows()]).toEqual(["FeedRollback", true]);
});
