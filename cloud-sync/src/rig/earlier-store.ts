import Database from "better-sqlite3";
import { type Dialect, Kysely, Migrator, PostgresDialect, SqliteDialect } from "kysely";
import pg from "pg";
import { type CloudDatabase, openSqlite } from "../store/cloud-database.ts";
import { migrationsFor } from "../store/migrations.ts";
import { openPostgres } from "../store/postgres.ts";

/** Where this is set, the store is a database of that PostgreSQL server. */
const SERVER = process.env["PORTICO_TEST_POSTGRES"];
let made = 0;

/**
 * A store as an earlier version of the program left it, opened by this one.
 *
 * @param step  the last step of the layout that version knew
 * @param fill  puts in it what was there
 */
export async function storeOfEarlier(step: string, fill: (earlier: Kysely<unknown>) => Promise<void>): Promise<CloudDatabase> {
  const { dialect, kind, open } = SERVER === undefined ? inMemory() : await newDatabase(SERVER);
  const earlier = new Kysely<unknown>({ dialect });
  const { error } = await new Migrator({ db: earlier, provider: migrationsFor(kind) }).migrateTo(step);
  if (error !== undefined) throw error as Error;
  await fill(earlier);
  const opened = await open();
  await earlier.destroy();
  return opened;
}

interface NewStore {
  readonly dialect: Dialect;
  readonly kind: "sqlite" | "postgres";
  readonly open: () => Promise<CloudDatabase>;
}

function inMemory(): NewStore {
  const database = new Database(":memory:");
  return { dialect: new SqliteDialect({ database }), kind: "sqlite", open: () => openSqlite(database.serialize()) };
}

async function newDatabase(server: string): Promise<NewStore> {
  const name = `earlier_${process.pid}_${made++}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = server.replace("/postgres?", `/${name}?`);
  return { dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }), kind: "postgres", open: () => openPostgres({ url }) };
}
