import { afterEach, beforeEach, expect, test } from "vitest";
import { apiCampus, type ApiCampus } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, imageOf, type RigImage } from "../rig/api-rig.ts";
import { CANTEEN, funded, OFFICE } from "../rig/wallet-cases.ts";
import { checkLedger } from "./check-ledger.ts";
import { tellMovements } from "./money-notification.ts";
import { closeDaysThatAreOver } from "./tills.ts";

let rig: ApiRig;
let campus: ApiCampus;
let set: { readonly image: RigImage; readonly campus: ApiCampus } | undefined;
beforeEach(async () => {
  rig = await apiRig(undefined, set?.image);
  campus = set?.campus ?? (await apiCampus(rig.backend.client));
  set ??= { image: await imageOf(rig), campus };
});
afterEach(async () => {
  expect((await checkLedger(rig.cloud.database)).broken).toEqual([]);
  await rig.close();
});
const client = () => rig.backend.client;
const world = () => ({ client: client(), person: campus.person });
const me = () => ({ params: { id: campus.person } });
const WHY = { reason: "演习" };
let nth = 0;
const ask = (amountFen: unknown, till: string, id = `movement-${++nth}`) => ({ id, amountFen, till, text: "" });
const charge = (amountFen: unknown, id?: string, happenedAt: string | null = null) =>
  client().ask("POST /v1/wallets/{id}/charges", { ...me(), body: { ...ask(amountFen, CANTEEN, id), happenedAt } });
const topUp = (amountFen: number, till = OFFICE, id?: string) => client().ask("POST /v1/wallets/{id}/top-ups", { ...me(), body: ask(amountFen, till, id) });
const wallet = () => answered(client().ask("GET /v1/wallets/{id}", me()));
const lines = async (query: object = {}) => (await answered(client().ask("GET /v1/wallets/{id}/statement", { ...me(), query }))).items;

test("rule 2.13: a top-up is credited and shown at once, once however often it is sent, and told; what the balance does not cover is refused with what to do", async () => {
  await funded(world(), 5_000);
  expect(await wallet()).toMatchObject({ state: "open", balanceFen: 5_000, availableFen: 5_000, heldFen: 0, debtFen: 0 });
  for (let times = 0; times < 2; times++) expect(await topUp(1_000, OFFICE, "top-up-0001")).toMatchObject({ status: 201, value: { balanceFen: 6_000 } });
  expect(await topUp(1_001, OFFICE, "top-up-0001")).toMatchObject({
    status: 409,
    problem: { reason: "MovementIdTaken", zh: expect.stringContaining("该编号已用于另一笔账") },
  });
  expect(await charge(6_001)).toMatchObject({
    status: 422,
    problem: {
      reason: "InsufficientFunds",
      rule: "2.13",
      zh: "余额不足。请先充值再支付。",
      caseCategory: "校园卡",
      contact: expect.stringContaining("IT"),
      remedy: "Top up, then pay again.",
    },
  });
  expect(await charge(6_000)).toMatchObject({ status: 201, value: { balanceFen: 0, netFen: -6_000 } });
  expect([await tellMovements(rig.cloud), await tellMovements(rig.cloud)]).toEqual([false, false]);
  const told = await rig.cloud.database.queries
    .selectFrom("notification")
    .select(["kind", "person"])
    .where("kind", "like", "wallet.%")
    .orderBy("nth")
    .execute();
  expect(told.map(({ kind }) => kind)).toEqual(["wallet.topped-up", "wallet.topped-up", "wallet.charged"]);
  expect(told.every(({ person }) => person === campus.person)).toBe(true);
});

test("rule 2.10: amounts that are negative, zero, fractional, huge or text are refused by name, and nothing is moved; a refund goes back once, and no more than was paid", async () => {
  await funded(world(), 5_000);
  for (const [amount, reason] of [
    [-1, "AmountNotPositive"],
    [0, "AmountNotPositive"],
    [12.5, "AmountNotWhole"],
    [1e300, "AmountOverLimit"],
    ["1250", "AmountNotANumber"],
    [null, "AmountNotANumber"],
    [[1250], "AmountNotANumber"],
  ] as const)
    expect(await charge(amount), String(amount)).toMatchObject({ status: 422, problem: { reason } });
  expect(await lines()).toHaveLength(1);
  await answered(charge(1_250, "charge-0001"));
  const refund = (amountFen: unknown, id: string) =>
    client().ask("POST /v1/movements/{id}/refund", { params: { id: "charge-0001" }, body: { id, amountFen, text: "" } }, WHY);
  expect(await refund(300, "refund-0001")).toMatchObject({ value: { of: "charge-0001", netFen: 300, balanceFen: 4_050 } });
  expect(await refund(300, "refund-0001")).toMatchObject({ status: 201, value: { balanceFen: 4_050 } });
  expect(await refund(951, "refund-0002")).toMatchObject({
    status: 409,
    problem: { reason: "RefundOverCharge", rule: "2.10", detail: "951 fen, 950 of 1250 are left" },
  });
  expect(await refund(null, "refund-0003")).toMatchObject({ value: { netFen: 950, balanceFen: 5_000 } });
  expect(await refund(null, "refund-0004")).toMatchObject({ status: 409, problem: { reason: "RefundOverCharge" } });
});

