import { ok, unixSeconds } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { Kysely, Migrator, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { makeApi } from "../../cloud-sync/src/api/api.ts";
import { CloudClient } from "../../cloud-sync/src/api/client.ts";
import { NonceBook } from "../../cloud-sync/src/api/nonces.ts";
import { addApiKey } from "../../cloud-sync/src/callers.ts";
import { addController } from "../../cloud-sync/src/controllers.ts";
import { setCredentialState } from "../../cloud-sync/src/credentials.ts";
import { expandFromScratch, keptItems } from "../../cloud-sync/src/expansion/from-scratch.ts";
import { type CloudFeed, openCloudFeed } from "../../cloud-sync/src/feed/cloud-feed.ts";
import { mutate } from "../../cloud-sync/src/mutation.ts";
import { putPerson } from "../../cloud-sync/src/people.ts";
import { campusOfOne, ZONE } from "../../cloud-sync/src/rig/campus-of-one.ts";
import { type CloudRig, cloudRig, NOTE, START } from "../../cloud-sync/src/rig/cloud-rig.ts";
import { type PostgresServer, postgresServer } from "../../bench/postgres-server.ts";
import type { CloudDatabase } from "../../cloud-sync/src/store/cloud-database.ts";
import { Leadership } from "../../cloud-sync/src/store/leadership.ts";
import { migrationsFor } from "../../cloud-sync/src/store/migrations.ts";
import { openPostgres } from "../../cloud-sync/src/store/postgres.ts";
import { clock } from "./peer-program.ts";

const CLIENTS = 32;
const STEPS = Object.keys(await migrationsFor("postgres").getMigrations());

let server: PostgresServer;
let nth = 0;
let name: string;
let opened: CloudDatabase[];
beforeAll(async () => {
  server = await postgresServer({ isDurable: true, access: "local all guarded scram-sha-256" });
  server.sql("CREATE ROLE guarded LOGIN PASSWORD 'hunter2'");
}, 60_000);
afterAll(() => server.stop(), 60_000);
beforeEach(() => {
  name = `store_${nth++}`;
  server.sql(`CREATE DATABASE ${name}`);
  opened = [];
});
afterEach(async () => {
  for (const database of opened) await database.close();
}, 60_000);

/** One more program's opening of the test's database. */
async function open(): Promise<CloudDatabase> {
  const database = await openPostgres({ url: server.url(name) });
  opened.push(database);
  return database;
}
/** Its chance is its own: two programs never make the same id. */
async function rigOn(): Promise<CloudRig> {
  const rig = await cloudRig(await open());
  const salt = opened.length;
  return { ...rig, randomBytes: (length) => rig.randomBytes(length).map((byte) => byte ^ salt) };
}
const person = (account: string | null) => ({ account, name: "n", phone: null, mail: null, flags: [] as never[], partySize: 1 });
const outcomes = (all: readonly { readonly ok: boolean; readonly error?: string }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { error = "ok" } of all) counts[error] = (counts[error] ?? 0) + 1;
  return counts;
};
/** Tables, columns, indexes and constraints. */
const layout = (): string =>
  server.sql(
    `SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns WHERE table_schema = 'public'
       UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
       UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '' FROM pg_constraint WHERE connamespace = 'public'::regnamespace
       ORDER BY 1, 2, 3`,
    name,
  );

test.each(STEPS)("a store as of %s is brought forward, with what is in it", async (step) => {
  const queries = new Kysely<{ person: { id: string; name: string; flags: number; party_size: number } }>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: server.url(name) }) }),
  });
  const { error } = await new Migrator({ db: queries, provider: migrationsFor("postgres") }).migrateTo(step);
  expect(error).toBeUndefined();
  await queries.insertInto("person").values({ id: "p-1", name: "张", flags: 0, party_size: 1 }).execute();
  await queries.destroy();
  const database = await open();
  expect((await database.queries.selectFrom("person").select("name").execute()).map((row) => row.name)).toEqual(["张"]);
  const forward = layout();
  name = `${name}_fresh`;
  server.sql(`CREATE DATABASE ${name}`);
  await open();
  expect(forward).toBe(layout());
  expect(forward).toContain("feed_version");
});

test("eight that start at once on an empty database make its layout once, and all go on", async () => {
  const all = await Promise.all(Array.from({ length: 8 }, open));
  for (const { queries } of all) expect(await queries.selectFrom("site").selectAll().execute()).toMatchObject([{ publish: 0 }]);
  expect(server.sql("SELECT count(*) FROM kysely_migration", name)).toBe(String(STEPS.length));
});

