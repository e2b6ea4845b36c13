import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { DummyDriver, Kysely, Migrator, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql, SqliteDialect } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { type CloudDatabase, openSqlite } from "./cloud-database.ts";
import { statementFor, WORDS } from "./migration-step.ts";
import { migrationsFor } from "./migrations.ts";

const STEPS = Object.keys(await migrationsFor("sqlite").getMigrations());

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "cloud.db");
}
const layoutOf = async ({ queries }: CloudDatabase): Promise<unknown[]> =>
  (await sql`select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite_%' order by type, name`.execute(queries)).rows;

test.each(STEPS)("a store as of %s is brought forward, with what is in it", async (step) => {
  const path = file();
  const before = new Database(path);
  before.pragma("synchronous = OFF"); // what stands there before need not outlive a power cut
  const queries = new Kysely<{ person: { id: string; name: string; flags: number; party_size: number } }>({
    dialect: new SqliteDialect({ database: before }),
  });
  const { error } = await new Migrator({ db: queries, provider: migrationsFor("sqlite") }).migrateTo(step);
  expect(error).toBeUndefined();
  await queries.insertInto("person").values({ id: "p-1", name: "张", flags: 0, party_size: 1 }).execute();
  await queries.destroy();
  const database = await openSqlite(path);
  const fresh = await openSqlite(":memory:");
  expect((await database.queries.selectFrom("person").select("name").execute()).map(({ name }) => name)).toEqual(["张"]);
  const forward = await layoutOf(database);
  expect(forward).toEqual(await layoutOf(fresh));
  expect(forward.length).toBeGreaterThan(40);
  await database.close();
  await fresh.close();
});

test("a step that fails half way leaves the layout as it was, and is taken when nothing hinders it any more", async () => {
  const path = file();
  const before = new Database(path);
  before.pragma("synchronous = OFF");
  const queries = new Kysely<unknown>({ dialect: new SqliteDialect({ database: before }) });
  await new Migrator({ db: queries, provider: migrationsFor("sqlite") }).migrateTo("0026-lock-platforms");
  before.exec("CREATE TABLE lean_notification (hinders TEXT)"); // the next step makes it too, behind others
  await queries.destroy();
  const within = <T>(act: (sqlite: Database.Database) => T): T => {
    const sqlite = new Database(path);
    try {
      return act(sqlite);
    } finally {
      sqlite.close();
    }
  };
  const layout = () => within((sqlite) => sqlite.prepare("SELECT sql FROM sqlite_master ORDER BY name").all());
  const as = layout();
  await expect(openSqlite(path)).rejects.toMatchObject({ name: "SetupError", where: path });
  expect(layout()).toEqual(as);
  within((sqlite) => sqlite.exec("DROP TABLE lean_notification"));
  await (await openSqlite(path)).close();
  expect(layout()).not.toEqual(as);
});

test("a store of a newer layout is left alone", async () => {
  const path = file();
  const database = await openSqlite(path);
  await sql`insert into kysely_migration (name, timestamp) values ('9999-of-the-future', '2030-01-01')`.execute(database.queries);
  await database.close();
  await expect(openSqlite(path)).rejects.toMatchObject({ name: "SetupError", what: "the store was written by a newer version", where: path });
});

test("the steps stand in the order of their names, and none has a name twice", () => {
  expect(STEPS).toEqual([...new Set(STEPS)].sort());
  expect(STEPS.every((name) => /^\d{4}-[a-z-]+$/.test(name))).toBe(true);
});

test("texts are compared by their bytes in PostgreSQL too, wherever a step says TEXT", () => {
  expect(statementFor("postgres", "CREATE TABLE t (id TEXT PRIMARY KEY, context TEXT NOT NULL)")).toBe(
    'CREATE TABLE t (id TEXT COLLATE "C" PRIMARY KEY, context TEXT COLLATE "C" NOT NULL)',
  );
  expect(statementFor("sqlite", "CREATE TABLE t (id TEXT)")).toBe("CREATE TABLE t (id TEXT)");
});

test("no column has a name that PostgreSQL keeps for itself", async () => {
  const reserved = /[(,]\s*(all|any|array|as|asc|both|case|cast|check|collate|column|default|desc|do|else|end|except|fetch|for|from|grant|group|having|in|into|limit|not|null|offset|on|only|or|order|some|table|then|to|union|user|using|when|where|window|with) (?:BIGINT|TEXT|BYTEA)/; // prettier-ignore
  const said: string[] = [];
  const recording = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (database) => new PostgresIntrospector(database),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => void said.push(query.sql),
  });
  for (const step of Object.values(await migrationsFor("postgres").getMigrations())) await step.up(recording);
  expect(said.length).toBeGreaterThan(60);
  expect(said.filter((text) => reserved.test(text))).toEqual([]);
});

test.each(["sqlite", "postgres"] as const)("what is append-only is refused to be changed by %s itself", (dialect) => {
  const said = WORDS[dialect].appendOnly("entry").join("\n");
  for (const change of ["UPDATE", "DELETE"]) expect(said).toMatch(new RegExp(`BEFORE (?:UPDATE OR )?${change}\\b`));
  if (dialect === "postgres") return;
  const sqlite = new Database(":memory:");
  onTestFinished(() => void sqlite.close());
  sqlite.exec(["CREATE TABLE entry (id TEXT)", ...WORDS.sqlite.appendOnly("entry"), "INSERT INTO entry VALUES ('a')"].join(";"));
  for (const change of ["UPDATE entry SET id = 'b'", "DELETE FROM entry"]) expect(() => sqlite.exec(change)).toThrow("entry is append-only");
});
