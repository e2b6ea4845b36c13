import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, eventOf, makeTrustList, type TrustedKey, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { addController, type Cloud, type CloudFront, cloudFront, CloudKeys, installTrustList, keyMemory, openSqlite, putZone } from "@portico/cloud-sync";
import { CloudConnection, type CloudExchange, ControllerStore, EventUpload } from "@portico/controller";
import { seededRandom, seededRandomBytes, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { afterEach, beforeEach, expect, test } from "vitest";

const SITE = "demo-campus";
const START_S = 1_788_220_800;
const NOTE = { actor: "test", action: "test", target: "", reason: "" };
const cloudKey = nodeSigner(new Uint8Array(32).fill(7));
const ownKey = nodeSigner(new Uint8Array(32).fill(8));
const root = nodeSigner(new Uint8Array(32).fill(9));

/** What befalls the next batch on its way. */
type Fate =
  | "arrives"
  | "request lost"
  | "answer lost"
  | "controller killed before the answer"
  | "cloud killed before the answer"
  | "both killed before the answer";
const FATES: readonly Fate[] = [
  "arrives",
  "request lost",
  "answer lost",
  "controller killed before the answer",
  "cloud killed before the answer",
  "both killed before the answer",
];

let folder: string;
let time: SimulatedClock;
let cloud: Cloud;
let front: CloudFront;
let keys: CloudKeys;
let store: ControllerStore;
let upload: EventUpload;
let random: () => number;
let randomBytes: (length: number) => Uint8Array;
let fates: Fate[];
let befell: Map<Fate, number>;
let recorded: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  time = simulatedClock(START_S);
  randomBytes = seededRandomBytes(seededRandom(9));
  [fates, befell, recorded, random] = [[], new Map(), 0, () => 0.5];
  await startCloud();
  for (const made of [
    await putZone(cloud, NOTE, "east", { zh: "东", en: "east" }),
    await addController(cloud, NOTE, { id: "gate-house", publicKey: ownKey.publicKey, zones: ["east"] }),
  ])
    if (!made.ok) throw new Error(made.detail);
  const signing: TrustedKey = { kid: 2, publicKey: cloudKey.publicKey, usages: ["feed", "time"], notBefore: unixSeconds(0), notAfter: unixSeconds(START_S + 1e8), ttlS: 0, status: "active" }; // prettier-ignore
  const roots = { version: 1, threshold: 1, keys: [root.publicKey] };
  const list = makeTrustList(SITE, { sequence: 1, feedEpoch: 1, issued: unixSeconds(START_S), validUntil: unixSeconds(START_S + 1e7), roots, keys: new Map([[2, signing]]) }, [root]); // prettier-ignore
  if (!list.ok) throw new Error(list.detail);
  await installTrustList(cloud, NOTE, list.value);
  await keys.refresh();
});
afterEach(async () => {
  upload.close();
  store.close();
  await cloud.database.close();
  rmSync(folder, { recursive: true });
});

async function startCloud(): Promise<void> {
  cloud = {
    site: SITE,
    timeZone: "Asia/Shanghai",
    database: await openSqlite(join(folder, "cloud.db")),
    nowMs: () => START_S * 1_000 + time.monotonic(),
    randomBytes,
  };
  keys = await CloudKeys.open(cloud, keyMemory(cloudKey, randomBytes));
  front = await cloudFront({
    cloud,
    keys,
    clock: { after: () => () => {} },
    random,
    notificationSigner: cloudKey,
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    // One that was killed finds its store closed.
    onReport: (report) => expect(["unsigned", "unpublished"]).toContain(report.kind),
  });
}

