import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { makeTrustList, type TrustList, unixSeconds } from "@portico/card-protocol";
import {
  addApiKey,
  addController,
  CAMPUS_SERVICES_FILE,
  CloudClient,
  loadServiceDocument,
  openCloud,
  putResource,
  putTill,
  readSigningKey,
  setCredentialState,
  TRUST_LISTS_FOLDER,
} from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CLOUD_SITE, controllerId, controllerSigner, OPERATOR, ROOT, ROOT_VERSION } from "../../bench/cloud-campus.ts";
import { followingController } from "../../bench/following-controller.ts";
import { expandFromScratch, keptItems } from "../../cloud-sync/src/expansion/from-scratch.ts";
import { checkLedger } from "../../cloud-sync/src/ledger/check-ledger.ts";
import { campusOfOne, ZONE } from "../../cloud-sync/src/rig/campus-of-one.ts";
import { done, NOTE } from "../../cloud-sync/src/rig/cloud-rig.ts";
import { type PostgresServer, postgresServer } from "../../bench/postgres-server.ts";
import { clock, until } from "./peer-program.ts";

const PORTICO = fileURLToPath(new URL("../../cli/bin/portico.js", import.meta.url));
/** A successor has to miss twelve signs of life, and a server under load may be slow. */
const SUCCESSION_MS = 60_000;

/** `portico cloud run --config`, as shipped. */
interface Program {
  readonly url: string;
  readonly child: ChildProcess;
  readonly client: CloudClient;
  readonly errors: () => string;
}

let folder: string;
let server: PostgresServer;
let url: string;
let card: string;
let programs: Program[];
let ends: (() => Promise<void> | void)[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  server = await postgresServer({ isDurable: true });
  server.sql("CREATE DATABASE portico");
  url = server.url("portico");
  [programs, ends] = [[], []];
  const cloud = await theCloud();
  ({ card } = await campusOfOne(cloud as never));
  await done(
    addApiKey(cloud, NOTE, {
      name: "test",
      actor: "test",
      publicKey: OPERATOR.publicKey,
      scopes: ["credentials:write", "people:write", "reservations:write", "wallets:write", "wallets:top-up"],
    }),
  );
  await done(addController(cloud, NOTE, { id: controllerId(0), publicKey: controllerSigner(0).publicKey, zones: [ZONE] }));
  await cloud.database.close();
  trustBoth();
}, 60_000);
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  for (const { child } of programs) child.kill("SIGKILL");
  await server.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

const theCloud = () => openCloud({ dataFolder: folder, site: CLOUD_SITE, timeZone: "Asia/Shanghai", store: { kind: "postgres", url } });
const ownFolder = (name: string): string => join(folder, name);

/** Each instance has a key of its own; the trust list names both. */
function trustBoth(): void {
  const nowS = Math.floor(Date.now() / 1000);
  const keys = ["a", "b"].map((name, nth) => {
    mkdirSync(join(ownFolder(name), TRUST_LISTS_FOLDER), { recursive: true });
    const { publicKey } = readSigningKey(ownFolder(name), (length) => new Uint8Array(randomBytes(length)));
    const always = { notBefore: unixSeconds(0), notAfter: unixSeconds(0xffff_ffff), ttlS: 0 };
    return { kid: nth + 1, publicKey, ...always, status: "active", usages: ["feed", "time"] } as const;
  });
  const list: TrustList = {
    sequence: 1,
    issued: unixSeconds(nowS),
    validUntil: unixSeconds(nowS + 100 * 86_400),
    feedEpoch: 1,
    roots: { version: ROOT_VERSION, threshold: 1, keys: [ROOT.publicKey] },
    keys: new Map(keys.map((key) => [key.kid, key])),
  };
  const made = makeTrustList(CLOUD_SITE, list, [ROOT]);
  if (!made.ok) throw new Error(made.detail);
  for (const name of ["a", "b"]) writeFileSync(join(ownFolder(name), TRUST_LISTS_FOLDER, "1.cose"), made.value);
}

async function start(name: "a" | "b"): Promise<Program> {
  const file = join(ownFolder(name), "cloud.toml");
  writeFileSync(file, `[site]\nid = "${CLOUD_SITE}"\n[cloud]\nlisten = "127.0.0.1:0"\n[store]\npostgres = "${url}"\n`);
  const child = spawn(process.execPath, [PORTICO, "cloud", "run", "--config", file], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const started = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const report = JSON.parse(line) as { readonly kind: string; readonly url: string };
      if (report.kind === "started") resolve(report.url);
    });
    child.once("exit", () => reject(new Error(`the cloud has ended: ${errors}`)));
  });
  const client = new CloudClient({
    url: started,
    signer: OPERATOR,
    nowMs: () => Date.now(),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    fetch,
  });
  const program = { url: started, child, client, errors: () => errors };
  programs.push(program);
  return program;
}

