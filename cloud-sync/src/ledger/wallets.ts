import { bytesToHex, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { availableFen, creditBalanceFen, debitBalanceFen, debtAccount, emptyAccount, walletAccount } from "../core/ledger/account.ts";
import { portions } from "../core/portions.ts";
import { refuse } from "../core/refusal.ts";
import type { Queries } from "../store/cloud-database.ts";
import { GroupedWrites } from "../store/grouped-writes.ts";
import { RowSet } from "../store/row-set.ts";
import { accountOf, holdLedger } from "./ledger-rows.ts";

/** People whose wallets are opened by one statement. */
const PEOPLE_MAX = 200;
/** Bytes of a wallet's key: chance, so that nothing in the ledger says whose it is. */
const KEY_BYTES = 8;

/** What somebody has, holds and owes. Fen. */
export interface Wallet {
  readonly person: string;
  /** `none`: nothing was ever moved. `blocked`: nothing is paid where the balance cannot be asked. */
  readonly state: "none" | "open" | "blocked" | "closed";
  readonly balanceFen: number;
  readonly heldFen: number;
  /** Balance less what is held. */
  readonly availableFen: number;
  readonly debtFen: number;
  readonly holds: readonly { readonly movement: string; readonly till: string; readonly amountFen: number; readonly expiresAt: number | null }[];
}

/** Whose wallet is which. */
export const WALLETS = new RowSet({ table: "wallet", columns: ["person", "wallet", "opened_at", "closed_at", "blocked"] });

/** The keys of people's wallets, which are made where there are none. Those who ask at once are answered by one look. */
export class WalletKeys {
  readonly #looks: GroupedWrites<string, Result<string, "PersonUnknown">>;

  constructor(cloud: Cloud) {
    this.#looks = new GroupedWrites(async (people) => {
      const keys = await keysOf(cloud, people);
      return people.map((person) => keys.get(person) ?? refuse("PersonUnknown", person));
    });
  }

  of(person: string): Promise<Result<string, "PersonUnknown">> {
    return this.#looks.add(person);
  }
}

async function keysOf(cloud: Cloud, people: readonly string[]): Promise<ReadonlyMap<string, Result<string, never>>> {
  const { queries } = cloud.database;
  const read = async (of: readonly string[]) => (await WALLETS.having(queries, "person", of)).map(({ person, wallet }) => [person, ok(wallet)] as const);
  const keys = new Map(await read([...new Set(people)]));
  const without = [...new Set(people)].filter((person) => !keys.has(person));
  for (const some of portions(without, PEOPLE_MAX)) {
    const known = await queries.selectFrom("person").select("id").where("id", "in", some).execute();
    if (known.length === 0) continue;
    const opened = { opened_at: Math.floor(cloud.nowMs() / 1000), closed_at: null, blocked: 0 };
    const rows = known.map(({ id: person }) => ({ person, wallet: bytesToHex(cloud.randomBytes(KEY_BYTES)), ...opened }));
    // Another may have opened it since.
    await queries.insertInto("wallet").values(rows).onConflict((conflict) => conflict.column("person").doNothing()).execute(); // prettier-ignore
    for (const [person, key] of await read(known.map(({ id }) => id))) keys.set(person, key);
  }
  return keys;
}

/**
 * Nothing moves the wallet of somebody who is erased any more, also what was on its way when the link to it went. Whoever books waits until this is committed.
 * To be called before it is looked whether the wallet is settled.
 */
export async function endWallet(queries: Queries, person: string): Promise<void> {
  const row = await queries.selectFrom("wallet").select("wallet").where("person", "=", person).executeTakeFirst();
  if (row === undefined) return;
  await holdLedger(queries);
  const sums = { debits_pending: 0, debits_posted: 0, credits_pending: 0, credits_posted: 0 };
  await queries
    .insertInto("ledger_account")
    .values({ id: walletAccount(row.wallet), kind: "wallet", ...sums, closed: 1, closed_through: "", newest: null })
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ closed: 1 }))
    .execute();
}

/** Holds whose time is over count as free, whether or not the ledger has freed them. Undefined: no such person. */
export async function readWallet(queries: Queries, person: string, now: number): Promise<Wallet | undefined> {
  const row = await queries.selectFrom("wallet").selectAll().where("person", "=", person).executeTakeFirst();
  if (row === undefined) {
    const known = await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst();
    return known && { person, state: "none", balanceFen: 0, heldFen: 0, availableFen: 0, debtFen: 0, holds: [] };
  }
  const [own, debt] = [walletAccount(row.wallet), debtAccount(row.wallet)];
  const rows = await queries.selectFrom("ledger_account").selectAll().where("id", "in", [own, debt]).execute();
  const account = (id: string) => rows.filter((each) => each.id === id).map(accountOf)[0] ?? emptyAccount(id);
  const held = await queries.selectFrom("ledger_hold").selectAll().where("debit", "=", own).orderBy("movement").execute();
  const isOver = (expires_at: number | null): boolean => expires_at !== null && expires_at <= now;
  const overFen = held.reduce((sum, { amount_fen, expires_at }) => sum + (isOver(expires_at) ? amount_fen : 0), 0);
  const { debitsPending } = account(own);
  return {
    person,
    state: row.closed_at !== null ? "closed" : row.blocked === 1 ? "blocked" : "open",
    balanceFen: creditBalanceFen(account(own)),
    heldFen: debitsPending - overFen,
    availableFen: availableFen(account(own)) + overFen,
    debtFen: debitBalanceFen(account(debt)),
    holds: held
      .filter(({ expires_at }) => !isOver(expires_at))
      .map(({ movement, credit, amount_fen, expires_at }) => ({ movement, till: credit, amountFen: amount_fen, expiresAt: expires_at })),
  };
}
