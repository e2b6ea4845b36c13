import { ok } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { nextLookS } from "../core/top-ups/judge-payment.ts";
import { mutate, type Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ProviderRefundTable, TopUpTable } from "../store/top-up-tables.ts";
import type { PaymentProvider, RefundSaid } from "./payment-provider.ts";
import { newRef } from "./top-up-rows.ts";

/** Movements of the ledger that are looked through in one step. */
const MOVEMENTS_MAX = 1_000;
/** Asked of providers in one look. */
const DUE_MAX = 100;

/** Money that providers hand back: each part through the payment by which it came, the newest first. */
export class ProviderRefunds {
  readonly #cloud: Cloud;
  readonly #providers: ReadonlyMap<string, PaymentProvider>;

  constructor(cloud: Cloud, providers: ReadonlyMap<string, PaymentProvider>) {
    this.#cloud = cloud;
    this.#providers = providers;
  }

  /** Finds what the ledger has handed back to a provider, and asks the provider to pay it out. */
  async look(): Promise<void> {
    if (this.#providers.size === 0) return;
    while (await this.#findOne());
    const { queries } = this.#cloud.database;
    const now = Math.floor(this.#cloud.nowMs() / 1000);
    const due = await queries.selectFrom("provider_refund").selectAll().where("look_at", "<=", now).orderBy("look_at").limit(DUE_MAX).execute();
    for (const refund of due) {
      const next = { look_at: now + nextLookS(refund.looks), looks: refund.looks + 1 };
      const { numUpdatedRows } = await queries.updateTable("provider_refund").set(next).where("id", "=", refund.id).where("look_at", "=", refund.look_at).executeTakeFirstOrThrow(); // prettier-ignore
      if (numUpdatedRows === 1n) await this.#ask(refund);
    }
  }

  async hear(provider: string, ref: string, said: RefundSaid): Promise<void> {
    if (said.kind === "waiting") return;
    const note = { actor: `provider/${provider}`, action: "wallet hand-back", target: `refund ${ref}`, reason: "" };
    await mutate(this.#cloud, note, async ({ queries, now, notify }) => {
      const to = said.kind === "done" ? ({ state: "done", why: null } as const) : ({ state: "failed", why: said.why.slice(0, 200) } as const);
      const row = await queries.updateTable("provider_refund").set({ ...to, look_at: null, ended_at: now }).where("provider", "=", provider).where("ref", "=", ref).where("state", "=", "asked").returning(["id", "amount_fen"]).executeTakeFirst(); // prettier-ignore
      if (row !== undefined && to.state === "failed")
        notify({ kind: "wallet.hand-back-failed", person: null, body: { refund: row.id, provider, amountFen: row.amount_fen, why: to.why } });
      return ok(null);
    });
  }

  async #ask({ ref, provider: id, top_up, amount_fen }: ProviderRefundTable): Promise<void> {
    const provider = this.#providers.get(id);
    const topUp = await this.#cloud.database.queries.selectFrom("top_up").select(["ref", "paid_fen"]).where("id", "=", top_up).executeTakeFirst();
    if (provider === undefined || topUp === undefined) return;
    const said = await provider.refund({ ref, of: topUp.ref, amountFen: amount_fen, paidFen: topUp.paid_fen! });
    if (said.ok) await this.hear(id, ref, said.value);
  }

  /** Reads the ledger on. @returns true where there may be more */
  async #findOne(): Promise<boolean> {
    const { queries } = this.#cloud.database;
    const { seq } = await queries.selectFrom("provider_refund_mark").select("seq").executeTakeFirstOrThrow();
    const rows = await queries.selectFrom("ledger_movement").select(["seq", "id", "kind", "wallet", "till", "amount_fen"]).where("seq", ">", seq).orderBy("seq").limit(MOVEMENTS_MAX).execute(); // prettier-ignore
    const last = rows.at(-1)?.seq;
    if (last === undefined) return false;
    const back = rows.filter(({ kind, till, amount_fen }) => (kind === "handBack" || kind === "close") && till?.startsWith("provider/") && amount_fen > 0);
    if (back.length === 0) await queries.updateTable("provider_refund_mark").set({ seq: last }).where("seq", "=", seq).execute();
    else
      await mutate(this.#cloud, { actor: "ledger", action: "wallet hand-back", target: `movements to ${last}`, reason: "" }, async (mutation) => {
        const { numUpdatedRows } = await mutation.queries.updateTable("provider_refund_mark").set({ seq: last }).where("seq", "=", seq).executeTakeFirstOrThrow(); // prettier-ignore
        if (numUpdatedRows === 1n) for (const { id, wallet, till, amount_fen } of back) await this.#split(mutation, id, wallet!, till!.slice("provider/".length), amount_fen); // prettier-ignore
        return ok(null);
      });
    return rows.length === MOVEMENTS_MAX;
  }

  /** Through which payments an amount goes back. What came otherwise, such as a top-up that somebody has entered by hand, somebody hands back by hand. */
  async #split(mutation: Mutation, movement: string, wallet: string, provider: string, amountFen: number): Promise<void> {
    const { queries, notify } = mutation;
    const credited = await queries.selectFrom("top_up").selectAll().where("wallet", "=", wallet).where("provider", "=", provider).where("state", "=", "credited").orderBy("paid_at", "desc").orderBy("id").execute(); // prettier-ignore
    if (credited.length === 0) return;
    let leftFen = amountFen;
    for (const topUp of credited) {
      const partFen = Math.min(leftFen, topUp.paid_fen! - (await refundedFen(queries, topUp.id)));
      if (partFen > 0) await askFor(mutation, this.#cloud, { id: `${movement}:${topUp.id}`, topUp, movement, amountFen: partFen });
      leftFen -= Math.max(0, partFen);
    }
    if (leftFen > 0)
      notify({ kind: "wallet.hand-back-failed", person: null, body: { refund: movement, provider, amountFen: leftFen, why: "no payment is known" } });
  }
}

/** What was paid and never credited goes back whole. */
export const handBackAll = (mutation: Mutation, cloud: Cloud, topUp: TopUpTable): Promise<void> =>
  askFor(mutation, cloud, { id: `${topUp.id}:returned`, topUp, movement: null, amountFen: topUp.paid_fen! });

async function askFor(
  { queries, now }: Mutation,
  cloud: Cloud,
  { id, topUp, movement, amountFen }: { id: string; topUp: Pick<TopUpTable, "id" | "provider">; movement: string | null; amountFen: number },
): Promise<void> {
  const row: ProviderRefundTable = { id, ref: newRef(cloud), provider: topUp.provider, top_up: topUp.id, movement, amount_fen: amountFen, state: "asked", why: null, asked_at: now, look_at: now, looks: 0, ended_at: null }; // prettier-ignore
  await queries.insertInto("provider_refund").values(row).execute();
}

async function refundedFen(queries: Queries, topUp: string): Promise<number> {
  const rows = await queries.selectFrom("provider_refund").select("amount_fen").where("top_up", "=", topUp).where("state", "<>", "failed").execute();
  return rows.reduce((sum, { amount_fen }) => sum + amount_fen, 0);
}

/** Everything that providers hand back, the newest first. */
export const listRefunds = (queries: Queries, state: ProviderRefundTable["state"] | undefined, limit: number): Promise<ProviderRefundTable[]> => {
  const rows = queries.selectFrom("provider_refund").selectAll().orderBy("asked_at", "desc").orderBy("id").limit(limit);
  return (state === undefined ? rows : rows.where("state", "=", state)).execute();
};
