import Database from "better-sqlite3";
import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { compiledOnce } from "./compiled-statements.ts";
import { openSqlite } from "./cloud-database.ts";
import { FirstComeSqlite } from "./first-come.ts";
import { Statement } from "./statement.ts";

test("the one connection goes to who asked first, transactions and single statements alike, also behind one that has failed", async () => {
  const queries = new Kysely<unknown>({ dialect: new FirstComeSqlite({ database: compiledOnce(new Database(":memory:")) }) });
  await sql`CREATE TABLE door (id INTEGER PRIMARY KEY)`.execute(queries);
  const order: string[] = [];
  const one = (nth: number): Promise<unknown> => {
    const name = `${nth}`;
    if (nth % 3 === 0) return sql`INSERT INTO door VALUES (${nth})`.execute(queries).then(() => order.push(name));
    const act = queries.transaction().execute(async (all) => {
      await sql`INSERT INTO door VALUES (${nth})`.execute(all);
      await sql`SELECT 1`.execute(all);
      order.push(name);
      if (nth % 3 === 1) throw new Error("no");
    });
    return act.catch(() => undefined);
  };
  await Promise.all(Array.from({ length: 30 }, (_, nth) => one(nth)));
  expect(order).toEqual(Array.from({ length: 30 }, (_, nth) => `${nth}`));
  const { rows } = await sql<{ n: number }>`SELECT COUNT(*) AS n FROM door`.execute(queries);
  expect(rows).toEqual([{ n: 20 }]);
  await queries.destroy();
});

test("who waits while the connection is handed on is not overtaken by one who comes then", async () => {
  const queries = new Kysely<unknown>({ dialect: new FirstComeSqlite({ database: compiledOnce(new Database(":memory:")) }) });
  const order: number[] = [];
  const ask = (nth: number): Promise<unknown> => sql`SELECT ${nth}`.execute(queries).then(() => order.push(nth));
  const first = Array.from({ length: 3 }, (_, nth) => ask(nth));
  await first[0];
  await Promise.all([...first, ask(3)]);
  expect(order).toEqual([0, 1, 2, 3]);
  await queries.destroy();
});

test("a statement that could be run at once waits while a transaction has the connection: it sees all of that or nothing", async () => {
  const database = await openSqlite(":memory:");
  const put = new Statement<never>("INSERT INTO ledger_charge (movement, refunded_fen, campus_fen) VALUES (?, 0, 0)");
  const count = new Statement<{ readonly n: number }>("SELECT COUNT(*) AS n FROM ledger_charge");
  let goOn = (): void => {};
  const goesOn = new Promise<void>((go) => (goOn = go));
  let hasBegun = (): void => {};
  const begun = new Promise<void>((begin) => (hasBegun = begin));
  const failing = database.transact(async (queries) => {
    await put.rows(queries, "a");
    hasBegun();
    await goesOn;
    throw new Error("no");
  });
  await begun;
  const counted = count.row(database.queries);
  goOn();
  await expect(failing).rejects.toThrow("no");
  expect(await counted).toEqual({ n: 0 });
  await put.rows(database.queries, "c");
  expect(await count.row(database.queries)).toEqual({ n: 1 });
  await database.close();
});
