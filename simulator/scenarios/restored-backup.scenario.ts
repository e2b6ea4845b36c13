import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControllerEvent, GLOBAL, makeTrustList, type Signer, type TrustedKey, type TrustList, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import {
  addApiKey,
  addController,
  type Changed,
  type Cloud,
  CloudClient,
  cloudFront,
  type CloudFront,
  CloudKeys,
  createGrant,
  installTrustList,
  issueCredential,
  keyMemory,
  type KeyPlace,
  openSqlite,
  putAccessPoint,
  putAccessProfile,
  putPerson,
  putZone,
  type Scope,
  SCOPES,
  setCredentialState,
} from "@portico/cloud-sync";
import type { Result } from "@portico/card-protocol";
import { CloudConnection, type CloudExchange, ControllerClock, ControllerDatabase, FeedStore, FeedSync } from "@portico/controller";
import { type SimulatedClock, seededRandom, seededRandomBytes, simulatedClock } from "@portico/firmware-ts";
import { afterEach, beforeEach, expect, test } from "vitest";

const SITE = "demo-campus";
const START = 1_799_625_600;
const ALWAYS = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };
const NOTE = { actor: "operator", action: "test", target: "", reason: "backup of Monday" };
const root = nodeSigner(new Uint8Array(32).fill(1));
const operator = nodeSigner(new Uint8Array(32).fill(2));
const seedOf = (n: number): Signer => nodeSigner(new Uint8Array(32).fill(n));

let folder: string;
let clock: SimulatedClock;
let cloud: Cloud;
let keys: CloudKeys;
let place: KeyPlace;
let front: CloudFront | undefined;
let api: CloudClient;
/** By name, as they were given. */
let cards: Record<string, string>;
/** Cards that nobody may pass with any more: looked for at each version that a controller applies. */
let revoked: Set<string>;
let doors: Door[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-backup-"));
  clock = simulatedClock(START);
  [cards, revoked, doors] = [{}, new Set(), []];
  place = keyMemory(seedOf(3), seededRandomBytes(seededRandom(9)));
  await open(join(folder, "cloud.db"));
  await done(putZone(cloud, NOTE, "east", { zh: "东", en: "East" }));
  await done(putAccessPoint(cloud, NOTE, { id: "gate", zone: "east", names: { zh: "门", en: "Gate" }, high: false }));
  const policies = [{ accessPoint: "gate", capability: "pass", schedule: "always" } as const];
  await done(putAccessProfile(cloud, NOTE, { id: "gates", names: { zh: "门", en: "Gates" }, policies }));
  await done(addApiKey(cloud, NOTE, { name: "operator", actor: "operator", publicKey: operator.publicKey, scopes: Object.keys(SCOPES) as Scope[] }));
  for (const [nth, id] of ["front", "back"].entries()) await done(addController(cloud, NOTE, { id, publicKey: seedOf(20 + nth).publicKey, zones: ["east"] }));
  for (const name of ["zhang", "li", "wang"]) await give(name);
  await done(installTrustList(cloud, NOTE, listOf(1, 1, [key(1, 3, "active")])));
  await keys.refresh();
  await clock.pass(1_000);
});
afterEach(async () => {
  for (const door of doors) door.end();
  await front?.hangUp();
  await cloud.database.close();
  rmSync(folder, { recursive: true });
});

const key = (kid: number, seed: number, status: TrustedKey["status"], publicKey = seedOf(seed).publicKey): TrustedKey => ({ kid, publicKey, usages: ["feed", "time", "command"], notBefore: unixSeconds(0), notAfter: unixSeconds(U32_MAX), ttlS: 0, status }); // prettier-ignore
function listOf(sequence: number, feedEpoch: number, list: readonly TrustedKey[]): Uint8Array {
  const roots = { version: 1, threshold: 1, keys: [root.publicKey] };
  const made = makeTrustList(SITE, { sequence, feedEpoch, issued: unixSeconds(START), validUntil: unixSeconds(START + 1e8), roots, keys: new Map(list.map((each) => [each.kid, each])) }, [root]); // prettier-ignore
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}
async function done<T>(result: Promise<Result<Changed<T>, string>>): Promise<T> {
  const made = await result;
  if (!made.ok) throw new Error(`${made.error}: ${made.detail}`);
  return made.value.value;
}
const nowMs = (): number => START * 1000 + clock.monotonic();

