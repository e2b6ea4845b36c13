import { err, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { AmountRefusal } from "../core/ledger/order.ts";
import { amountOf } from "../core/ledger/plan-order.ts";
import { refuse } from "../core/refusal.ts";
import { judgePayment, nextLookS, type PaymentSaid, type TopUpFailure, type TopUpReview } from "../core/top-ups/judge-payment.ts";
import { readWallet } from "../ledger/wallets.ts";
import { type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { TopUpTable } from "../store/top-up-tables.ts";
import type { Crediting } from "./crediting.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { handBackAll, ProviderRefunds } from "./provider-refunds.ts";
import { creditOf, digestOf, judgedOf, newRef, OPEN_STATES, readTopUp, stepped, type TopUp } from "./top-up-rows.ts";

/** What a caller asks for. */
export interface TopUpAsk {
  /** The caller's own. */
  readonly id: string;
  /** Judged here, so that each thing that it is not has its name. */
  readonly amountFen: unknown;
  readonly provider: string;
  /** What the payer reads. */
  readonly text: string;
  /** As the provider knows them; handed on and not kept. */
  readonly payer: string | null;
}

/** So long somebody may pay. */
export const TOP_UP_LIFE_S = 900;
/** Asked of providers in one look. */
const DUE_MAX = 100;

export type BeginRefusal =
  | AmountRefusal
  | "ProviderUnknown"
  | "PersonUnknown"
  | "MovementIdTaken"
  | "TillUnknown"
  | "TillEnded"
  | "WalletClosed"
  | "BalanceOverLimit";
export type DecideRefusal = "TopUpUnknown" | "TopUpNotInReview" | "BalanceOverLimit" | "WalletClosed" | "TillEnded";

/**
 * Top-ups that a provider takes in. What is asked of a provider is written down before, what it says is written down before the wallet is credited, and each step can be
 * done again: a lost answer, a notice that comes twice, late or never, and a stop in between leave one payment and one credit.
 * What may become of one is TOP_UP_STEPS.
 */
export class TopUpDesk {
  readonly #cloud: Cloud;
  readonly #money: Crediting;
  readonly #providers: ReadonlyMap<string, PaymentProvider>;
  /** What providers hand back. */
  readonly refunds: ProviderRefunds;

  constructor(cloud: Cloud, money: Crediting, providers: readonly PaymentProvider[]) {
    this.#cloud = cloud;
    this.#money = money;
    this.#providers = new Map(providers.map((each) => [each.id, each]));
    this.refunds = new ProviderRefunds(cloud, money, this.#providers);
  }

  provider(id: string): PaymentProvider | undefined {
    return this.#providers.get(id);
  }

  /** Asked again with its id it is the same one, and the provider is told again where it may not have heard. */
  async begin(note: ChangeNote, person: string, ask: TopUpAsk): Promise<Result<TopUp, BeginRefusal>> {
    const amount = amountOf(ask.amountFen);
    if (!amount.ok) return amount;
    const provider = this.#providers.get(ask.provider);
    if (provider === undefined) return refuse("ProviderUnknown", ask.provider);
    const wallet = await this.#money.wallets.of(person);
    if (!wallet.ok) return wallet;
    const kept = await this.#keep(note, person, wallet.value, amount.value, ask);
    if (!kept.ok) return kept;
    const { id, ref, state, amount_fen: amountFen, ends_at: endsAt } = kept.value;
    const mayPay = state === "begun" && endsAt > this.#now();
    const begun = mayPay ? await provider.begin({ ref, amountFen, text: ask.text, payer: ask.payer, endsAt }) : undefined;
    if (begun === undefined) return ok((await readTopUp(this.#cloud.database.queries, { id }))!);
    if (begun.ok) {
      await stepped(this.#cloud.database, id, "accepted", { pay: JSON.stringify(begun.value) });
    } else if (begun.error === "ProviderRefused") await this.#fail(kept.value, "ProviderRefused");
    return ok((await readTopUp(this.#cloud.database.queries, { id }))!);
  }

  /** Asks the provider now. Where it does not answer, the top-up is told as it stands. */
  async ask(id: string): Promise<Result<TopUp, "TopUpUnknown">> {
    const topUp = await readTopUp(this.#cloud.database.queries, { id });
    if (topUp === undefined) return refuse("TopUpUnknown", id);
    await this.#look(topUp);
    return ok((await readTopUp(this.#cloud.database.queries, { id }))!);
  }

  /** What a provider says of a payment. Said again it changes nothing. @param isNew  somebody is told of what cannot be: once */
  async hear(provider: PaymentProvider, ref: string, said: PaymentSaid, isNew: boolean): Promise<void> {
    const topUp = await readTopUp(this.#cloud.database.queries, { provider: provider.id, ref });
    if (topUp === undefined) return said.kind === "paid" && isNew ? this.#tell(provider.id, "TopUpUnknown", null, said.amountFen) : undefined;
    const verdict = judgePayment(judgedOf(topUp), said, this.#now());
    switch (verdict.kind) {
      case "keep":
        return topUp.state === "paid" ? this.#credit(topUp.id) : undefined; // a stop came between
      case "contradiction":
        return isNew ? this.#tell(provider.id, "PaymentContradicted", topUp, said.kind === "paid" ? said.amountFen : 0) : undefined;
      case "credit":
        if (said.kind === "paid") await this.#paid(topUp, said, null);
        return this.#credit(topUp.id);
      case "review":
        return said.kind === "paid" ? this.#paid(topUp, said, verdict.why) : undefined;
      case "fail":
        return this.#fail(topUp, verdict.why);
      case "end": {
        if (!(await provider.end(ref)).ok) return;
        const last = await provider.look(ref);
        if (last.ok && last.value.kind !== "waiting") await this.hear(provider, ref, last.value, isNew);
      }
    }
  }

  /** Somebody says what is done with money that was taken in and cannot be credited by itself. `return`: it goes back through the provider. */
  async decide(note: ChangeNote, id: string, act: "credit" | "return"): Promise<Result<TopUp, DecideRefusal>> {
    const { queries } = this.#cloud.database;
    const topUp = await readTopUp(queries, { id });
    if (topUp === undefined) return refuse("TopUpUnknown", id);
    const decided = await mutate(this.#cloud, { ...note, target: `top-up ${id}` }, async (mutation) => {
      const also = act === "credit" ? { why: null, look_at: mutation.now } : { ended_at: mutation.now };
      if (!(await stepped(mutation, id, act, also))) return refuse("TopUpNotInReview", `it is ${topUp.state}`);
      const refused = act === "credit" ? await this.#refusalOfCredit(mutation, topUp) : undefined;
      if (refused !== undefined) return refused;
      if (act === "return") await handBackAll(mutation, this.#cloud, topUp);
      return ok(null);
    });
    if (!decided.ok) return decided;
    if (act === "credit") await this.#credit(id);
    else await this.refunds.look();
    const now = (await readTopUp(queries, { id }))!;
    if (act === "credit" && now.state === "review")
      return refuse(now.why === "BalanceOverLimit" || now.why === "TillEnded" ? now.why : "WalletClosed", `top-up ${id}`);
    return ok(now);
  }

  /** Asks providers for what is due: by it what no notice tells is found, and what a stop has left half done goes on. */
  async lookDue(): Promise<void> {
    const { queries } = this.#cloud.database;
    const now = this.#now();
    const due = await queries.selectFrom("top_up").select(["id", "look_at", "looks"]).where("look_at", "<=", now).orderBy("look_at").limit(DUE_MAX).execute();
    for (const { id, look_at, looks } of due) {
      // Of several instances one asks.
      const next = { look_at: now + nextLookS(looks + 1), looks: looks + 1 };
      const { numUpdatedRows } = await queries.updateTable("top_up").set(next).where("id", "=", id).where("look_at", "=", look_at).executeTakeFirstOrThrow();
      if (numUpdatedRows === 1n) await this.#look((await readTopUp(queries, { id }))!);
    }
    await this.refunds.look();
  }

  async #look(topUp: TopUp): Promise<void> {
    if (topUp.state === "paid") return this.#credit(topUp.id);
    const provider = this.#providers.get(topUp.provider);
    if (provider === undefined || !(OPEN_STATES as readonly string[]).includes(topUp.state)) return;
    const said = await provider.look(topUp.ref);
    if (said.ok) await this.hear(provider, topUp.ref, said.value, true);
  }

  /** Written down before anybody is asked. */
  async #keep(note: ChangeNote, person: string, wallet: string, amountFen: number, ask: TopUpAsk): Promise<Result<TopUpTable, BeginRefusal>> {
    const body = digestOf(JSON.stringify([wallet, ask.provider, amountFen, ask.text, ask.payer]));
    const kept = await mutate(this.#cloud, { ...note, target: `top-up ${ask.id}` }, async ({ queries, now }): Promise<Result<TopUpTable, BeginRefusal>> => {
      const known = await queries.selectFrom("top_up").selectAll().where("id", "=", ask.id).executeTakeFirst();
      if (known !== undefined) return known.body === body ? ok(known) : refuse("MovementIdTaken", `${ask.id} stands for another top-up`);
      const till = await queries.selectFrom("till").select("ended_at").where("id", "=", `provider/${ask.provider}`).executeTakeFirst();
      if (till === undefined) return refuse("TillUnknown", `provider/${ask.provider}`);
      if (till.ended_at !== null) return refuse("TillEnded", `provider/${ask.provider}`);
      const { state, balanceFen, debtFen } = (await readWallet(queries, person, now))!;
      if (state === "closed") return refuse("WalletClosed", person);
      const { openFen } = await queries.selectFrom("top_up").select(({ fn }) => fn.sum<number | string | null>("amount_fen").as("openFen")).where("wallet", "=", wallet).where("state", "in", OPEN_STATES).where("ends_at", ">", now).executeTakeFirstOrThrow(); // prettier-ignore
      const { balanceFenMax } = this.#money.terms;
      const then = balanceFen - debtFen + Number(openFen ?? 0) + amountFen;
      if (then > balanceFenMax) return refuse("BalanceOverLimit", `${then} fen with all that is under way, at most ${balanceFenMax}`);
      const row: TopUpTable = {
        id: ask.id,
        ref: newRef(this.#cloud),
        body,
        provider: ask.provider,
        wallet,
        amount_fen: amountFen,
        said: ask.text,
        asked_by: note.actor,
        reason: note.reason,
        state: "begun",
        why: null,
        pay: null,
        paid_fen: null,
        provider_number: null,
        paid_at: null,
        begun_at: now,
        ends_at: now + TOP_UP_LIFE_S,
        look_at: now + nextLookS(0),
        looks: 0,
        ended_at: null,
      };
      await queries.insertInto("top_up").values(row).execute();
      return ok(row);
    });
    return kept.ok ? ok(kept.value.value) : kept;
  }

  /** Written down before the wallet is credited. @param why  somebody has to decide; null: nobody has */
  async #paid(topUp: TopUp, said: Extract<PaymentSaid, { readonly kind: "paid" }>, why: TopUpReview | null): Promise<void> {
    await mutate(this.#cloud, this.#note(topUp, "wallet topup paid"), async (mutation) => {
      const { now } = mutation;
      const paid = { paid_fen: said.amountFen, provider_number: said.number, paid_at: Math.min(said.paidAt, now), pay: null };
      const step = why === null ? "paid" : "differs";
      if ((await stepped(mutation, topUp.id, step, { ...paid, why, look_at: why === null ? now : null })) && why !== null)
        mutation.notify(this.#reviewed(topUp, why, said.amountFen));
      return ok(null);
    });
  }

  /** What the ledger would say, before anything is moved: it is still the ledger that says it. */
  async #refusalOfCredit({ queries, now }: Mutation, { person, provider, paid_fen }: TopUp) {
    const till = await queries.selectFrom("till").select("ended_at").where("id", "=", `provider/${provider}`).executeTakeFirst();
    if (till === undefined || till.ended_at !== null) return refuse("TillEnded", `provider/${provider}`);
    const wallet = person === null ? undefined : await readWallet(queries, person, now);
    if (wallet === undefined || wallet.state === "closed") return refuse("WalletClosed", "");
    const then = wallet.balanceFen + paid_fen! - Math.min(paid_fen!, wallet.debtFen);
    return then > this.#money.terms.balanceFenMax ? refuse("BalanceOverLimit", `${then} fen, at most ${this.#money.terms.balanceFenMax}`) : undefined;
  }

  async #credit(id: string): Promise<void> {
    const topUp = (await readTopUp(this.#cloud.database.queries, { id }))!;
    if (topUp.state !== "paid") return; // done, by somebody else
    const { person, wallet, provider, said, paid_fen, paid_at } = topUp;
    const asked = { id: creditOf(topUp), amountFen: paid_fen!, text: said };
    const credited = person === null ? err("HolderUnknown", id) : await this.#money.creditOf({ actor: `provider/${provider}`, action: "", target: "", reason: "" }, wallet, `provider/${provider}`, asked, paid_at!); // prettier-ignore
    await mutate(this.#cloud, this.#note(topUp, "wallet topup credit"), async (mutation) => {
      if (credited.ok) await stepped(mutation, id, "credited", { why: null, look_at: null, ended_at: mutation.now });
      else {
        const why = reviewOf(credited.error);
        if (await stepped(mutation, id, "refused", { why, look_at: null })) mutation.notify(this.#reviewed(topUp, why, paid_fen!));
      }
      return ok(null);
    });
  }

  async #fail(topUp: TopUpTable, why: TopUpFailure): Promise<void> {
    const { person } = (await readTopUp(this.#cloud.database.queries, topUp))!;
    await mutate(this.#cloud, this.#note(topUp, "wallet topup fail"), async (mutation) => {
      const failed = await stepped(mutation, topUp.id, "fail", { why, pay: null, look_at: null, ended_at: mutation.now });
      if (failed)
        mutation.notify({ kind: "wallet.top-up-failed", person, body: { topUp: topUp.id, provider: topUp.provider, amountFen: topUp.amount_fen, why } });
      return ok(null);
    });
  }

  /** Something that a provider says fits nothing that is known: money may have been taken in, and somebody has to look. */
  async #tell(provider: string, why: "TopUpUnknown" | "PaymentContradicted", topUp: TopUp | null, paidFen: number): Promise<void> {
    const note = { actor: `provider/${provider}`, action: "wallet topup look", target: `top-up ${topUp?.id ?? "unknown"}`, reason: "" };
    await mutate(this.#cloud, note, async ({ notify }) => {
      notify({ kind: "wallet.top-up-review", person: topUp?.person ?? null, body: { topUp: topUp?.id ?? null, provider, why, paidFen } });
      return ok(null);
    });
  }

  #reviewed({ id, person, provider, amount_fen: amountFen }: TopUp, why: TopUpReview, paidFen: number) {
    return { kind: "wallet.top-up-review", person, body: { topUp: id, provider, why, amountFen, paidFen } } as const;
  }

  #note({ id, provider }: Pick<TopUpTable, "id" | "provider">, action: string): ChangeNote {
    return { actor: `provider/${provider}`, action, target: `top-up ${id}`, reason: "" };
  }

  #now(): number {
    return Math.floor(this.#cloud.nowMs() / 1000);
  }
}

/** Why what was paid cannot be credited by itself; what else the ledger could say would be a mistake of ours. */
function reviewOf(refusal: string): TopUpReview {
  switch (refusal) {
    case "BalanceOverLimit":
    case "WalletClosed":
    case "HolderUnknown":
    case "TillEnded":
      return refusal;
    case "TillUnknown":
      return "TillEnded";
    default:
      throw new Error(`${refusal} is not expected of a top-up`);
  }
}
