import { ok, type Result } from "@portico/card-protocol";
import { sql } from "kysely";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { nextLookS } from "../core/top-ups/judge-payment.ts";
import { type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { NewNotification } from "../notifications/notification.ts";
import type { Queries } from "../store/cloud-database.ts";
import { tillRefused } from "../ledger/tills.ts";
import type { ProviderRefundTable, TopUpTable } from "../store/top-up-tables.ts";
import type { Crediting } from "./crediting.ts";
import type { PaymentProvider, RefundSaid } from "./payment-provider.ts";
import { newRef } from "./top-up-rows.ts";

/** Movements of the ledger that are looked through in one step. */
const MOVEMENTS_MAX = 1_000;
/** Asked of providers in one look. */
const DUE_MAX = 100;

export type RetryRefusal = "HandBackUnknown" | "HandBackNotRefused";
export type PayOutRefusal = RetryRefusal | "TillUnknown" | "TillEnded" | "TillNotForThis";

/** Why something stands open that was paid out: the provider has handed it back as well. */
export const PAID_TWICE = "PaidTwice";
/** No payment is known through which it could go back. */
export const NO_PAYMENT = "NoPaymentKnown";

/**
 * Money that providers hand back: each part through the payment by which it came, the newest first. What a provider refuses stands as `failed` until somebody has it
 * asked again, or a cash desk has paid it out: one or the other, for each is a step from `failed` alone.
 */
export class ProviderRefunds {
  readonly #cloud: Cloud;
  readonly #money: Pick<Crediting, "bookInstead">;
  readonly #providers: ReadonlyMap<string, PaymentProvider>;

  constructor(cloud: Cloud, money: Pick<Crediting, "bookInstead">, providers: ReadonlyMap<string, PaymentProvider>) {
    this.#cloud = cloud;
    this.#money = money;
    this.#providers = providers;
  }

  /** Finds what the ledger has handed back to a provider, asks the provider to pay it out, and books what a stop came into. */
  async look(): Promise<void> {
    const { queries } = this.#cloud.database;
    for (const refund of await queries
      .selectFrom("provider_refund")
      .selectAll()
      .where(sql<boolean>`booked = 0`)
      .execute())
      await this.#book(refund);
    if (this.#providers.size === 0) return;
    while (await this.#findOne());
    const now = Math.floor(this.#cloud.nowMs() / 1000);
    const due = await queries.selectFrom("provider_refund").selectAll().where("look_at", "<=", now).orderBy("look_at").limit(DUE_MAX).execute();
    for (const refund of due) {
      const next = { look_at: now + nextLookS(refund.looks), looks: refund.looks + 1 };
      const { numUpdatedRows } = await queries.updateTable("provider_refund").set(next).where("id", "=", refund.id).where("look_at", "=", refund.look_at).executeTakeFirstOrThrow(); // prettier-ignore
      if (numUpdatedRows === 1n) await this.#ask(refund);
    }
  }

  /** What a provider says of one. That it is done counts behind a refusal, too; behind a pay-out it was paid twice, and somebody has to look again. */
  async hear(provider: string, ref: string, said: RefundSaid): Promise<void> {
    if (said.kind === "waiting") return;
    const note = { actor: `provider/${provider}`, action: "wallet hand-back", target: `refund ${ref}`, reason: "" };
    const heard = await mutate(this.#cloud, note, async ({ queries, now, notify }) => {
      const from = said.kind === "done" ? (["asked", "failed"] as const) : (["asked"] as const);
      const to = said.kind === "done" ? ({ state: "done", why: null } as const) : ({ state: "failed", why: said.why.slice(0, 200) } as const);
      const known = queries.updateTable("provider_refund").where("provider", "=", provider).where("ref", "=", ref);
      const row = await known
        .set({ ...to, look_at: null, ended_at: now })
        .where("state", "in", from)
        .returningAll()
        .executeTakeFirst();
      if (row !== undefined) {
        notify(row.state === "done" ? settledOf(row) : troubleOf(row));
        return ok(null);
      }
      if (said.kind !== "done") return ok(null);
      const twice = await known
        .set({ why: PAID_TWICE, booked: 0 })
        .where("paid_till", "is not", null)
        .where("why", "is", null)
        .returningAll()
        .executeTakeFirst();
      if (twice !== undefined) notify(troubleOf(twice));
      return ok(twice ?? null);
    });
    if (heard.ok && heard.value.value !== null) await this.#book(heard.value.value);
  }

  /** Has the provider asked again for what it has refused: by the same number, so that it is one refund for it too. */
  async retry(note: ChangeNote, id: string): Promise<Result<ProviderRefundTable, RetryRefusal>> {
    const again = await mutate<ProviderRefundTable, RetryRefusal>(this.#cloud, { ...note, target: `refund ${id}` }, async ({ queries, now }) => {
      const refused = await refusedOne(queries, id);
      if (!refused.ok) return refused;
      const { top_up, amount_fen } = refused.value;
      const topUp = await queries.selectFrom("top_up").select("paid_fen").where("id", "=", top_up).executeTakeFirst();
      if (topUp === undefined) return refuse("HandBackNotRefused", "no payment is known through which it could go back: a desk pays it out");
      const roomFen = topUp.paid_fen! - (await refundedFen(queries, top_up!));
      if (roomFen < amount_fen) return refuse("HandBackNotRefused", `through that payment ${roomFen} fen can go back: a desk pays it out`);
      const asked = { state: "asked", why: null, look_at: now, looks: 0, ended_at: null } as const;
      await queries.updateTable("provider_refund").set(asked).where("id", "=", id).execute();
      return ok({ ...refused.value, ...asked });
    });
    if (!again.ok) return again;
    await this.#ask(again.value.value);
    return this.#read(id);
  }

  /** A cash desk has paid out what the provider has refused. From then on nobody asks the provider any more. */
  async payOut(note: ChangeNote, id: string, till: string): Promise<Result<ProviderRefundTable, PayOutRefusal>> {
    const paid = await mutate<ProviderRefundTable, PayOutRefusal>(this.#cloud, { ...note, target: `refund ${id}` }, async ({ queries, now, notify }) => {
      const refused = await refusedOne(queries, id);
      if (!refused.ok) return refused;
      const misplaced = tillRefused("payOut", till);
      if (misplaced !== undefined) return misplaced;
      const desk = await queries.selectFrom("till").select("ended_at").where("id", "=", till).executeTakeFirst();
      if (desk === undefined) return refuse("TillUnknown", till);
      if (desk.ended_at !== null) return refuse("TillEnded", till);
      const done = { state: "done", why: null, paid_till: till, paid_by: note.actor, booked: 0, ended_at: now } as const;
      await queries.updateTable("provider_refund").set(done).where("id", "=", id).execute();
      const row = { ...refused.value, ...done };
      notify(settledOf(row));
      return ok(row);
    });
    if (!paid.ok) return paid;
    await this.#book(paid.value.value);
    return this.#read(id);
  }

  async #read(id: string): Promise<Result<ProviderRefundTable, never>> {
    return ok(await this.#cloud.database.queries.selectFrom("provider_refund").selectAll().where("id", "=", id).executeTakeFirstOrThrow());
  }

  /** What has happened in the provider's place, in the ledger: each movement once, however often it is said. */
  async #book(refund: ProviderRefundTable): Promise<void> {
    const { id, provider, wallet, amount_fen: amountFen, paid_till, paid_by, why } = refund;
    const note = { actor: paid_by!, action: "wallet pay-out", target: `refund ${id}`, reason: "" };
    const text = `provider/${provider}: ${id}`;
    const at = `provider/${provider}`;
    const booked = [
      await this.#money.bookInstead(note, "keep", wallet!, at, { id: `${id}:kept`, amountFen, text }),
      await this.#money.bookInstead(note, "payOut", wallet!, paid_till!, { id: `${id}:paid-out`, amountFen, text }),
      ...(why === PAID_TWICE
        ? [await this.#money.bookInstead({ ...note, actor: at }, "payOut", wallet!, at, { id: `${id}:paid-twice`, amountFen, text })]
        : []),
    ];
    const refused = booked.find((each) => !each.ok);
    if (refused !== undefined) throw new Error(`${text}: what has happened is never refused, and was`);
    await this.#cloud.database.queries
      .updateTable("provider_refund")
      .set({ booked: 1 })
      .where("id", "=", id)
      .where("why", why === null ? "is" : "=", why)
      .execute();
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
    // What somebody enters by hand at the till of a provider that is not connected, they hand back by hand.
    const isConnected = (till: string | null): boolean => till !== null && till.startsWith("provider/") && this.#providers.has(till.slice("provider/".length));
    const back = rows.filter(({ kind, till, amount_fen }) => (kind === "handBack" || kind === "close") && isConnected(till) && amount_fen > 0);
    if (back.length === 0) await queries.updateTable("provider_refund_mark").set({ seq: last }).where("seq", "=", seq).execute();
    else
      await mutate(this.#cloud, { actor: "ledger", action: "wallet hand-back", target: `movements to ${last}`, reason: "" }, async (mutation) => {
        const { numUpdatedRows } = await mutation.queries.updateTable("provider_refund_mark").set({ seq: last }).where("seq", "=", seq).executeTakeFirstOrThrow(); // prettier-ignore
        if (numUpdatedRows === 1n) for (const { id, wallet, till, amount_fen } of back) await this.#split(mutation, id, wallet!, till!.slice("provider/".length), amount_fen); // prettier-ignore
        return ok(null);
      });
    return rows.length === MOVEMENTS_MAX;
  }

  /** Through which payments an amount goes back. What came otherwise, such as a top-up that somebody has entered by hand, goes back through none: a desk pays it out. */
  async #split(mutation: Mutation, movement: string, wallet: string, provider: string, amountFen: number): Promise<void> {
    const { queries, now, notify } = mutation;
    const credited = await queries.selectFrom("top_up").selectAll().where("wallet", "=", wallet).where("provider", "=", provider).where("state", "=", "credited").orderBy("paid_at", "desc").orderBy("id").execute(); // prettier-ignore
    let leftFen = amountFen;
    for (const topUp of credited) {
      const partFen = Math.min(leftFen, topUp.paid_fen! - (await refundedFen(queries, topUp.id)));
      if (partFen > 0) await askFor(mutation, this.#cloud, { id: `${movement}:${topUp.id}`, topUp, movement, amountFen: partFen });
      leftFen -= Math.max(0, partFen);
    }
    if (leftFen <= 0) return;
    const row: ProviderRefundTable = { ...NEW, id: `${movement}:rest`, ref: newRef(this.#cloud), provider, top_up: null, movement, wallet, amount_fen: leftFen, state: "failed", why: NO_PAYMENT, asked_at: now, look_at: null, ended_at: now }; // prettier-ignore
    await queries.insertInto("provider_refund").values(row).execute();
    notify(troubleOf(row));
  }
}

/** What was paid and never credited goes back whole. */
export const handBackAll = (mutation: Mutation, cloud: Cloud, topUp: TopUpTable): Promise<void> =>
  askFor(mutation, cloud, { id: `${topUp.id}:returned`, topUp, movement: null, amountFen: topUp.paid_fen! });

/** Nobody has paid it out. */
const NEW = { looks: 0, paid_till: null, paid_by: null, booked: 1 } as const;

async function askFor(
  { queries, now }: Mutation,
  cloud: Cloud,
  { id, topUp, movement, amountFen }: { id: string; topUp: Pick<TopUpTable, "id" | "provider" | "wallet">; movement: string | null; amountFen: number },
): Promise<void> {
  const row: ProviderRefundTable = { ...NEW, id, ref: newRef(cloud), provider: topUp.provider, top_up: topUp.id, movement, wallet: topUp.wallet, amount_fen: amountFen, state: "asked", why: null, asked_at: now, look_at: now, ended_at: null }; // prettier-ignore
  await queries.insertInto("provider_refund").values(row).execute();
}

async function refundedFen(queries: Queries, topUp: string): Promise<number> {
  const rows = await queries.selectFrom("provider_refund").select("amount_fen").where("top_up", "=", topUp).where("state", "<>", "failed").execute();
  return rows.reduce((sum, { amount_fen }) => sum + amount_fen, 0);
}

async function refusedOne(queries: Queries, id: string): Promise<Result<ProviderRefundTable, RetryRefusal>> {
  const row = await queries.selectFrom("provider_refund").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return refuse("HandBackUnknown", id);
  return row.state === "failed" ? ok(row) : refuse("HandBackNotRefused", `it is ${row.state}${row.paid_till === null ? "" : `, paid out at ${row.paid_till}`}`);
}

const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`;

/** Somebody has to look: a case is opened for it, and lasts until it is settled (docs/cases.md). */
function troubleOf({ id, provider, amount_fen: amountFen, why, paid_till }: ProviderRefundTable): NewNotification {
  const money = yuan(amountFen);
  const [text, textZh] =
    why === PAID_TWICE
      ? [`${money} was paid out at ${paid_till} and handed back by provider/${provider} as well: it has to be got back.`, `${money} 已在 ${paid_till} 退付，又由 provider/${provider} 原路退回：需追回。`] // prettier-ignore
      : [`${money} has to go back to its payer, and provider/${provider} does not hand it back: ${why}. Have it asked again, or pay it out at a desk.`, `${money} 应退还付款人，provider/${provider} 未退：${why}。可再次申请退款，或由收款点退付。`]; // prettier-ignore
  return { kind: "wallet.hand-back-failed", person: null, body: { refund: id, provider, amountFen, why, text, textZh } };
}

/** It has reached its payer. */
function settledOf({ id, provider, amount_fen: amountFen, paid_till: till }: ProviderRefundTable): NewNotification {
  const [text, textZh] = till === null ? [`provider/${provider} has handed it back.`, `provider/${provider} 已退回。`] : [`It was paid out at ${till}.`, `已由 ${till} 退付。`]; // prettier-ignore
  return { kind: "wallet.hand-back-settled", person: null, body: { refund: id, provider, amountFen, till, text, textZh } };
}
