import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, eventOf, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { type Cloud, EventIntake, openSqlite } from "@portico/cloud-sync";
import { ControllerStore, type EventsAnswer, EventUpload } from "@portico/controller";
import { seededRandom, seededRandomBytes, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { afterEach, beforeEach, expect, test } from "vitest";

const SITE = "demo-campus";
const START_S = 1_788_220_800;
const ownKey = nodeSigner(new Uint8Array(32).fill(8));

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
let intake: EventIntake;
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
});
afterEach(async () => {
  upload.close();
  store.close();
  await cloud.database.close();
  rmSync(folder, { recursive: true });
});

async function startCloud(): Promise<void> {
  const database = await openSqlite(join(folder, "cloud.db"));
  cloud = { site: SITE, timeZone: "Asia/Shanghai", database, nowMs: () => START_S * 1_000 + time.monotonic(), randomBytes };
  intake = new EventIntake(cloud, ({ chain, seq }) => expect(`${chain} ${seq}`).toBe("no fork"));
}

function startController(): void {
  store = ControllerStore.open({ folder: join(folder, "data"), zone: "Asia/Shanghai", clock: time, randomBytes: (length) => new Uint8Array(length).fill(7) });
  upload = new EventUpload({
    site: SITE,
    controller: "gate-house",
    signer: ownKey,
    mark: store.upload,
    last: () => store.events.last(),
    onRecorded: (listener) => store.events.onEvent(listener),
    transport: { sendEvents },
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

/** The way up, on which things happen. What a killed controller is still told nobody hears. */
async function sendEvents(batch: Uint8Array): Promise<EventsAnswer> {
  const fate = fates.shift() ?? "arrives";
  befell.set(fate, (befell.get(fate) ?? 0) + 1);
  const lost = { kind: "unreachable", detail: "the connection broke" } as const;
  if (fate === "request lost") return lost;
  const answer = await intake.take({ controller: "gate-house", machine: 1, publicKey: ownKey.publicKey }, batch);
  if (fate === "cloud killed before the answer" || fate === "both killed before the answer") await killCloud();
  if (fate === "controller killed before the answer" || fate === "both killed before the answer") killController();
  if (fate !== "arrives") return lost;
  return answer.ok ? { kind: "acknowledged", end: answer.value } : { kind: "refused", ...answer };
}

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
