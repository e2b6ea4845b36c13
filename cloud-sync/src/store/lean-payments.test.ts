import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cloud } from "../cloud.ts";
import { checkLedger } from "../ledger/check-ledger.ts";
import { Ledger } from "../ledger/ledger.ts";
import { numberNotifications, readNotifications } from "../notifications/notification.ts";
import { storeOfEarlier } from "../rig/earlier-store.ts";
import { LEDGER_POLICY, orderedOf } from "../rig/ledger-rig.ts";
import type { CloudDatabase } from "./cloud-database.ts";

const [WALLET, SHOP, OFFICE] = ["00000000000000a1", "merchant/shop", "cashDesk/office"] as const;
const DAY = "2026-09-01";
const movement = (seq: number, kind: string, fen: number, [net, balance, debt]: readonly (number | null)[], refersTo: string | null = null) =>
  `(${seq}, 'm.${seq}', '${kind}', '', '${WALLET}', '${SHOP}', ${fen}, ${refersTo === null ? "NULL" : `'${refersTo}'`}, ${seq}, ${seq}, '${DAY}', 0, '', 'test', '', ${net}, ${balance}, ${debt})`;

/** As step 0026 laid it out: a top-up, a hold that was taken and one that was given back, a hold that stands, a payment that left somebody owing. */
const EARLIER = [
  `INSERT INTO person (id, name, flags, party_size) VALUES ('p-1', '张', 0, 1)`,
  `INSERT INTO wallet (person, wallet, opened_at, blocked) VALUES ('p-1', '${WALLET}', 0, 0)`,
  `INSERT INTO till (id, name_zh, name_en) VALUES ('${SHOP}', '店', 'Shop'), ('${OFFICE}', '办', 'Office')`,
  `INSERT INTO ledger_movement (seq, id, kind, body, wallet, till, amount_fen, refers_to, at, happened_at, day, late, said, acted_by, reason, net_fen, balance_fen, debt_fen) VALUES
    ${[movement(1, "topUp", 1_000, [1_000, 1_000, 0]), movement(2, "hold", 300, [0, 1_000, 0]), movement(3, "post", 200, [-200, 800, 0], "m.2"), movement(4, "hold", 100, [0, 800, 0]), movement(5, "void", 100, [0, 800, 0], "m.4"), movement(6, "fact", 900, [-900, 0, 100]), movement(7, "topUp", 150, [150, 50, 0]), movement(8, "hold", 20, [0, 50, 0])].join(", ")}`, // prettier-ignore
  `INSERT INTO ledger_transfer (id, movement, debit, credit, amount_fen, flag, pending_id, expires_at, day) VALUES
    ('m.1/1', 1, '${OFFICE}', 'wallet/${WALLET}', 1000, 'posted', NULL, NULL, '${DAY}'),
    ('m.2/1', 2, 'wallet/${WALLET}', '${SHOP}', 300, 'pending', NULL, 99, '${DAY}'),
    ('m.3/1', 3, 'wallet/${WALLET}', '${SHOP}', 200, 'post', 'm.2/1', NULL, '${DAY}'),
    ('m.4/1', 4, 'wallet/${WALLET}', '${SHOP}', 100, 'pending', NULL, NULL, '${DAY}'),
    ('m.5/1', 5, 'wallet/${WALLET}', '${SHOP}', 100, 'void', 'm.4/1', NULL, '${DAY}'),
    ('m.6/1', 6, 'wallet/${WALLET}', '${SHOP}', 800, 'posted', NULL, NULL, '${DAY}'),
    ('m.6/2', 6, 'debt/${WALLET}', '${SHOP}', 100, 'posted', NULL, NULL, '${DAY}'),
    ('m.7/1', 7, '${OFFICE}', 'debt/${WALLET}', 100, 'posted', NULL, NULL, '${DAY}'),
    ('m.7/2', 7, '${OFFICE}', 'wallet/${WALLET}', 50, 'posted', NULL, NULL, '${DAY}'),
    ('m.8/1', 8, 'wallet/${WALLET}', '${SHOP}', 20, 'pending', NULL, NULL, '${DAY}')`,
  `INSERT INTO ledger_account (id, kind, debits_pending, debits_posted, credits_pending, credits_posted, closed, closed_through) VALUES
    ('wallet/${WALLET}', 'wallet', 20, 1000, 0, 1050, 0, ''), ('debt/${WALLET}', 'debt', 0, 100, 0, 100, 0, ''),
    ('${SHOP}', 'merchant', 0, 0, 20, 1100, 0, ''), ('${OFFICE}', 'cashDesk', 0, 1150, 0, 0, 0, '2026-08-31')`,
  `INSERT INTO ledger_hold (movement, transfer, debit, credit, amount_fen) VALUES ('m.8', 'm.8/1', 'wallet/${WALLET}', '${SHOP}', 20)`,
  "UPDATE ledger_head SET seq = 8, at = 8",
  `INSERT INTO notification (id, seq, at, kind, person, body) VALUES ('n-1', 1, 1, 'wallet.topped-up', 'p-1', '{}'), ('n-2', 2, 3, 'wallet.charged', 'p-1', '{}'), ('n-3', NULL, 6, 'wallet.owes', 'p-1', '{}')`,
  "UPDATE notification_number SET seq = 2",
];

