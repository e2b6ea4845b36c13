import { concatBytes, encodeFeedFile, type FeedItem, GLOBAL, type SealedZoneKeys, type TrustList, unixSeconds, zonePartition } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accessPoint, FEED_NOW, FEED_SITE, FeedMaker, feedTrust, hello } from "../rig/feed-maker.ts";
import { START } from "../rig/people.ts";
import { RigStore } from "../rig/rig-store.ts";
import { FeedStore } from "../store/feed-store.ts";
import type { FileTaken } from "./feed-file.ts";
import { FeedSync } from "./feed-sync.ts";

const EAST = zonePartition("east");
const STRANGER = nodeSigner(new Uint8Array(32).fill(9));
const CREDENTIAL = "1eb73f7ee8a4244d";
const roots = { version: 1, threshold: 1, keys: [] };

let rig: RigStore;
let store: FeedStore;
let sync: FeedSync;
let events: string[];
let east: FeedMaker;
let everywhere: FeedMaker;
beforeEach(() => {
  rig = new RigStore();
  store = new FeedStore(rig.store.database);
  events = [];
  [east, everywhere] = [new FeedMaker(EAST), new FeedMaker(GLOBAL)];
  const trust: TrustList = { ...feedTrust(), roots };
  // A controller whose cloud is never reached.
  sync = new FeedSync({
    site: FEED_SITE,
    controller: "gate-house",
    zones: ["east"],
    accessPoints: [],
    timeZone: "Asia/Shanghai",
    store,
    transport: { open: () => () => {}, chunk: () => Promise.resolve(undefined), time: () => Promise.resolve(undefined), sendEvents: () => new Promise(() => {}), zoneKeys: () => Promise.resolve(), applied: () => Promise.resolve(false), revocations: () => Promise.resolve(false), commandOutcome: () => Promise.resolve(), askMoney: () => Promise.resolve({ outcome: "unreachable", detail: "" }), configurationOutcome: () => Promise.resolve() }, // prettier-ignore
    clock: rig.clock,
    random: () => 0.5,
    randomBytes: (length) => new Uint8Array(length),
    trustContext: { site: FEED_SITE, pinnedRoots: roots, verifier: nodeVerifier },
    trustList: () => trust,
    takeTrustList: () => {},
    takeCommand: () => undefined as never,
    onEvent: (event) => events.push(event.name === "FeedRefused" ? `${event.fields.partition}: ${event.fields.error}` : event.name),
    onFollowed: () => {},
    onWarning: () => {},
    onFailure: (error) => {
      throw error;
    },
  });
});
afterEach(() => {
  sync.close();
  rig.end();
});

const revocation: FeedItem = { table: "revocation", credential: CREDENTIAL, suspension: "CredentialLost", since: unixSeconds(START) };
/** What an honest cloud writes, but for some changes. */
function fileOf(
  frames: () => readonly Uint8Array[] = () => [everywhere.manifest(), everywhere.head(), east.manifest(), east.head()],
  sealed: readonly SealedZoneKeys[] = [],
): Uint8Array {
  const stream = concatBytes([hello(), ...frames()]);
  return encodeFeedFile({ stream, chunks: [...everywhere.chunks.values(), ...east.chunks.values()], sealed });
}
/** Time passes while a file is taken: its chunks wait for their turn. */
async function take(bytes: Uint8Array): Promise<FileTaken> {
  let isDone = false;
  const taken = sync.takeFile(bytes, (sealed) => (sealed.length === 0 ? undefined : { error: "FeedSealed", detail: "" })).finally(() => (isDone = true));
  await rig.time.until(() => isDone, 10_000);
  return taken;
}
const outcome = ({ partitions, refusal }: FileTaken): string[] => [...partitions.map(({ partition, before, version }) => `${partition} ${before} → ${version}`), refusal?.error ?? "taken"]; // prettier-ignore
const begin = (): void => {
  everywhere.delta([]);
  east.delta(Array.from({ length: 40 }, (_, number) => accessPoint(number)));
};