test("what keeps it from being opened is named with what to do, and never with a password", async () => {
  const url = server.url(name);
  const fails = (place: string, password?: string) => openPostgres({ url: place, ...(password === undefined ? {} : { password }) });
  const guarded = url.replace("portico@", "guarded:hunter3@");
  await expect(fails(guarded)).rejects.toMatchObject({
    name: "SetupError",
    what: "the database lets this user not in",
    where: guarded.replace("hunter3", "…"),
  });
  await expect(fails(url.replace("portico@", "guarded@"), "hunter2")).rejects.toMatchObject({ what: "this user may make no tables in the database" });
  await expect(fails(server.url("nowhere"))).rejects.toMatchObject({ what: "there is no such database" });
  await expect(fails("postgres://portico@127.0.0.1:1/portico")).rejects.toMatchObject({ what: "the database does not answer" });
  const { queries } = await open();
  await sql`insert into kysely_migration (name, timestamp) values ('9999-of-the-future', '2030-01-01')`.execute(queries);
  await expect(fails(url)).rejects.toMatchObject({ what: "the store was written by a newer version" });
});

test("32 clients of two instances race for one account, one controller, one nonce: one has it, the others are told, none fails", async () => {
  const [one, two] = [await rigOn(), await rigOn()];
  const both = (index: number): CloudRig => (index % 2 === 0 ? one : two);
  const every = <T>(act: (index: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: CLIENTS }, (_, index) => act(index)));
  expect(outcomes(await every((index) => putPerson(both(index), NOTE, undefined, person("zhang@example.edu"))))).toEqual({ ok: 1, AccountTaken: CLIENTS - 1 });
  await campusOfOne(one);
  const keyOf = (index: number): Uint8Array => nodeSigner(nodeSha256(Buffer.from(`controller ${index}`))).publicKey;
  const added = await every((index) => addController(both(index), NOTE, { id: "gate-house", publicKey: keyOf(index), zones: [ZONE] }));
  expect(outcomes(added)).toEqual({ ok: 1, IdTaken: CLIENTS - 1 });
  const key = await addApiKey(one, NOTE, { name: "n", actor: "n", publicKey: keyOf(99), scopes: ["people:read"] });
  if (!key.ok) throw new Error(key.error);
  const books = [new NonceBook(one), new NonceBook(two)];
  const fresh = await every((index) => books[index % 2]!.use(key.value.value.id, "the same"));
  expect(fresh.filter(Boolean)).toHaveLength(1);
});

test("transactions that lose against one another are run again: no change is lost, none is made twice", async () => {
  const [one, two] = [await open(), await open()];
  let attempts = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) =>
      (index % 2 === 0 ? one : two).transact(async (queries) => {
        attempts++;
        const { publish } = await queries.selectFrom("site").select("publish").executeTakeFirstOrThrow();
        await queries
          .updateTable("site")
          .set({ publish: publish + 1 })
          .execute();
      }),
    ),
  );
  expect(await one.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow()).toEqual({ publish: CLIENTS });
  expect(attempts).toBeGreaterThan(CLIENTS);
});

test("a request that comes to two instances with one Idempotency-Key is done once and answered alike", async () => {
  const [one, two] = [await rigOn(), await rigOn()];
  const signer = nodeSigner(new Uint8Array(32).fill(5));
  await addApiKey(one, NOTE, { name: "n", actor: "n", publicKey: signer.publicKey, scopes: ["people:write"] });
  const troubles: unknown[] = [];
  const clients = [one, two].map((cloud, index) => {
    const app = makeApi({ cloud, publisher: { published: () => Promise.resolve(1) }, passKey: () => undefined, onTrouble: (trouble: unknown) => troubles.push(trouble) } as never); // prettier-ignore
    const randomBytes = (length: number): Uint8Array => nodeSha256(Buffer.from(`${index} ${counter++}`)).subarray(0, length);
    return new CloudClient({
      url: "https://cloud.example.edu",
      signer,
      nowMs: one.nowMs,
      randomBytes,
      fetch: (request) => Promise.resolve(app.fetch(request)),
    });
  });
  let counter = 0;
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => clients[index % 2]!.ask("POST /v1/persons", { body: person(null) }, { idempotencyKey: "the-same-key" })),
  );
  expect(troubles).toEqual([]);
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ ok: true });
  expect(server.sql("SELECT count(*) FROM person", name)).toBe("1");
});

