import pg from "pg";
import { type CloudDatabase, openSqlite } from "../store/cloud-database.ts";
import { openPostgres } from "../store/postgres.ts";

/** Where this is set, stores of tests are databases of that PostgreSQL server: the URL of its database `postgres`. */
const SERVER = process.env["PORTICO_TEST_POSTGRES"];

/** A database that tests use one after the other: to empty one is quicker than to make one. */
interface UsedDatabase {
  readonly url: string;
  /** Rows that the layout brings with it. */
  readonly seeds: readonly { readonly table: string; readonly rows: readonly Readonly<Record<string, unknown>>[] }[];
}
const free: UsedDatabase[] = [];
let made = 0;

/** An empty store that is gone when it is closed: in memory, or a database of the server that the environment names. */
export async function freshDatabase(): Promise<CloudDatabase> {
  if (SERVER === undefined) return openSqlite(":memory:");
  const used = free.pop() ?? (await makeDatabase(SERVER));
  const database = await openPostgres({ url: used.url });
  return {
    ...database,
    async close() {
      await database.close();
      if (await emptied(used)) free.push(used);
    },
  };
}

async function makeDatabase(server: string): Promise<UsedDatabase> {
  const name = `t_${process.pid}_${made++}`;
  await asked(server, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = server.replace("/postgres?", `/${name}?`);
  await (await openPostgres({ url })).close();
  return asked(url, async (client) => {
    const seeds: { table: string; rows: Record<string, unknown>[] }[] = [];
    for (const table of await tablesOf(client)) seeds.push({ table, rows: (await client.query<Record<string, unknown>>(`SELECT * FROM ${table}`)).rows });
    return { url, seeds };
  });
}

/** Makes it as it was in the beginning. False: a test has changed its layout, so no other can use it. */
async function emptied({ url, seeds }: UsedDatabase): Promise<boolean> {
  return asked(url, async (client) => {
    const tables = await tablesOf(client);
    if (tables.join() !== seeds.map(({ table }) => table).join()) return false;
    const { rows: sequences } = await client.query<{ name: string }>("SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public'");
    const statements = [
      "SET LOCAL session_replication_role = replica", // foreign keys are not looked at: everything goes
      ...tables.map((table) => `DELETE FROM ${table}`),
      ...sequences.map(({ name }) => `ALTER SEQUENCE ${name} RESTART`),
    ];
    await client.query(`BEGIN; ${statements.join("; ")}; COMMIT`);
    for (const { table, rows } of seeds)
      for (const row of rows) {
        const columns = Object.keys(row);
        await client.query(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map((_, nth) => `$${nth + 1}`).join(", ")})`, Object.values(row));
      }
    return true;
  });
}

async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ tablename: string }>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'kysely%' ORDER BY tablename",
  );
  return rows.map(({ tablename }) => tablename);
}

async function asked<T>(url: string, ask: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}