test("what is held counts as spent, is taken in part or beyond, given back, and free again when its time is over, also where nobody has looked since", async () => {
  await funded(world(), 5_000);
  const hold = (amountFen: number, id: string, expiresAt: string | null) =>
    client().ask("POST /v1/wallets/{id}/holds", { ...me(), body: { ...ask(amountFen, CANTEEN, id), expiresAt } });
  await answered(hold(3_000, "hold-0001", null));
  expect(await charge(2_001)).toMatchObject({ problem: { reason: "InsufficientFunds" } });
  const post = (of: string, amountFen: number) =>
    client().ask("POST /v1/movements/{id}/post", { params: { id: of }, body: { id: `post-${of}`, amountFen, text: "" } });
  expect(await post("hold-0001", 1_000)).toMatchObject({ value: { netFen: -1_000, balanceFen: 4_000 } });
  expect(await wallet()).toMatchObject({ availableFen: 4_000, holds: [] });
  await answered(hold(4_000, "hold-0002", "2026-09-01T00:01:00Z"));
  expect(await wallet()).toMatchObject({
    availableFen: 0,
    heldFen: 4_000,
    holds: [{ movement: "hold-0002", amountFen: 4_000, expiresAt: "2026-09-01T00:01:00Z" }],
  });
  rig.cloud.pass(60);
  expect(await wallet()).toMatchObject({ balanceFen: 4_000, availableFen: 4_000, heldFen: 0, holds: [] });
  expect(await post("hold-0002", 1)).toMatchObject({ status: 409, problem: { reason: "HoldOver" } });
  expect(await charge(4_000)).toMatchObject({ status: 201 });
  const { kind } = (await rig.cloud.database.queries.selectFrom("ledger_movement").select("kind").where("id", "=", "hold-0002:expired").executeTakeFirst())!;
  expect(kind).toBe("expire");
});

test("rule 2.17: consumption records come newest entry first and page by page; one that came late stands where it came, with when it happened, and says late", async () => {
  await funded(world(), 5_000);
  rig.cloud.pass(3_600);
  await answered(charge(100, "on-time-1"));
  await answered(charge(200, "too-late-1", "2026-09-01T00:10:00Z"));
  await answered(charge(300, "on-time-2", "2026-09-01T00:59:00Z"));
  const all = await lines();
  expect(all.map(({ id, late, netFen, balanceFen }) => [id, late, netFen, balanceFen])).toEqual([
    ["on-time-2", false, -300, 4_400],
    ["too-late-1", true, -200, 4_700],
    ["on-time-1", false, -100, 4_900],
    ["first-top-up", false, 5_000, 5_000],
  ]);
  expect(all[1]).toMatchObject({ at: "2026-09-01T01:00:00Z", happenedAt: "2026-09-01T00:10:00Z" });
  const page = await answered(client().ask("GET /v1/wallets/{id}/statement", { ...me(), query: { limit: 2 } }));
  expect((await lines({ limit: 2, after: page.next! })).map(({ id }) => id)).toEqual(["on-time-1", "first-top-up"]);
  expect((await lines({ from: "2026-09-01T00:59:00Z", until: "2026-09-01T01:00:00Z" })).map(({ id }) => id)).toEqual(["on-time-2"]);
  expect(await client().ask("GET /v1/wallets/{id}/statement", { ...me(), query: { from: "2026-09-02T00:00:00Z", until: "2026-09-01T00:00:00Z" } })).toMatchObject({ status: 400, problem: { errors: [{ pointer: "/until" }] } }); // prettier-ignore
  expect(await charge(1, undefined, "2026-09-01T02:00:00Z")).toMatchObject({ status: 422, problem: { reason: "TimeAhead" } });
});