/** The cloud's program starts on a store. */
async function open(path: string): Promise<void> {
  const database = await openSqlite(path);
  // Another run never draws what one before has drawn: a restored cloud gives other ids.
  const randomBytes = seededRandomBytes(seededRandom(doors.length + clock.monotonic() + 1));
  cloud = { site: SITE, timeZone: "Asia/Shanghai", database, nowMs, randomBytes };
  keys = await CloudKeys.open(cloud, place);
  front = await cloudFront({ attachmentFolder: "none", cloud, keys, clock, random: () => 0.5, notificationSigner: nodeSigner(new Uint8Array(32)), fetch: () => Promise.reject(new TypeError("fetch failed")), onReport: (report) => { if (!["unsigned", "fork"].includes(report.kind)) throw new Error(JSON.stringify(report)); } }); // prettier-ignore
  api = new CloudClient({ url: "http://cloud", signer: operator, nowMs, randomBytes, fetch: async (request) => front!.fetch(request) });
}
async function close(): Promise<void> {
  const leaving = front!;
  front = undefined;
  await leaving.hangUp();
  await cloud.database.close();
}
async function give(name: string): Promise<void> {
  const { id: person } = await done(putPerson(cloud, NOTE, undefined, { account: `${name}@example.edu`, name, phone: null, mail: null, flags: [], partySize: 1 })); // prettier-ignore
  const card = await done(issueCredential(cloud, NOTE, person, { kind: "qr", validity: ALWAYS, publicKey: null, takesIssuedUntil: null, number: null }));
  await done(createGrant(cloud, NOTE, { subject: { kind: "person", id: person }, what: { kind: "profile", profile: "gates" }, validity: ALWAYS, source: { kind: "operator" } })); // prettier-ignore
  cards[name] = card.id;
}
/** As an operator does it; the doors hear of it. */
async function state(name: string, to: "lost" | "active"): Promise<void> {
  await done(setCredentialState(cloud, NOTE, cards[name]!, to, null));
  front!.publisher.poke();
  await front!.publisher.settled();
}

/** What of a controller stands between the feed and a decision, over a line that can be cut. */
class Door {
  readonly events: ControllerEvent[] = [];
  isCut = false;
  readonly #store: FeedStore;
  readonly #database: ControllerDatabase;
  readonly #sync: FeedSync;
  #trustList: TrustList = { sequence: 0, issued: unixSeconds(0), validUntil: unixSeconds(0), feedEpoch: 0, roots: { version: 1, threshold: 1, keys: [root.publicKey] }, keys: new Map() }; // prettier-ignore
  readonly #connections = new Set<() => void>();

