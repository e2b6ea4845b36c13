import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Order, ORDER_KINDS, type OrderKind } from "../core/ledger/order.ts";
import { type CloudRig, cloudRig } from "../rig/cloud-rig.ts";
import { Died, LEDGER_POLICY, mortalDatabase, openTills, openWallets, orderedOf, TILLS, WALLETS } from "../rig/ledger-rig.ts";
import { checkLedger } from "./check-ledger.ts";
import type { Ordered, PostedResult } from "./judge-batch.ts";
import { Ledger } from "./ledger.ts";

const amount = fc.oneof(fc.integer({ min: 1, max: 4_000 }), fc.constantFrom(1, 100_000, 100_001));
const wallet = fc.constantFrom(...WALLETS);
const till = fc.constantFrom(...TILLS);
/** Ids are few, so that they come again, with the same body and with another. */
const id = fc.nat(250).map((nth) => `movement-${nth}`);

const orNull = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });

/** Orders of every kind; `now` is when a hold might end. */
const anyOrder = (now: () => number): fc.Arbitrary<Ordered> => {
  const order: Readonly<Record<OrderKind, fc.Arbitrary<Order>>> = {
    topUp: fc.record({ kind: fc.constant("topUp"), wallet, till: fc.constantFrom(TILLS[2], TILLS[3]), amountFen: amount }),
    charge: fc.record({ kind: fc.constant("charge"), wallet, till, amountFen: amount }),
    hold: fc.record({ kind: fc.constant("hold"), wallet, till, amountFen: amount, expiresAt: orNull(fc.integer({ min: -2, max: 30 }).map((s) => now() + s)) }),
    post: fc.record({ kind: fc.constant("post"), hold: id, amountFen: amount }),
    void: fc.record({ kind: fc.constant("void"), hold: id }),
    expire: fc.record({ kind: fc.constant("expire"), hold: id }),
    fact: fc.record({
      kind: fc.constant("fact"),
      wallet: orNull(wallet),
      till,
      amountFen: amount,
      payer: fc.constantFrom({ kind: "holder" } as const, { kind: "campus" } as const, { kind: "review", why: "EvidenceMissing" } as const),
    }),
    refund: fc.record({ kind: fc.constant("refund"), of: id, amountFen: orNull(amount) }),
    decide: fc.record({ kind: fc.constant("decide"), review: id, payer: fc.constantFrom("holder", "campus", "merchant") }),
    close: fc.record({ kind: fc.constant("close"), wallet, till }),
    handBack: fc.record({ kind: fc.constant("handBack"), wallet, till, amountFen: amount }),
    keep: fc.record({ kind: fc.constant("keep"), wallet, till, amountFen: amount }),
    payOut: fc.record({ kind: fc.constant("payOut"), wallet, till, amountFen: amount }),
  };
  // Closings are rare: nothing follows upon them.
  const rare: Partial<Record<OrderKind, number>> = { close: 3, expire: 15, hold: 60, post: 40 };
  const any = fc.oneof(...Object.entries(order).map(([kind, arbitrary]) => ({ arbitrary, weight: rare[kind as OrderKind] ?? 20 })));
  return fc.tuple(id, any).map(([of, one]) => orderedOf(of, one));
};

/** On a store that is a server few runs show that its statements do the same. */
const RUNS = { own: 25, shared: 4 };

let rig: CloudRig;
async function begin(): Promise<void> {
  rig = await cloudRig();
  await openTills(rig.database.queries);
  await openWallets(rig.database.queries);
}

/** Of the longest transactions: what they look up, put by powers of two, change and tell. */
const LAST_STATEMENT = 27;

const portion = fc.record({
  orders: fc.array(fc.constant(0), { minLength: 1, maxLength: 80, size: "max" }),
  passS: fc.integer({ min: 0, max: 12 }),
  /** In which statement the program dies; behind the commit; not at all. */
  death: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.nat(LAST_STATEMENT) },
    { weight: 1, arbitrary: fc.constant("committed" as const) },
  ),
});

