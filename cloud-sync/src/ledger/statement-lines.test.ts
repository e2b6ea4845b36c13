import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Order } from "../core/ledger/order.ts";
import { type CloudRig, cloudRig } from "../rig/cloud-rig.ts";
import { LEDGER_POLICY, openTills, openWallets, orderedOf, TILLS, WALLETS } from "../rig/ledger-rig.ts";
import type { LedgerMovementTable } from "../store/ledger-tables.ts";
import { Ledger } from "./ledger.ts";
import { movementsOf, readStatement, sourcesOf, type StatementQuery, totalsOf } from "./statement-lines.ts";

let rig: CloudRig;
beforeEach(async () => {
  rig = await cloudRig();
  await openTills(rig.database.queries);
  await openWallets(rig.database.queries);
});
afterEach(() => rig.close());

const wallet = fc.constantFrom(...WALLETS);
const till = fc.constantFrom(...TILLS);
const amountFen = fc.integer({ min: 1, max: 500 });
const order: fc.Arbitrary<Order> = fc.oneof(
  fc.record({ kind: fc.constant("topUp"), wallet, till, amountFen }),
  fc.record({ kind: fc.constant("charge"), wallet, till, amountFen }),
  fc.record({ kind: fc.constant("hold"), wallet, till, amountFen, expiresAt: fc.constant(null) }),
  fc.record({ kind: fc.constant("keep"), wallet, till, amountFen }),
  fc.record({ kind: fc.constant("fact"), wallet: fc.option(wallet), till, amountFen, payer: fc.constant({ kind: "campus" } as const) }),
);
/** What comes at once, how long it had taken to come, and how long nothing comes then. */
const portion = fc.record({ orders: fc.array(order, { minLength: 1, maxLength: 12 }), agoS: fc.nat(200), passS: fc.nat(100) });
const question = fc.record({
  limit: fc.constantFrom(1, 2, 5, 100),
  before: fc.option(fc.nat(80), { nil: undefined }),
  from: fc.option(fc.integer({ min: -200, max: 500 }), { nil: undefined }),
  until: fc.option(fc.integer({ min: -200, max: 500 }), { nil: undefined }),
});

/** What a page of a statement is: of all that stands in the ledger what is asked for. */
function pageOf(all: readonly LedgerMovementTable[], { before, limit, from, until }: StatementQuery): number[] {
  const lines = all.filter(
    ({ seq, kind, happened_at: at }) => kind !== "hold" && seq < (before ?? Infinity) && at >= (from ?? -Infinity) && at < (until ?? Infinity),
  );
  return lines.map(({ seq }) => seq).reverse().slice(0, limit); // prettier-ignore
}
const numbers = (rows: readonly LedgerMovementTable[]): number[] => rows.map(({ seq }) => seq);

test("rule 2.17: whatever was ordered, every page of every statement is what stands in the ledger of it: by number, by time, from any number on, also one of somebody else", async () => {
  const { queries, isShared } = rig.database;
  const started = rig.now();
  let nth = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(portion, { minLength: 1, maxLength: 6 }), fc.array(question, { minLength: 6, maxLength: 6 }), async (portions, questions) => {
      const ledger = new Ledger(rig, LEDGER_POLICY);
      for (const { orders, agoS, passS } of portions) {
        await Promise.all(orders.map((one) => ledger.post(orderedOf(`movement-${++nth}`, one, { happenedAt: rig.now() - agoS }))));
        rig.pass(passS);
      }
      const all = await queries.selectFrom("ledger_movement").selectAll().orderBy("seq").execute();
      for (const key of WALLETS) {
        const own = all.filter((row) => row.wallet === key);
        expect(numbers(await movementsOf(queries, key))).toEqual(numbers(own));
        const tops = own.filter(({ kind }) => kind === "topUp").reverse();
        const sources = [...new Set(tops.map((row) => row.till))].map((of) => ({ till: of, amountFen: tops.reduce((sum, row) => sum + (row.till === of ? row.amount_fen : 0), 0) })); // prettier-ignore
        expect(await sourcesOf(queries, key)).toEqual(sources);
      }
      for (const { from, until, before, limit } of questions) {
        const asked = { limit, before, from: from && started + from, until: until && started + until };
        for (const key of WALLETS) expect(numbers(await readStatement(queries, { person: `person of ${key}` }, asked))).toEqual(pageOf(all.filter((row) => row.wallet === key), asked)); // prettier-ignore
        for (const of of TILLS) expect(numbers(await readStatement(queries, { till: of }, asked))).toEqual(pageOf(all.filter((row) => row.till === of), asked)); // prettier-ignore
      }
      for (const of of TILLS) {
        const through = all[Math.floor(all.length / 2)]?.seq ?? 0;
        const behind = all.filter(({ till: at, seq, kind }) => at === of && seq > through && kind !== "hold");
        const given = behind.filter(({ kind }) => kind === "topUp" || kind === "keep");
        const sum = (rows: readonly LedgerMovementTable[]): number => rows.reduce((fen, row) => fen + row.amount_fen, 0);
        expect(await totalsOf(queries, of, through, "", "9999-12-31")).toEqual({
          movements: behind.length,
          debits: sum(given),
          credits: sum(behind) - sum(given),
          late: behind.filter(({ late }) => late === 1).length,
        });
      }
    }),
    { numRuns: isShared ? 3 : 15 },
  );
  expect(nth).toBeGreaterThan(30);
}, 60_000);

test("nobody has a statement whom nobody knows, and one of whom nothing was moved is empty", async () => {
  const ask = { before: undefined, limit: 9 };
  expect(await readStatement(rig.database.queries, { person: "nobody" }, ask)).toEqual([]);
  expect(await readStatement(rig.database.queries, { person: `person of ${WALLETS[0]}` }, ask)).toEqual([]);
  expect(await readStatement(rig.database.queries, { till: TILLS[0] }, ask)).toEqual([]);
});