  constructor(id: string, seed: number) {
    mkdirSync(join(folder, id));
    this.#database = ControllerDatabase.open(join(folder, id, "controller.db"));
    this.#store = new FeedStore(this.#database);
    const time = new ControllerClock({
      clock,
      hostWallMs: nowMs,
      settings: { trustedBy: "system", uncertaintyS: 1, buildDate: unixSeconds(START - 86_400) },
      batteryClock: () => undefined,
      kept: undefined,
      keep: () => {},
      onEvent: () => {},
    });
    time.start();
    const never = (error: unknown): never => {
      throw error instanceof Error ? error : new Error(String(error));
    };
    const options = { url: "http://cloud", site: SITE, controller: id, signer: seedOf(seed), clock, onZoneKeys: () => {} };
    this.#sync = new FeedSync({
      site: SITE,
      controller: id,
      zones: ["east"],
      accessPoints: [],
      timeZone: "Asia/Shanghai",
      store: this.#store,
      transport: new CloudConnection(options, this.#exchange),
      clock: time,
      random: seededRandom(seed),
      randomBytes: seededRandomBytes(seededRandom(seed)),
      trustContext: { site: SITE, pinnedRoots: this.#trustList.roots, verifier: nodeVerifier },
      trustList: () => this.#trustList,
      takeTrustList: (list) => (this.#trustList = list),
      takeCommand: () => never("no command here"),
      onEvent: (event) => this.events.push(event),
      onFollowed: () => {},
      onWarning: never,
      onFailure: never,
    });
    this.#store.onChange(() => this.look());
    this.#sync.start();
  }

  /** Whether somebody passes with a card; undefined: the card is not known. */
  passes(name: string): boolean | undefined {
    const list = this.#sync.list("east");
    const credential = list.credential(cards[name]!);
    return credential && credential.suspension === undefined && list.permissions(cards[name]!, "gate").length > 0;
  }

  look(): void {
    for (const name of revoked) if (this.passes(name) === true) throw new Error(`${name} was revoked and passes`);
  }

  get at(): string {
    const held = this.#store.held(GLOBAL);
    return `${held?.epoch ?? 0}:${held?.version ?? 0}`;
  }
  /** Whether a head has vouched for what it holds of `global`. */
  get isVouched(): boolean {
    return this.#store.held(GLOBAL)?.confirmed !== null && this.#store.held(GLOBAL) !== undefined;
  }
  get kept(): number {
    return this.#store.kept.all().length;
  }
  refusals(): string[] {
    return [...new Set(this.events.flatMap(({ name, fields }) => (name === "FeedRefused" && "error" in fields ? [fields.error] : [])))];
  }

  cut(): void {
    this.isCut = true;
    for (const fail of Array.from(this.#connections)) fail();
  }
  end(): void {
    this.#sync.close();
    this.#database.close();
  }

  readonly #exchange: CloudExchange = ({ method, path, authorization, body }, { onHead, onBytes, onEnd, onFailure }) => {
    let isOver = false;
    const over = (tell: () => void): void => {
      if (isOver) return;
      isOver = true;
      this.#connections.delete(broken);
      tell();
    };
    const hasEnded = (): boolean => isOver;
    const broken = (): void => over(() => onFailure("the connection broke"));
    this.#connections.add(broken);
    const carry = async (): Promise<void> => {
      await Promise.resolve();
      if (this.isCut || front === undefined) return broken();
      const headers = authorization === undefined ? {} : { authorization };
      const response = await front.fetch(new Request(`http://cloud${path}`, { method, headers, ...(body === undefined ? {} : { body: body.slice() }) }));
      if (isOver) return;
      onHead(response.status, undefined);
      const reader = response.body?.getReader();
      for (let read = await reader?.read(); read?.done === false && !hasEnded(); read = await reader?.read()) onBytes(read.value);
      over(onEnd);
    };
    carry().catch(() => broken());
    return () => over(() => {});
  };
}
function door(id: string, seed: number): Door {
  const made = new Door(id, seed);
  doors.push(made);
  return made;
}
const until = async (what: string, holds: () => boolean): Promise<void> => {
  if (!(await clock.until(holds, 180_000))) throw new Error(`${what}: never; ${doors.map(({ at, events }) => `${at} ${JSON.stringify(events.slice(-3))}`).join("; ")}`); // prettier-ignore
};

test("restored backup: doors refuse it, tell what they know, and nobody who was revoked passes at any moment", async () => {
  const [near, far] = [door("front", 20), door("back", 21)];
  await state("zhang", "lost");
  revoked.add("zhang");
  await until("both follow", () => [near, far].every((each) => each.passes("li") === true && each.passes("zhang") === false));
  // The backup is taken.
  await close();
  const { copyFileSync } = await import("node:fs");
  copyFileSync(join(folder, "cloud.db"), join(folder, "backup.db"));
  await open(join(folder, "cloud.db"));
  // What happens behind it: a card is lost, another is given and lost too. Then one door is cut off.
  await state("li", "lost");
  await give("chen");
  await state("chen", "lost");
  for (const name of ["li", "chen"]) revoked.add(name);
  await until("both know", () => [near, far].every((each) => each.passes("li") === false && each.passes("chen") === false));
  far.cut();
  // The disk of the cloud dies.
  await close();
  await clock.pass(30_000);
  await open(join(folder, "backup.db"));
  const before = near.at;
  await until("the door refuses", () => near.refusals().length > 0);
  await clock.pass(60_000);
  expect([near.refusals(), near.at, near.passes("wang")]).toEqual([["FeedRollback"], before, true]);
  const standing = await api.ask("GET /v1/feed/epoch", {});
  expect(standing).toMatchObject({ ok: true, value: { epoch: 1, reports: [{ controller: "front" }], silent: ["back"] } });
  expect(standing.ok && standing.value.unknown.map(({ credential }) => credential).sort()).toEqual([cards["li"]!, cards["chen"]!].sort());

  // An epoch does not begin while doors know what the cloud has forgotten.
  const [fresh, retired] = [place.make(), key(1, 3, "retired")];
  const list = Buffer.from(listOf(2, 2, [retired, key(2, 0, "active", fresh)])).toString("hex");
  expect(await api.ask("POST /v1/trust-lists", { body: { list } }, { reason: "too early" })).toMatchObject({
    ok: false,
    problem: { reason: "AdoptionRequired" },
  });
  const adopted = await api.ask("POST /v1/feed/epoch/adopt", {}, { reason: "backup of Monday" });
  expect(adopted).toMatchObject({ ok: true, value: { value: { adopted: 2 } } });
  expect(await api.ask("POST /v1/trust-lists", { body: { list } }, { reason: "backup of Monday" })).toMatchObject({
    ok: true,
    value: { value: { feedEpoch: 2 } },
  });
  await until("the door begins anew", () => near.at.startsWith("2:"));
  expect([near.passes("wang"), near.passes("li"), near.passes("zhang"), near.kept]).toEqual([true, false, false, 0]);

  // The door that was away has its own revocations until it is told.
  far.look();
  far.isCut = false;
  await until("the other door follows", () => far.at.startsWith("2:"));
  expect([far.passes("wang"), far.passes("li"), far.kept]).toEqual([true, false, 0]);

  // What comes back is named: a card that the cloud knows by its return, one that it does not by hand.
  revoked.delete("li");
  await state("li", "active");
  await until("the card is returned at both", () => [near, far].every((each) => each.passes("li") === true));
  expect([near, far].map((each) => each.passes("zhang"))).toEqual([false, false]);
  expect(await api.ask("POST /v1/adopted-revocations/{id}/lift", { params: { id: cards["chen"]! } }, { reason: "found" })).toMatchObject({ ok: true });
});

test("restored backup: a revocation that only a door knew which came back late stays in force there, and is reported", async () => {
  const [near, far] = [door("front", 20), door("back", 21)];
  await until("both follow", () => [near, far].every((each) => each.passes("li") === true));
  await close();
  const { copyFileSync } = await import("node:fs");
  copyFileSync(join(folder, "cloud.db"), join(folder, "backup.db"));
  await open(join(folder, "cloud.db"));
  near.cut();
  await state("li", "lost");
  await until("one door knows", () => far.passes("li") === false);
  revoked.add("li");
  far.cut();
  await close();
  await open(join(folder, "backup.db"));
  // Nobody waited for the other door: the feed begins anew without what it knows.
  const fresh = place.make();
  const list = Buffer.from(listOf(2, 2, [key(1, 3, "retired"), key(2, 0, "active", fresh)])).toString("hex");
  expect(await api.ask("POST /v1/trust-lists", { body: { list } }, { reason: "backup" })).toMatchObject({ ok: true });
  far.isCut = false;
  await until("the late door follows, and keeps what it knows", () => far.at.startsWith("2:") && far.kept === 1);
  await clock.pass(40_000);
  expect([far.passes("li"), far.passes("wang")]).toEqual([false, true]);
  expect(await api.ask("GET /v1/feed/epoch", {})).toMatchObject({ ok: true, value: { reports: [{ controller: "back", epoch: 2 }], unknown: [{ credential: cards["li"] }] } }); // prettier-ignore
  await api.ask("POST /v1/feed/epoch/adopt", {}, { reason: "late door" });
  await until("it is named", () => far.kept === 0);
  expect(far.passes("li")).toBe(false);
});

test("a campus that has revoked nobody and keeps no holidays is vouched for like any other, also when an epoch begins", async () => {
  const near = door("front", 20);
  await until("it follows", () => near.passes("li") === true && near.isVouched);
  expect(near.at).toBe("1:0");
  const list = Buffer.from(listOf(2, 2, [key(1, 3, "retired"), key(2, 0, "active", place.make())])).toString("hex");
  expect(await api.ask("POST /v1/trust-lists", { body: { list } }, { reason: "a key is changed" })).toMatchObject({ ok: true });
  await until("it follows on", () => near.at.startsWith("2:") && near.isVouched && near.passes("li") === true);
  await state("li", "lost");
  await until("the first revocation comes", () => near.passes("li") === false);
  expect(near.refusals()).toEqual([]);
});