test("whatever is ordered, in whatever batches, and whenever the program dies: nothing is made or lost, nobody is overdrawn, refusals move nothing, and the whole log again changes nothing", async () => {
  let [asked, died, blocks] = [0, 0, 0];
  const { isShared } = (rig = await cloudRig()).database;
  await rig.close();
  const kinds = new Map<string, number>();
  const deaths = new Set<number | "committed">();
  await fc.assert(
    fc.asyncProperty(
      fc.array(portion, { minLength: 10, maxLength: 16, size: "max" }),
      fc.infiniteStream(anyOrder(() => rig.now())),
      async (portions, stream) => {
        await begin();
        const { queries } = rig.database;
        let death: (typeof portions)[number]["death"];
        const mortal = { ...rig, database: mortalDatabase(rig.database, () => death) };
        const standing = new Map<string, { readonly ordered: Ordered; readonly seq: number }>();
        for (const each of portions) {
          const orders = each.orders.map(() => stream.next().value as Ordered);
          asked += orders.length;
          death = each.death;
          const ledger = new Ledger(mortal, LEDGER_POLICY);
          const answers = await Promise.allSettled(orders.map((ordered) => ledger.post(ordered)));
          death = undefined;
          // Who has heard nothing asks the program that was started anew.
          const again = new Ledger(rig, LEDGER_POLICY);
          const heard = answers.map(async (answer, nth): Promise<PostedResult> => {
            if (answer.status === "fulfilled") return answer.value;
            if (!(answer.reason instanceof Died)) throw answer.reason;
            died++;
            deaths.add(answer.reason.when);
            return again.post(orders[nth]!);
          });
          for (const [nth, result] of (await Promise.all(heard)).entries()) {
            const ordered = orders[nth]!;
            if (!result.ok) continue;
            const { seq, kind } = result.value.movement;
            const known = standing.get(ordered.id);
            if (known !== undefined) expect(seq, "one id is one movement").toBe(known.seq);
            else {
              standing.set(ordered.id, { ordered, seq });
              kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
            }
          }
          rig.pass(each.passS);
        }
        expect((await checkLedger(rig.database)).broken).toEqual([]);
        for (const { wallet: key, closed_at, blocked } of await queries.selectFrom("wallet").selectAll().execute()) {
          const [own, debt] = await Promise.all(["wallet", "debt"].map((kind) => queries.selectFrom("ledger_account").selectAll().where("id", "=", `${kind}/${key}`).executeTakeFirst())); // prettier-ignore
          expect(closed_at !== null, "closed where the account is").toBe(own?.closed === 1);
          const owed = debt === undefined ? 0 : debt.debits_posted - debt.credits_posted;
          if (closed_at === null) expect(blocked === 1, "blocked where the debt is").toBe(owed >= LEDGER_POLICY.debtFenMax);
          blocks += blocked;
        }
        const rows = await queries.selectFrom("ledger_movement").select("id").orderBy("id").execute();
        expect(
          rows.map(({ id }) => id).filter((id) => !id.includes(":")),
          "what was refused does not stand there",
        ).toEqual([...standing.keys()].sort());
        const accounts = () => queries.selectFrom("ledger_account").selectAll().orderBy("id").execute();
        while (await new Ledger(rig, LEDGER_POLICY).freeExpired()); // holds that are over by now
        const before = await accounts();
        const replay = new Ledger(rig, LEDGER_POLICY);
        const replayed = await Promise.all([...standing.values()].map(({ ordered }) => replay.post(ordered)));
        expect(replayed.every((result) => result.ok && result.value.isRepeated)).toBe(true);
        expect(await accounts()).toEqual(before);
        await rig.close();
      },
    ),
    { numRuns: isShared ? RUNS.shared : RUNS.own },
  );
  expect(asked).toBeGreaterThan(isShared ? 500 : 10_000);
  expect(died).toBeGreaterThan(isShared ? 50 : 1_000);
  if (isShared) return;
  expect(blocks, "some owed as much as may be owed").toBeGreaterThan(0);
  expect(deaths.size, "the program died at many places").toBeGreaterThan(8);
  expect(Math.max(...[...deaths].map(Number).filter(Number.isInteger)), "and late in a transaction").toBeGreaterThan(10);
  expect([...kinds].filter(([, count]) => count > 2).map(([kind]) => kind).sort(), "each kind was done").toEqual([...ORDER_KINDS].sort()); // prettier-ignore
}, 60_000);
