import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cloud } from "../cloud.ts";
import { checkLedger } from "../ledger/check-ledger.ts";
import { Ledger } from "../ledger/ledger.ts";
import { tellMovements } from "../ledger/money-notification.ts";
import { readStatement } from "../ledger/statement-lines.ts";
import { closeDay } from "../ledger/tills.ts";
import { storeOfEarlier } from "../rig/earlier-store.ts";
import { LEDGER_POLICY, orderedOf } from "../rig/ledger-rig.ts";
import type { CloudDatabase } from "./cloud-database.ts";

const [ONE, OTHER, SHOP, OFFICE] = ["00000000000000a1", "00000000000000a2", "merchant/shop", "cashDesk/office"] as const;
const DAY = "2026-09-01";
const movement = (seq: number, kind: string, wallet: string | null, till: string | null, [net, balance]: readonly (number | null)[]) =>
  `(${seq}, 'earlier.${seq}', '${kind}', '', ${wallet === null ? "NULL" : `'${wallet}'`}, ${till === null ? "NULL" : `'${till}'`}, 100, ${seq}, ${seq}, '${DAY}', 0, '', 'test', '', ${net}, ${balance}, ${wallet === null ? null : 0})`;
const transfer = (seq: number, debit: string, credit: string) => `(${seq}, 1, '${debit}', '${credit}', 100, 'posted', NULL, NULL, '${DAY}')`;

/** As step 0040 laid it out: two wallets and two tills whose movements lie between each other, numbers that were given to what was refused, and a day closed behind those. */
const EARLIER = [
  `INSERT INTO person (id, name, flags, party_size) VALUES ('p-1', '张', 0, 1)`,
  `INSERT INTO wallet (person, wallet, opened_at, blocked) VALUES ('p-1', '${ONE}', 0, 0)`,
  `INSERT INTO till (id, name_zh, name_en) VALUES ('${SHOP}', '店', 'Shop'), ('${OFFICE}', '办', 'Office')`,
  `INSERT INTO ledger_movement (seq, id, kind, body, wallet, till, amount_fen, at, happened_at, day, late, said, acted_by, reason, net_fen, balance_fen, debt_fen) VALUES
    ${[movement(1, "topUp", ONE, OFFICE, [100, 100]), movement(3, "topUp", OTHER, OFFICE, [100, 100]), movement(4, "charge", ONE, SHOP, [-100, 0]), movement(6, "topUp", ONE, OFFICE, [100, 100]), movement(7, "fact", null, SHOP, [null, null])].join(", ")}`, // prettier-ignore
  `INSERT INTO ledger_transfer (movement, leg, debit, credit, amount_fen, flag, ends, expires_at, day) VALUES
    ${[transfer(1, OFFICE, `wallet/${ONE}`), transfer(3, OFFICE, `wallet/${OTHER}`), transfer(4, `wallet/${ONE}`, SHOP), transfer(6, OFFICE, `wallet/${ONE}`), transfer(7, "campusLoss", SHOP)].join(", ")}`, // prettier-ignore
  `INSERT INTO ledger_account (id, kind, debits_pending, debits_posted, credits_pending, credits_posted, closed, closed_through) VALUES
    ('wallet/${ONE}', 'wallet', 0, 100, 0, 200, 0, ''), ('wallet/${OTHER}', 'wallet', 0, 0, 0, 100, 0, ''),
    ('${SHOP}', 'merchant', 0, 0, 0, 200, 0, '${DAY}'), ('${OFFICE}', 'cashDesk', 0, 300, 0, 0, 0, '')`,
  "UPDATE ledger_account SET debits_posted = 100 WHERE id = 'campusLoss'",
  `INSERT INTO ledger_day (account, day, after_day, movements, debits, credits, late, through_seq, closed_at, closed_by) VALUES ('${SHOP}', '${DAY}', '', 2, 0, 200, 0, 9, 9, 'test')`,
  "UPDATE ledger_head SET seq = 9, at = 9",
  "UPDATE ledger_told_mark SET seq = 9",
];

