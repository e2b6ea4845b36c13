import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../rig/fresh-database.ts";
import type { CloudDatabase } from "./cloud-database.ts";
import { RowSet } from "./row-set.ts";
import { Statement } from "./statement.ts";

const CHARGES = new RowSet({
  table: "ledger_charge",
  columns: ["movement", "refunded_fen", "campus_fen"],
  conflict: { key: "movement", sets: ["refunded_fen"] },
});
const HOLDS = new RowSet({ table: "ledger_hold", columns: ["movement", "transfer", "debit", "credit", "amount_fen", "expires_at"] });
const charge = (nth: number, refunded_fen = nth) => ({ movement: `m-${nth}`, refunded_fen, campus_fen: 2 ** 53 - 1 - nth });
const hold = (movement: string, expires_at: number | null) => ({ movement, transfer: `${movement}'s`, debit: "a", credit: "午餐 \"1\"", amount_fen: 1, expires_at }); // prettier-ignore

let database: CloudDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.close());

test.each([0, 1, 2, 63, 64, 65, 200, 700])("%i rows are put as they are, and found by their keys", async (count) => {
  const rows = Array.from({ length: count }, (_, nth) => charge(nth));
  await CHARGES.put(database.queries, rows);
  const kept = await database.queries.selectFrom("ledger_charge").selectAll().execute();
  const byNumber = (a: { refunded_fen: number }, b: { refunded_fen: number }): number => a.refunded_fen - b.refunded_fen;
  expect(kept.sort(byNumber)).toEqual(rows);
  const asked = ["m-0", "m-64", "m-199", "nobody"];
  const found = await CHARGES.having(database.queries, "movement", asked);
  expect(found.sort(byNumber)).toEqual(rows.filter(({ movement }) => asked.includes(movement)));
  expect(await CHARGES.having(database.queries, "refunded_fen", [3])).toEqual(rows.slice(3, 4));
  expect(await CHARGES.having(database.queries, "movement", [])).toEqual([]);
});

test("a row that is there has what is named set, and nothing else; where nothing is named it is an error that leaves nothing", async () => {
  await CHARGES.put(database.queries, [charge(1), charge(2)]);
  await CHARGES.put(database.queries, [{ ...charge(1), refunded_fen: 77, campus_fen: 5 }, charge(3)]);
  expect((await CHARGES.having(database.queries, "movement", ["m-1"]))[0]).toEqual({ ...charge(1), refunded_fen: 77 });
  await HOLDS.put(database.queries, [hold("h", null)]);
  await expect(database.transact((queries) => HOLDS.put(queries, [hold("g", 7), hold("h", 8)]))).rejects.toThrow(/unique/i);
  expect(await HOLDS.having(database.queries, "debit", ["a"])).toEqual([hold("h", null)]);
});

test("a statement takes a value for each mark, in their order, on either store", async () => {
  await CHARGES.put(database.queries, [charge(1), charge(2), charge(3)]);
  const between = new Statement<{ readonly movement: string }>("SELECT movement FROM ledger_charge WHERE refunded_fen > ? AND refunded_fen < ?");
  expect(await between.rows(database.queries, 1, 3)).toEqual([{ movement: "m-2" }]);
});