test("a leader that is stopped within its publication holds nobody up for long, and cannot commit it", async () => {
  const [one, two] = [await open(), await open()];
  const [stopped, other] = [new Leadership(one, "stopped"), new Leadership(two, "other")];
  await stopped.look();
  let wakeUp = (): void => {};
  const asleep = new Promise<void>((resolve) => (wakeUp = resolve));
  const publication = one.transact(async (queries) => {
    await stopped.fence(queries);
    await asleep;
    await queries.updateTable("site").set({ publish: 77 }).execute();
  }, "repeatable read");
  const outcome = publication.then(() => "committed", () => "failed"); // prettier-ignore
  const startedAt = clock.monotonic();
  while (!(await other.look())) await new Promise<void>((resolve) => clock.after(100, resolve));
  process.stdout.write(`stopped within a publication → succeeded: ${(clock.monotonic() - startedAt).toFixed(0)} ms\n`);
  wakeUp();
  expect(await outcome).toBe("failed");
  expect(await two.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow()).toEqual({ publish: 0 });
}, 60_000);

test("32 clients change people while they are published: every change once, versions without gaps, lists as computed from scratch", async () => {
  const [one, two] = [await rigOn(), await rigOn()];
  const campus = await campusOfOne(one);
  const signer = nodeSigner(new Uint8Array(32).fill(7));
  const roots = { version: 1, threshold: 1, keys: [] };
  const trustList = { sequence: 1, issued: unixSeconds(START), validUntil: unixSeconds(START + 86_400), feedEpoch: 1, roots, keys: new Map() };
  const keys = { kid: 2, signer, time: { kid: 2, signer }, trustList, trustLists: [] };
  const failures: unknown[] = [];
  const feeds: CloudFeed[] = [];
  for (const rig of [one, two]) feeds.push(await openCloudFeed(rig, keys as never, clock, () => 0.5, (error) => failures.push(error))); // prettier-ignore
  const startedAt = clock.monotonic();
  const perClient = 20;
  const published = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const mine: (number | undefined)[] = [];
      for (let round = 0; round < perClient; round++) {
        const rig = client % 2 === 0 ? one : two;
        const made =
          client === 0
            ? await setCredentialState(rig, NOTE, campus.card, round % 2 === 0 ? "lost" : "active", null)
            : await putPerson(rig, NOTE, undefined, person(`p-${client}-${round}@example.edu`));
        if (!made.ok) throw new Error(made.error);
        mine.push(await feeds[client % 2]!.publisher.published(made.value.change));
      }
      return mine;
    }),
  );
  const tookS = (clock.monotonic() - startedAt) / 1_000;
  const count = CLIENTS * perClient;
  process.stdout.write(`${count} changes by ${CLIENTS} clients of two instances, each waiting for its publication: ${(count / tookS).toFixed(0)}/s\n`);
  expect(published.flat().filter((publish) => publish === undefined)).toEqual([]);
  for (const mine of published) expect(mine).toEqual([...mine].sort((a, b) => a! - b!));
  expect(failures).toEqual([]);
  for (const feed of feeds) await feed.close();
  expect(server.sql("SELECT count(*) FROM (SELECT feed_partition FROM feed_version GROUP BY 1 HAVING count(*) <> max(version) OR min(version) <> 1) AS torn", name)).toBe("0"); // prettier-ignore
  expect(await keptItems(one.database.queries)).toEqual(await expandFromScratch(one.database.queries));
}, 120_000);

test("changes a second that 32 clients commit, with audit and marks", async () => {
  const rigs = [await rigOn(), await rigOn()];
  const perClient = 50;
  const startedAt = clock.monotonic();
  const made = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const all = [];
      for (let round = 0; round < perClient; round++)
        all.push(await mutate(rigs[client % 2]!, NOTE, ({ mark }) => (mark("person", `p-${client}-${round}`), Promise.resolve(ok(null)))));
      return all;
    }),
  );
  const count = CLIENTS * perClient;
  process.stdout.write(`${(count / ((clock.monotonic() - startedAt) / 1_000)).toFixed(0)} changes/s committed durably by ${CLIENTS} clients\n`);
  expect(made.flat().every(({ ok: isOk }) => isOk)).toBe(true);
  expect(server.sql("SELECT count(DISTINCT change) || ' ' || count(*) FROM change_subject", name)).toBe(`${count} ${count}`);
}, 120_000);
