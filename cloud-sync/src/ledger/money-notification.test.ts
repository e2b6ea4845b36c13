import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cloud } from "../cloud.ts";
import { freshDatabase } from "../rig/fresh-database.ts";
import { Died, LEDGER_POLICY, mortalDatabase, openTills, openWallets, orderedOf, WALLETS } from "../rig/ledger-rig.ts";
import type { CloudDatabase } from "../store/cloud-database.ts";
import type { Order } from "../core/ledger/order.ts";
import { Ledger } from "./ledger.ts";
import { tellMovements } from "./money-notification.ts";

const [WALLET] = WALLETS;
const [CANTEEN, , OFFICE] = ["merchant/canteen", "merchant/shop", "cashDesk/office"] as const;
let database: CloudDatabase;
let cloud: Cloud;
let nowS: number;
beforeEach(async () => {
  database = await freshDatabase();
  await openTills(database.queries);
  await openWallets(database.queries);
  nowS = 1_788_000_000;
  cloud = { site: "demo", timeZone: "Asia/Shanghai", database, nowMs: () => nowS * 1000, randomBytes: (count) => new Uint8Array(count) };
});
afterEach(() => database.close());

const rows = () => database.queries.selectFrom("notification").selectAll().orderBy("nth").execute();
const post = async (id: string, order: Order) => expect(await new Ledger(cloud, LEDGER_POLICY).post(orderedOf(id, order))).toMatchObject({ ok: true });
const topUp = (id: string, amountFen: number) => post(id, { kind: "topUp", wallet: WALLET, till: OFFICE, amountFen });

test("each movement is told once, in the order of the ledger, with who owes and what somebody has to look at; a hold is not", async () => {
  await topUp("topUp-1", 1_000);
  await post("charge-1", { kind: "charge", wallet: WALLET, till: CANTEEN, amountFen: 100 });
  await post("hold-1", { kind: "hold", wallet: WALLET, till: CANTEEN, amountFen: 10, expiresAt: nowS + 60 });
  nowS += 60;
  await post("fact-1", { kind: "fact", wallet: WALLET, till: CANTEEN, amountFen: 9_000, payer: { kind: "holder" } });
  nowS += 60;
  await Promise.all(Array.from({ length: 5 }, () => tellMovements(cloud)));
  const told = (await rows()).map(({ kind, person, body }) => [kind, (JSON.parse(body) as { movement: string }).movement, person]);
  const owner = `person of ${WALLET}`;
  expect(told).toEqual([
    ["wallet.topped-up", "topUp-1", owner],
    ["wallet.charged", "charge-1", owner],
    ["wallet.hold-expired", "hold-1:expired", owner],
    ["wallet.charged", "fact-1", owner],
    ["wallet.owes", "fact-1", owner],
    ["wallet.review-opened", "fact-1", owner],
  ]);
  expect(JSON.parse((await rows())[1]!.body)).toEqual({ movement: "charge-1", of: null, amountFen: 100, till: CANTEEN, happenedAt: 1_788_000_000, late: false, balanceFen: 900, debtFen: 0, text: "" }); // prettier-ignore
  expect((await rows()).map(({ at }) => at - 1_788_000_000)).toEqual([0, 0, 60, 60, 60, 60]);
  expect(await tellMovements(cloud)).toBe(false);
  expect(await rows()).toHaveLength(6);
});

test("a program that dies while it tells has told nothing, or all of it, and the next one tells the rest", async () => {
  for (const when of [0, 1, 2, 3, 4, 5, "committed"] as const) {
    await topUp(`topUp-${when}`, 10);
    await expect(tellMovements({ ...cloud, database: mortalDatabase(database, () => when) })).rejects.toThrow(Died);
    while (await tellMovements(cloud));
  }
  const told = (await rows()).map(({ body }) => (JSON.parse(body) as { movement: string }).movement);
  expect(told).toEqual([0, 1, 2, 3, 4, 5, "committed"].map((when) => `topUp-${when}`));
});

test("more movements than one transaction tells are told by the next", async () => {
  const ledger = new Ledger(cloud, LEDGER_POLICY);
  await Promise.all(
    Array.from({ length: 501 }, (_, nth) => ledger.post(orderedOf(`topUp-${nth}`, { kind: "topUp", wallet: WALLET, till: OFFICE, amountFen: 1 }))),
  );
  expect([await tellMovements(cloud), (await rows()).length]).toEqual([true, 500]);
  expect([await tellMovements(cloud), (await rows()).length]).toEqual([false, 501]);
});