const report = async ({ client }: Program, what: "report-lost" | "return"): Promise<number | null> => {
  const made = await client.ask(`POST /v1/credentials/{id}/${what}`, { params: { id: card } }, { reason: "test" });
  if (!made.ok) throw new Error(`${made.status} ${made.problem.reason} ${made.problem.detail}`);
  return made.value.publish;
};
const leader = (): string => server.sql("SELECT term || ' ' || holder FROM leader", "portico");
const publish = (): number => Number(server.sql("SELECT publish FROM site", "portico"));
const exists = (program: Program): boolean => program.child.exitCode === null && program.child.signalCode === null;

/** Nothing was given twice and nothing was left out, and the lists are what a computation from scratch says. */
async function sound(): Promise<void> {
  expect(server.sql("SELECT count(*) FROM (SELECT feed_partition FROM feed_version GROUP BY 1 HAVING count(*) <> max(version) OR min(version) <> 1) AS torn", "portico")).toBe("0"); // prettier-ignore
  expect(server.sql("SELECT count(*) FROM change_record WHERE publish IS NULL", "portico")).toBe("0");
  const cloud = await theCloud();
  expect(await keptItems(cloud.database.queries)).toEqual(await expandFromScratch(cloud.database.queries));
  await cloud.database.close();
}

/** A door's half of the feed, with its own database; it verifies all that it hears and throws at what does not follow. */
async function controllerAt(cloudUrl: string): Promise<{ readonly commits: () => number; readonly held: () => string | undefined }> {
  let commits = 0;
  const door = followingController({ url: cloudUrl, folder: ownFolder(`door ${ends.length}`), nth: 0, zone: ZONE, onCommitted: () => commits++ });
  ends.push(() => door.close());
  await door.upToDate;
  return { commits: () => commits, held: () => door.held().find(([partition]) => partition !== "global")?.[1] };
}
const version = (): string => `1:${server.sql(`SELECT version FROM feed_partition WHERE name = 'zone/${ZONE}'`, "portico")}`;