let database: CloudDatabase;
beforeEach(async () => {
  database = await storeOfEarlier("0040-waiting-order", async (earlier) => {
    for (const statement of EARLIER) await sql.raw(statement).execute(earlier);
  });
});
afterEach(() => database.close());
const NOW_S = 1_788_400_000;
const cloud = (): Cloud => ({ site: "demo", timeZone: "Asia/Shanghai", database, nowMs: () => NOW_S * 1_000, randomBytes: (count) => new Uint8Array(count) });

test("the movements of an earlier version name the ones before them, the statements read as before, and what comes goes on with them", async () => {
  const { queries } = database;
  const rows = await queries.selectFrom("ledger_movement").select(["seq", "wallet_before", "till_before"]).orderBy("seq").execute();
  expect(rows.map(({ seq, wallet_before, till_before }) => [seq, wallet_before, till_before])).toEqual([
    [1, null, null],
    [3, null, 1],
    [4, 1, null],
    [6, 4, 3],
    [7, null, 4],
  ]);
  expect(await checkLedger(database)).toMatchObject({ movements: 5, broken: [] });
  const posted = await new Ledger(cloud(), LEDGER_POLICY).post(orderedOf("later-001", { kind: "charge", wallet: ONE, till: SHOP, amountFen: 60 }));
  expect(posted).toMatchObject({ ok: true, value: { movement: { seq: 8, at: NOW_S, wallet_before: 6, till_before: 7, balance_fen: 40 } } });
  const numbers = async (of: { readonly person: string } | { readonly till: string }) => (await readStatement(queries, of, { before: undefined, limit: 9 })).map(({ seq }) => seq); // prettier-ignore
  expect([await numbers({ person: "p-1" }), await numbers({ till: OFFICE }), await numbers({ till: SHOP })]).toEqual([[8, 6, 4, 1], [6, 3, 1], [8, 7, 4]]); // prettier-ignore
  expect(await checkLedger(database)).toMatchObject({ movements: 6, broken: [] });
});

test("a number that was given to what was refused is given again: its movement is told, and stands on the next day that is closed", async () => {
  await new Ledger(cloud(), LEDGER_POLICY).post(orderedOf("later-001", { kind: "charge", wallet: ONE, till: SHOP, amountFen: 60 }));
  await tellMovements(cloud());
  const told = await database.queries.selectFrom("notification").select("kind").execute();
  expect(told.map(({ kind }) => kind)).toEqual(["wallet.charged"]);
  const note = { actor: "test", action: "till close-day", target: "", reason: "" };
  const tomorrow: Cloud = { ...cloud(), nowMs: () => (NOW_S + 86_400) * 1_000 };
  expect(await closeDay(tomorrow, note, SHOP, "2026-09-03")).toMatchObject({ ok: true, value: { value: { movements: 1, credits: 60, through_seq: 8 } } });
});

test("the store refuses what it refused before, and that a movement names one behind it", async () => {
  const { queries } = database;
  await expect(queries.updateTable("ledger_movement").set({ till_before: 1 }).execute()).rejects.toThrow(/append-only/);
  await expect(queries.deleteFrom("ledger_movement").execute()).rejects.toThrow(/append-only/);
  await expect(queries.updateTable("ledger_day").set({ credits: 0 }).execute()).rejects.toThrow(/append-only/);
  await expect(queries.deleteFrom("ledger_day").execute()).rejects.toThrow(/append-only/);
  const row = await queries.selectFrom("ledger_movement").selectAll().where("seq", "=", 7).executeTakeFirstOrThrow();
  const put = (changes: Partial<typeof row>) => queries.insertInto("ledger_movement").values({ ...row, seq: 8, id: "forged-1", ...changes }).execute(); // prettier-ignore
  await expect(put({ till_before: 8 })).rejects.toThrow(/check/i);
  await expect(put({ wallet_before: 9 })).rejects.toThrow(/check/i);
});