function startController(): void {
  store = ControllerStore.open({ folder: join(folder, "data"), zone: "Asia/Shanghai", clock: time, randomBytes: (length) => new Uint8Array(length).fill(7) });
  const connection = new CloudConnection(
    { url: "http://cloud.virtual", site: SITE, controller: "gate-house", signer: ownKey, clock: time, onZoneKeys: () => {} },
    exchange,
  );
  upload = new EventUpload({
    site: SITE,
    controller: "gate-house",
    signer: ownKey,
    mark: store.upload,
    last: () => store.events.last(),
    onRecorded: (listener) => store.events.onEvent(listener),
    transport: connection,
    clock: time,
    now: () => unixSeconds(START_S),
    random,
    onRefused: (error, detail) => expect(`${error}: ${detail}`).toBe("never refused"),
  });
  upload.start();
}
function killController(): void {
  upload.close();
  store.close();
  startController();
}
async function killCloud(): Promise<void> {
  await cloud.database.close();
  await startCloud();
}

const exchange: CloudExchange = ({ method, path, authorization, body }, listener) => {
  let isOver = false;
  const carry = async (): Promise<void> => {
    await Promise.resolve(); // nothing is told before the exchange has returned
    const fate = path === "/v1/events" ? (fates.shift() ?? "arrives") : "arrives";
    befell.set(fate, (befell.get(fate) ?? 0) + 1);
    if (fate === "request lost") return listener.onFailure("the connection broke");
    const headers = authorization === undefined ? {} : { authorization };
    const response = await front.fetch(new Request(`http://cloud.virtual${path}`, { method, headers, ...(body === undefined ? {} : { body: body.slice() }) }));
    const answer = new Uint8Array(await response.arrayBuffer());
    if (fate === "cloud killed before the answer" || fate === "both killed before the answer") await killCloud();
    if (fate === "controller killed before the answer" || fate === "both killed before the answer") return killController();
    if (isOver) return;
    if (fate !== "arrives") return listener.onFailure("the connection broke");
    listener.onHead(response.status, undefined);
    listener.onBytes(answer);
    listener.onEnd();
  };
  void carry();
  return () => (isOver = true);
};

/** Lets time pass, and everything that waits for no time happen, until it holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let step = 0; step < 5_000; step++) {
    if (holds()) return;
    await time.pass(250);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`it never came: ${JSON.stringify(upload.status())}`);
}
function record(count: number): void {
  for (let nth = 0; nth < count; nth++)
    store.events.append(eventOf("RequestToExit", { door: `door-${++recorded}` }), { at: unixSeconds(START_S + recorded), ms: 0 });
}
/** What the controller has and what the cloud keeps are the same bytes, each once. */
async function expectTheSame(): Promise<void> {
  const own = store.events.read({ after: 0, limit: 100_000 }).map(({ bytes }) => bytesToHex(bytes));
  const rows = await cloud.database.queries.selectFrom("controller_event").select("record").orderBy("seq").execute();
  expect(rows.map(({ record: bytes }) => bytesToHex(new Uint8Array(bytes)))).toEqual(own);
  expect([own.length, (await cloud.database.queries.selectFrom("event_chain").selectAll().execute()).length]).toEqual([recorded, 1]);
  expect((await cloud.database.queries.selectFrom("event_fork").selectAll().execute()).length).toBe(0);
}

test.each(FATES)("a batch that %s is with the cloud once and whole", async (fate) => {
  fates = [fate, fate];
  startController();
  record(40);
  await until(() => upload.status().uploaded === recorded);
  record(3);
  await until(() => upload.status().uploaded === recorded);
  await expectTheSame();
  expect(befell.get(fate)).toBeGreaterThanOrEqual(2);
});

test.each([1, 2, 3])("whatever befalls which batch, nothing is lost and nothing stands twice (seed %i)", async (seed) => {
  random = seededRandom(seed);
  startController();
  for (let round = 0; round < 12; round++) {
    fates = Array.from({ length: 4 }, () => FATES[Math.floor(random() * FATES.length)]!);
    record(1 + Math.floor(random() * 400));
    await until(() => upload.status().uploaded === recorded);
  }
  await expectTheSame();
  expect(befell.size).toBeGreaterThan(4);
});