/** What stands in front of several instances: each new connection goes to the first that answers. */
async function proxyTo(targets: readonly string[]): Promise<string> {
  const open = new Set<Socket>();
  const proxy = createServer((near) => {
    const tried = (nth: number): void => {
      if (nth >= targets.length) return void near.destroy();
      const far = connect(Number(new URL(targets[nth]!).port), "127.0.0.1");
      const failed = (): void => tried(nth + 1);
      far.once("error", failed);
      far.once("connect", () => {
        far.off("error", failed);
        for (const [one, other] of [
          [near, far],
          [far, near],
        ] as const) {
          // prettier-ignore
          open.add(one);
          one.on("error", () => other.destroy());
          one.on("close", () => other.destroy());
        }
        near.pipe(far).pipe(near);
      });
    };
    tried(0);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    for (const socket of open) socket.destroy();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test("two instances start at once on an empty database; a loss reported at one reaches a controller of the other within a second", async () => {
  server.sql("DROP DATABASE portico WITH (FORCE)");
  server.sql("CREATE DATABASE portico");
  const [a, b] = await Promise.all([start("a"), start("b")]);
  const cloud = await theCloud();
  ({ card } = await campusOfOne(cloud as never));
  await done(addApiKey(cloud, NOTE, { name: "test", actor: "test", publicKey: OPERATOR.publicKey, scopes: ["credentials:write"] }));
  await done(addController(cloud, NOTE, { id: controllerId(0), publicKey: controllerSigner(0).publicKey, zones: [ZONE] }));
  await cloud.database.close();
  await until("what waited is published", () => server.sql("SELECT count(*) FROM change_record WHERE publish IS NULL", "portico") === "0");
  for (const [asked, told] of [
    [a, b],
    [b, a],
  ] as const) {
    // prettier-ignore
    const door = await controllerAt(told.url);
    const tookMs: number[] = [];
    for (let round = 0; round < 10; round++) {
      const before = door.commits();
      const startedAt = clock.monotonic();
      await report(asked, round % 2 === 0 ? "report-lost" : "return");
      await until("the door has committed it", () => door.commits() > before);
      tookMs.push(clock.monotonic() - startedAt);
    }
    const [median = Number.NaN] = tookMs.toSorted((x, y) => x - y).slice(tookMs.length / 2);
    process.stdout.write(`loss at one instance → committed by a controller of the other: ${tookMs.map((ms) => ms.toFixed(0)).join(" ")} ms\n`);
    expect(median).toBeLessThan(1_000);
    expect(door.held()).toBe(version());
  }
  await sound();
}, 180_000);

test("a leader that is killed in the middle of publishing is succeeded: no version is missing, none is there twice, its controller moves on", async () => {
  const [a, b] = [await start("a"), await start("b")];
  const first = leader();
  expect(first).toMatch(/^1 [0-9a-f]{8}$/);
  const door = await controllerAt(await proxyTo([a.url, b.url]));
  // More people than one publication holds: it is in the middle of them for a while.
  server.sql(
    `INSERT INTO person (id, name, flags, party_size) SELECT 'p-' || lpad(n::text, 6, '0'), '', 0, 1 FROM generate_series(1, 4000) AS n;
     INSERT INTO person_audience (person, audience, valid_from, valid_until) SELECT id, 'student', 0, 4294967295 FROM person WHERE id LIKE 'p-%';
     INSERT INTO credential (id, person, kind, state, state_since, valid_from, valid_until)
       SELECT 'a0' || lpad(to_hex(row_number() OVER ()), 14, '0'), id, 'qr', 'active', 0, 0, 4294967295 FROM person WHERE id LIKE 'p-%'`,
    "portico",
  );
  const cloud = await theCloud();
  const { mutate } = await import("@portico/cloud-sync");
  const { ok } = await import("@portico/card-protocol");
  const before = publish();
  await mutate(cloud, NOTE, ({ mark }) => {
    mark("audience", "student");
    return Promise.resolve(ok(null));
  });
  await cloud.database.close();
  await until("it has published a part", () => publish() > before, SUCCESSION_MS);
  a.child.kill("SIGKILL");
  expect(server.sql("SELECT count(*) > 0 FROM owed_expansion", "portico"), "killed in the middle").toBe("t");
  await until("the other publishes the rest", () => server.sql("SELECT count(*) FROM change_record WHERE publish IS NULL", "portico") === "0", SUCCESSION_MS);
  expect(leader()).toMatch(/^2 /);
  expect(await report(b, "report-lost")).toBe(publish());
  await until("the controller has moved on", () => door.held() === version(), SUCCESSION_MS);
  expect(b.errors()).toBe("");
  await sound();
}, 240_000);

test("a leader that is stopped is succeeded, and when it wakes up it publishes nothing of its own and serves on", async () => {
  const [a, b] = [await start("a"), await start("b")];
  await report(b, "report-lost");
  a.child.kill("SIGSTOP");
  await until("the other leads", () => leader().startsWith("2 "), SUCCESSION_MS);
  const at = publish();
  expect(await report(b, "return")).toBe(at + 1);
  const door = await controllerAt(b.url);
  a.child.kill("SIGCONT");
  expect(await report(a, "report-lost"), "published by the other").toBe(at + 2);
  expect(leader()).toMatch(/^2 /);
  expect(exists(a)).toBe(true);
  await until("the controller has it", () => door.held() === version());
  await sound();
}, 240_000);

test("a leader that ends in order is succeeded at once; a stop lets go of everything", async () => {
  const [a, b] = [await start("a"), await start("b")];
  const ended = new Promise<number | null>((resolve) => a.child.once("exit", resolve));
  a.child.kill("SIGTERM");
  expect(await ended).toBe(0);
  const startedAt = clock.monotonic();
  expect(await report(b, "report-lost")).toBe(publish());
  process.stdout.write(`a leader left → the next publication: ${(clock.monotonic() - startedAt).toFixed(0)} ms\n`);
  expect(leader()).toMatch(/^2 /);
  const gone = new Promise<number | null>((resolve) => b.child.once("exit", resolve));
  b.child.kill("SIGTERM");
  expect(await gone).toBe(0);
  expect(server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portico'")).toBe("0");
  expect(leader(), "the place is free").toBe("2");
  const cloud = await theCloud();
  expect(await setCredentialState(cloud, NOTE, card, "active", null)).toMatchObject({ ok: true });
  await cloud.database.close();
}, 180_000);

/** People of the staff, by SQL: their ids. */
function staff(count: number, from = 0): string[] {
  const ids = Array.from({ length: count }, (_, nth) => `0192f000-0000-7000-8000-${(from + nth).toString(16).padStart(12, "0")}`);
  const rows = (of: (id: string) => string): string => ids.map(of).join(", ");
  server.sql(
    `INSERT INTO person (id, name, flags, party_size) VALUES ${rows((id) => `('${id}', '', 0, 1)`)};
     INSERT INTO person_audience (person, audience, valid_from, valid_until) VALUES ${rows((id) => `('${id}', 'staff', 0, 4294967295)`)}`,
    "portico",
  );
  return ids;
}

test("32 clients of two instances race for one hour of one room: one has it, the others get 409 with what is free nearby, and nobody gets 500", async () => {
  const [a, b] = [await start("a"), await start("b")];
  const cloud = await theCloud();
  const services = loadServiceDocument(CAMPUS_SERVICES_FILE);
  for (const id of ["607", "608"])
    await done(putResource(cloud, services, NOTE, { id, campusService: "spaces", kind: "place", names: { zh: id, en: id }, type: "会议室", path: [], capacity: 6, areaM2: null, attributes: {}, seats: 1, schedule: null, opens: [], place: null, sessions: [] })); // prettier-ignore
  await cloud.database.close();
  const hourS = 3_600;
  const first = (Math.floor(Date.now() / 1_000 / hourS) + 24) * hourS;
  const at = (s: number): string => new Date(s * 1_000).toISOString();
  for (let round = 0; round < 6; round++) {
    const from = first + 2 * round * hourS;
    const times = [{ from: at(from), until: at(from + hourS) }];
    const answers = await Promise.all(
      staff(32, 32 * round).map((person, nth) => (nth % 2 === 0 ? a : b).client.ask("POST /v1/reservations", { body: { resource: "607", person, times } })),
    );
    const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer]));
    expect(refused.map(({ status, problem }) => `${status} ${problem.reason}`)).toEqual(Array.from({ length: 31 }, () => "409 SlotTaken"));
    const isAt = (text: string | undefined, s: number): boolean => text !== undefined && Date.parse(text) === s * 1_000;
    for (const { problem } of refused) {
      expect(problem.nearby?.sameTime.map(({ resource }) => resource)).toEqual(["608"]);
      expect(isAt(problem.nearby?.sameTime[0]?.from, from)).toBe(true);
      expect(problem.nearby?.sameResource.length).toBeGreaterThan(0);
    }
  }
  expect(server.sql("SELECT count(*), count(DISTINCT starts) FROM reserved_time WHERE active = 1", "portico")).toBe("6|6");
  const clash = "INSERT INTO reserved_time SELECT reservation, nth + 1, resource_number, seats, seat, starts + 60, ends + 60, 1 FROM reserved_time LIMIT 1";
  expect(() => server.sql(clash, "portico")).toThrow(/reserved_time_overlap/);
}, 120_000);

test("32 clients of two instances spend one wallet and name one movement: no fen more than there was, and each id is one payment", async () => {
  const [a, b] = [await start("a"), await start("b")];
  const cloud = await theCloud();
  for (const id of ["merchant/canteen", "cashDesk/office"]) await done(putTill(cloud, NOTE, { id, names: { zh: id, en: id }, terminals: [] }));
  const [person] = staff(1) as [string];
  const both = (nth: number): CloudClient => (nth % 2 === 0 ? a : b).client;
  const topUp = await a.client.ask("POST /v1/wallets/{id}/top-ups", {
    params: { id: person },
    body: { id: "top-up-1", till: "cashDesk/office", amountFen: 1_000 },
  });
  expect(topUp).toMatchObject({ ok: true });
  const pay = (nth: number, id: string) => both(nth).ask("POST /v1/wallets/{id}/charges", { params: { id: person }, body: { id, till: "merchant/canteen", amountFen: 100 } }); // prettier-ignore
  const same = await Promise.all(Array.from({ length: 32 }, (_, nth) => pay(nth, "payment-0")));
  expect(new Set(same.map((answer) => (answer.ok ? answer.value.number : answer.problem.reason))).size).toBe(1);
  const others = await Promise.all(Array.from({ length: 32 }, (_, nth) => pay(nth, `payment-${nth + 1}`)));
  expect(others.filter((answer) => answer.ok)).toHaveLength(9);
  expect(new Set(others.flatMap((answer) => (answer.ok ? [] : [`${answer.status} ${answer.problem.reason}`])))).toEqual(new Set(["422 InsufficientFunds"]));
  expect(await checkLedger(cloud.database)).toMatchObject({ movements: 11, broken: [] });
  await cloud.database.close();
}, 120_000);