test("a controller that no network reaches gets a revocation from a file, and says how old the file's word is", async () => {
  begin();
  expect(outcome(await take(fileOf()))).toEqual(["global 0 → 1", "zone/east 0 → 1", "taken"]);
  everywhere.delta([revocation]);
  const taken = await take(fileOf());
  expect([outcome(taken), taken.partitions[0]!.issued]).toEqual([["global 1 → 2", "zone/east 1 → 1", "taken"], FEED_NOW]);
  expect([...store.items(GLOBAL, 16)]).toHaveLength(1);
  expect(events).toEqual([]);
});

test("zones' keys are asked for once the lists are taken, and a refusal of theirs leaves these taken", async () => {
  begin();
  const sealed = [{ controller: "gate-house", ephemeral: new Uint8Array(32), box: new Uint8Array(16) }];
  expect(outcome(await take(fileOf(undefined, sealed)))).toEqual(["global 0 → 1", "zone/east 0 → 1", "FeedSealed"]);
  expect(events).toEqual(["zone keys: FeedSealed"]);
});

test("an old file is refused as FeedRollback, and the list in force stays", async () => {
  begin();
  const old = fileOf();
  everywhere.delta([revocation]);
  await take(fileOf());
  expect(outcome(await take(old))).toEqual(["global 2 → 2", "zone/east 1 → 1", "FeedRollback"]);
  expect([[...store.items(GLOBAL, 16)].length, events]).toEqual([1, ["global: FeedRollback"]]);
});

test.each<[string, string, () => Uint8Array]>([
  ["what is no feed file", "FeedMalformed", () => Uint8Array.of(1, 2, 3)],
  ["a file of another site", "FeedTarget", () => encodeFeedFile({ stream: hello("campus-west"), chunks: [], sealed: [] })],
  ["a zone that this controller does not follow", "FeedTarget", () => ((east = new FeedMaker(zonePartition("west"))), begin(), fileOf())],
  ["a list that no key of the trust list has signed", "SignatureInvalid", () => ((east = new FeedMaker(EAST, STRANGER)), begin(), fileOf())],
  ["a chunk with one flipped bit", "FeedDigest", () => (begin(), spoiltChunk())],
  ["a head without its list", "FeedGap", () => (begin(), fileOf(() => [east.head()]))],
])("%s is refused as %s, recorded, and nothing of it is in force", async (_, error, make) => {
  const taken = await take(make());
  expect([taken.refusal?.error, store.held(EAST), events.map((event) => event.split(": ")[1])]).toEqual([error, undefined, [error]]);
});

const itemsKept = (): unknown => rig.store.database.prepare("SELECT count(*) FROM feed_item").pluck().get();

test("of a list that another replaced, and of one that was given up halfway, nothing stays on the disk", async () => {
  begin();
  await take(fileOf());
  const items = itemsKept();
  east.delta([accessPoint(7, "another")]);
  await take(fileOf());
  expect(await rig.time.until(() => itemsKept() === items, 1_000)).toBe(true);
  const lacksAChunk = encodeFeedFile({ stream: concatBytes([hello(), largeManifest()]), chunks: [...east.chunks.values()].slice(0, -1), sealed: [] });
  expect(outcome(await take(lacksAChunk))).toEqual(["global 1 → 1", "zone/east 2 → 2", "FeedDigest"]);
  expect(await rig.time.until(() => itemsKept() === items, 1_000)).toBe(true);
  expect([store.held(EAST)?.version, [...store.items(EAST, 6)].length]).toEqual([2, 40]);
});

/** Of a list of more than one chunk. */
function largeManifest(): Uint8Array {
  east.delta(Array.from({ length: 6_000 }, (_, number) => accessPoint(number, `gate-${number}-${"x".repeat(50)}`)));
  east.chunks.clear();
  const manifest = east.manifest();
  expect(east.chunks.size).toBeGreaterThan(1);
  return manifest;
}

function spoiltChunk(): Uint8Array {
  const frames = concatBytes([hello(), east.manifest(), east.head()]);
  const [first, ...rest] = [...east.chunks.values()].map((chunk) => chunk.slice());
  first![first!.length - 1]! ^= 1;
  return encodeFeedFile({ stream: frames, chunks: [first!, ...rest], sealed: [] });
}
