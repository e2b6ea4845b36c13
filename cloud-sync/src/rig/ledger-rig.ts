import type { Order } from "../core/ledger/order.ts";
import type { CloudDatabase, Queries } from "../store/cloud-database.ts";
import type { Ordered } from "../ledger/judge-batch.ts";
import type { LedgerPolicy } from "../ledger/ledger.ts";

export const LEDGER_POLICY: LedgerPolicy = { balanceFenMax: 100_000, debtFenMax: 3_000, lateAfterS: 60 };
export const WALLETS = ["00000000000000a1", "00000000000000a2", "00000000000000a3"] as const;
export const TILLS = ["merchant/canteen", "merchant/shop", "cashDesk/office", "provider/bank"] as const;

/** The tills of the rig, ready to be paid. */
export async function openTills(queries: Queries): Promise<void> {
  for (const id of TILLS) {
    await queries.insertInto("till").values({ id, name_zh: id, name_en: id, ended_at: null }).execute();
    const sums = { debits_pending: 0, debits_posted: 0, credits_pending: 0, credits_posted: 0 };
    await queries.insertInto("ledger_account").values({ id, kind: id.split("/")[0] as "merchant", ...sums, closed: 0, closed_through: "", newest: null }).execute(); // prettier-ignore
  }
}

/** The wallets of the rig, each of somebody. */
export async function openWallets(queries: Queries): Promise<void> {
  for (const wallet of WALLETS) await queries.insertInto("wallet").values({ person: `person of ${wallet}`, wallet, opened_at: 0, closed_at: null, blocked: 0 }).execute(); // prettier-ignore
}

/** An order of nobody in particular. */
export const orderedOf = (id: string, order: Order, also: Partial<Ordered> = {}): Ordered => ({
  id,
  order,
  body: JSON.stringify(order),
  said: "",
  by: "test",
  reason: "",
  happenedAt: null,
  origin: null,
  credential: null,
  ...also,
});

/** A statement whose text is put together once goes by `executeQuery`, whether it writes or looks. */
const WRITES: ReadonlySet<string | symbol> = new Set(["insertInto", "updateTable", "deleteFrom", "executeQuery"]);

/** The store, whose program dies in the nth write of a transaction, or behind its commit, before anybody has heard of it. @param dies  asked once a transaction */
export function mortalDatabase(database: CloudDatabase, dies: () => number | "committed" | undefined): CloudDatabase {
  return {
    ...database,
    transact: async (act, isolation) => {
      const when = dies();
      let writes = 0;
      const result = await database.transact((queries, attempt) => {
        const mortal = new Proxy(queries, {
          get(target, name, receiver) {
            if (WRITES.has(name) && writes++ === when) throw new Died(when);
            const value: unknown = Reflect.get(target, name, receiver);
            return typeof value === "function" ? (value as (...given: unknown[]) => unknown).bind(target) : value;
          },
        });
        return act(mortal, attempt);
      }, isolation);
      if (when === "committed") throw new Died(when);
      return result;
    },
  };
}
export class Died extends Error {
  override readonly name = "Died";
  readonly when: number | "committed";

  constructor(when: number | "committed") {
    super();
    this.when = when;
  }
}
