import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { type CloudDatabase, openSqlite, type Queries } from "../store/cloud-database.ts";
import { openPostgres } from "../store/postgres.ts";
import { PostgresHints } from "../store/postgres-hints.ts";

/** Where this is set, stores of tests are databases of that PostgreSQL server: the URL of its database `postgres`. */
const SERVER = process.env["PORTICO_TEST_POSTGRES"];

/** A store as it once was: a file of SQLite, or statements that fill an empty PostgreSQL. */
export type StoreImage = { readonly kind: "file"; readonly bytes: Buffer } | { readonly kind: "statements"; readonly text: string };

/** A database that tests use one after the other: to empty one is quicker than to make one, and to open one. */
interface UsedDatabase {
  readonly database: CloudDatabase;
  readonly url: string;
  readonly tables: readonly string[];
  /** What the layout brings with it. */
  readonly first: string;
}
const free: UsedDatabase[] = [];
let made = 0;

/**
 * A store that is gone when it is closed: in memory, or a database of the server that the environment names.
 *
 * @param image  what it begins as a copy of; else it is empty
 */
export async function freshDatabase(image?: StoreImage): Promise<CloudDatabase> {
  if (SERVER === undefined) return openSqlite(image?.kind === "file" ? image.bytes : ":memory:");
  const used = free.pop() ?? (await makeDatabase(SERVER));
  const { database, url } = used;
  if (image?.kind === "statements") await filled(used, image.text);
  const hints = new PostgresHints(
    () => new pg.Client({ connectionString: url }),
    (channel, hint) => sql`select pg_notify(${channel}, ${hint})`.execute(database.queries),
  );
  return {
    ...database,
    hints,
    async close() {
      await hints.close();
      // A test may have changed its layout: then no other can use it.
      if ((await tablesOf(database.queries)).join() !== used.tables.join()) return database.close();
      await filled(used, used.first);
      free.push(used);
    },
  };
}

/** What a store holds now. */
export async function imageOfStore({ dialect, queries }: CloudDatabase): Promise<StoreImage> {
  if (dialect === "postgres") return { kind: "statements", text: await fillingOf(queries, await tablesOf(queries)) };
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  try {
    await sql.raw(`VACUUM INTO '${join(folder, "image.db")}'`).execute(queries);
    return { kind: "file", bytes: readFileSync(join(folder, "image.db")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function makeDatabase(server: string): Promise<UsedDatabase> {
  const name = `t_${process.pid}_${made++}`;
  await run(server, `CREATE DATABASE ${name}`);
  const url = server.replace("/postgres?", `/${name}?`);
  const database = await openPostgres({ url });
  const tables = await tablesOf(database.queries);
  return { database, url, tables, first: await fillingOf(database.queries, tables) };
}

/** Everything goes, and this is there instead. */
async function filled({ url, tables }: UsedDatabase, statements: string): Promise<void> {
  // Foreign keys are not looked at: row after row stands as it stood.
  const all = ["SET LOCAL session_replication_role = replica", ...tables.map((table) => `DELETE FROM ${table}`), statements];
  await run(url, `BEGIN; ${all.join("; ")}; COMMIT`);
}

/** On a connection of its own. */
async function run(url: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}

/** Statements that put the rows of these tables, and what sequences stand at, into an empty store. */
async function fillingOf(queries: Queries, tables: readonly string[]): Promise<string> {
  const statements: string[] = [];
  for (const table of tables) {
    const { rows } = await sql<{ all: string | null }>`SELECT json_agg(one)::text AS all FROM ${sql.table(table)} AS one`.execute(queries);
    const all = rows[0]?.all ?? null;
    if (all !== null) statements.push(`INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::${table}, ${literal(all)})`);
  }
  const { rows } = await sql<{ name: string; last: number | null }>`SELECT sequencename AS name, last_value AS last FROM pg_sequences WHERE schemaname = 'public'`.execute(queries); // prettier-ignore
  for (const { name, last } of rows) statements.push(last === null ? `ALTER SEQUENCE ${name} RESTART` : `SELECT setval(${literal(name)}, ${last})`);
  return statements.join("; ");
}

const literal = (text: string): string => pg.escapeLiteral(text);

async function tablesOf(queries: Queries): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'kysely%' ORDER BY tablename`.execute(queries); // prettier-ignore
  return rows.map(({ name }) => name);
}