let database: CloudDatabase;
beforeEach(async () => {
  database = await storeOfEarlier("0026-lock-platforms", async (earlier) => {
    for (const statement of EARLIER) await sql.raw(statement).execute(earlier);
  });
});
afterEach(() => database.close());

test("the ledger of an earlier version still adds up, its transfers stand as they stood, and its holds end once", async () => {
  const transfers = await database.queries.selectFrom("ledger_transfer").selectAll().orderBy("movement").orderBy("leg").execute();
  expect(transfers.map(({ movement: of, leg, amount_fen, flag, ends, expires_at }) => [of, leg, amount_fen, flag, ends, expires_at])).toEqual([
    [1, 1, 1_000, "posted", null, null],
    [2, 1, 300, "pending", null, 99],
    [3, 1, 200, "post", 2, null],
    [4, 1, 100, "pending", null, null],
    [5, 1, 100, "void", 4, null],
    [6, 1, 800, "posted", null, null],
    [6, 2, 100, "posted", null, null],
    [7, 1, 100, "posted", null, null],
    [7, 2, 50, "posted", null, null],
    [8, 1, 20, "pending", null, null],
  ]);
  expect(await checkLedger(database)).toMatchObject({ movements: 8, broken: [] });
  const cloud: Cloud = { site: "demo", timeZone: "Asia/Shanghai", database, nowMs: () => 1_788_000_000_000, randomBytes: (count) => new Uint8Array(count) };
  const ledger = new Ledger(cloud, LEDGER_POLICY);
  const posted = await ledger.post(orderedOf("m.9", { kind: "post", hold: "m.8", amountFen: 20 }));
  expect(posted).toMatchObject({ ok: true, value: { movement: { seq: 9, balance_fen: 30 } } });
  expect(await ledger.post(orderedOf("m.10", { kind: "void", hold: "m.2" }))).toMatchObject({ ok: false, error: "HoldOver" });
  expect(await checkLedger(database)).toMatchObject({ movements: 9, broken: [] });
});

test("the store refuses what it refused before: change, an end of what has ended, a second hold of one movement, a closed day", async () => {
  const { queries } = database;
  const first = await queries.selectFrom("ledger_transfer").selectAll().where("movement", "=", 1).executeTakeFirstOrThrow();
  const put = (changes: Partial<typeof first>) => queries.insertInto("ledger_transfer").values({ ...first, leg: 9, ...changes }).execute(); // prettier-ignore
  await expect(queries.updateTable("ledger_transfer").set({ amount_fen: 1 }).execute()).rejects.toThrow(/append-only/);
  await expect(queries.deleteFrom("ledger_transfer").execute()).rejects.toThrow(/append-only/);
  await expect(put({ flag: "void", ends: 2 })).rejects.toThrow(/unique/i);
  await expect(put({ movement: 8, flag: "pending" })).rejects.toThrow(/unique/i);
  await expect(put({ flag: "void", ends: null })).rejects.toThrow(/check/i);
  await expect(put({ leg: 1 })).rejects.toThrow(/unique/i);
  await expect(put({ day: "2026-08-31" })).rejects.toThrow(/day_closed/);
});

test("what was told keeps its number, and what waited has the next", async () => {
  expect(await numberNotifications(database)).toBe(false);
  const { items } = await readNotifications(database.queries, { after: 0, limit: 9, kinds: [] });
  expect(items.map(({ id, seq }) => [id, seq])).toEqual([["n-1", 1], ["n-2", 2], ["n-3", 3]]); // prettier-ignore
  await expect(sql`UPDATE notification SET seq = 2 WHERE id = 'n-3'`.execute(database.queries)).rejects.toThrow(/unique/i);
});