test("a day that is closed never changes: what comes late is booked on the next, and neither rows nor totals can be altered in the store", async () => {
  await funded(world(), 50_000);
  await answered(charge(100));
  rig.cloud.pass(86_400);
  await answered(charge(200, "of-yesterday", "2026-09-01T08:00:00Z"));
  const close = (day: string) => client().ask("POST /v1/tills/{id}/days/{day}/close", { params: { id: CANTEEN, day } });
  expect(await close("2026-09-01")).toMatchObject({ value: { movements: 2, lateMovements: 1, creditsFen: 300, debitsFen: 0, netFen: 300, after: null } });
  await answered(charge(400, "too-late-for-it", "2026-09-01T09:00:00Z"));
  expect(await close("2026-09-01")).toMatchObject({ status: 409, problem: { reason: "DayClosed" } });
  expect(await close("2026-09-02")).toMatchObject({ status: 409, problem: { reason: "DayNotOver" } });
  expect((await lines())[0]).toMatchObject({ id: "too-late-for-it", late: true, day: "2026-09-02", happenedAt: "2026-09-01T09:00:00Z" });
  rig.cloud.pass(86_400);
  expect(await closeDaysThatAreOver(rig.cloud, 7_200)).toBeGreaterThan(1);
  expect(await closeDaysThatAreOver(rig.cloud, 7_200)).toBe(0);
  const { items } = await answered(client().ask("GET /v1/tills/{id}/days", { params: { id: CANTEEN } }));
  expect(items.map(({ day, after, creditsFen }) => [day, after, creditsFen])).toEqual([["2026-09-02", "2026-09-01", 400], ["2026-09-01", null, 300]]); // prettier-ignore
  const { queries } = rig.cloud.database;
  await expect(queries.updateTable("ledger_day").set({ credits: 0 }).execute()).rejects.toThrow(/append-only/);
  await expect(queries.deleteFrom("ledger_transfer").execute()).rejects.toThrow(/append-only/);
  await expect(queries.updateTable("ledger_movement").set({ late: 0 }).execute()).rejects.toThrow(/append-only/);
  const row = await queries.selectFrom("ledger_transfer").selectAll().where("credit", "=", CANTEEN).executeTakeFirstOrThrow();
  await expect(
    queries
      .insertInto("ledger_transfer")
      .values({ ...row, leg: 2 })
      .execute(),
  ).rejects.toThrow(/day_closed/);
  await expect(
    queries
      .updateTable("ledger_account")
      .set({ debits_posted: 10 ** 9 })
      .where("kind", "=", "wallet")
      .execute(),
  ).rejects.toThrow(/constraint/i);
});

test("a wallet is closed with its debts paid first and its balance handed back to where it came from; then nothing moves it, and its owner can be erased", async () => {
  await funded(world(), 1_000);
  await answered(client().ask("PUT /v1/tills/{id}", { params: { id: "provider/bank" }, body: { names: { zh: "银行", en: "Bank" }, terminals: [] } }));
  await answered(topUp(2_000, "provider/bank"));
  await answered(charge(500));
  expect(await client().ask("POST /v1/persons/{id}/erase", me(), WHY)).toMatchObject({ status: 409, problem: { reason: "ObligationsStand", detail: expect.stringContaining("close the wallet first") } }); // prettier-ignore
  const close = () => client().ask("POST /v1/wallets/{id}/close", { ...me(), body: { id: "closing-0001", till: OFFICE, text: "" } }, WHY);
  expect(await close()).toMatchObject({ status: 200, value: { kind: "close", amountFen: 500, till: OFFICE, balanceFen: 0 } });
  expect(await wallet()).toMatchObject({ state: "closed", balanceFen: 0 });
  const balances = Object.fromEntries((await answered(client().ask("GET /v1/tills", {}))).items.map(({ id, balanceFen }) => [id, balanceFen]));
  expect(balances).toMatchObject({ "provider/bank": 0, [OFFICE]: -500, [CANTEEN]: 500 });
  expect(await charge(1)).toMatchObject({ status: 409, problem: { reason: "WalletClosed", rule: "2.13" } });
  expect(await topUp(1)).toMatchObject({ status: 409, problem: { reason: "WalletClosed" } });
  await answered(client().ask("POST /v1/persons/{id}/erase", me(), WHY));
  expect(await rig.cloud.database.queries.selectFrom("wallet").selectAll().execute()).toEqual([]);
});
