import { sql } from "kysely";
import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { MoneyRefusal, Order, Payer } from "../core/ledger/order.ts";
import { amountOf } from "../core/ledger/plan-order.ts";
import { refuse } from "../core/refusal.ts";
import type { ChangeNote } from "../mutation.ts";
import type { MoneyTerms } from "../services/money-terms.ts";
import type { LedgerMovementTable } from "../store/ledger-tables.ts";
import type { PaymentProvider } from "../top-ups/payment-provider.ts";
import { TopUpDesk } from "../top-ups/top-up-desk.ts";
import { Ledger } from "./ledger.ts";
import type { Ordered, PostedResult } from "./judge-batch.ts";
import { sourcesOf } from "./statement-lines.ts";
import { tillRefused } from "./tills.ts";
import { readWallet, WalletKeys } from "./wallets.ts";

/** What a caller says of a movement. */
export interface MovementAsk {
  /** The caller's own. */
  readonly id: string;
  /** Judged here, so that each thing that it is not has its name. */
  readonly amountFen: unknown;
  /** For people. */
  readonly text: string;
}
/** A clock that is so far ahead is wrong, seconds. */
const AHEAD_S_MAX = 300;

type Told<E extends string = never> = Promise<Result<LedgerMovementTable, MoneyRefusal | E>>;
type OfWallet = "PersonUnknown" | "TillNotForThis";

/** Where the campus's money is moved: what callers ask becomes orders of the ledger. The ledger alone says yes. */
export class MoneyDesk {
  readonly ledger: Ledger;
  readonly wallets: WalletKeys;
  readonly terms: MoneyTerms;
  /** Top-ups that a provider takes in. */
  readonly topUps: TopUpDesk;
  readonly #cloud: Cloud;

  constructor(cloud: Cloud, terms: MoneyTerms, providers: readonly PaymentProvider[] = []) {
    this.#cloud = cloud;
    this.terms = terms;
    this.ledger = new Ledger(cloud, terms);
    this.wallets = new WalletKeys(cloud);
    this.topUps = new TopUpDesk(cloud, this, providers);
  }

  topUp(note: ChangeNote, person: string, till: string, ask: MovementAsk): Told<OfWallet> {
    return this.#ofWallet(note, person, ask, tillRefused("topUp", till), (wallet, amountFen) => ({ kind: "topUp", wallet, till, amountFen }));
  }

  /** Credits the wallet of this key with what a provider has taken in. @param paidAt  Unix seconds */
  creditOf(note: ChangeNote, wallet: string, till: string, ask: MovementAsk & { readonly amountFen: number }, paidAt: number): Told {
    return this.#post(note, ask, { kind: "topUp", wallet, till, amountFen: ask.amountFen }, paidAt);
  }

  /** Books what has happened at a till in place of a hand-back that a provider has refused. */
  bookInstead(note: ChangeNote, kind: "keep" | "payOut", wallet: string, till: string, ask: MovementAsk & { readonly amountFen: number }): Told {
    return this.#post(note, ask, { kind, wallet, till, amountFen: ask.amountFen });
  }

  /** @param happenedAt  Unix seconds; null: now */
  async charge(note: ChangeNote, person: string, till: string, ask: MovementAsk, happenedAt: number | null): Told<OfWallet | "TimeAhead"> {
    if (happenedAt !== null && happenedAt > this.#now() + AHEAD_S_MAX) return refuse("TimeAhead", "happenedAt");
    return this.#ofWallet(note, person, ask, tillRefused("charge", till), (wallet, amountFen) => ({ kind: "charge", wallet, till, amountFen }), happenedAt);
  }

  hold(note: ChangeNote, person: string, till: string, ask: MovementAsk, expiresAt: number | null): Told<OfWallet> {
    return this.#ofWallet(note, person, ask, tillRefused("hold", till), (wallet, amountFen) => ({ kind: "hold", wallet, till, amountFen, expiresAt }));
  }

  async post(note: ChangeNote, hold: string, ask: MovementAsk): Told {
    const amount = amountOf(ask.amountFen);
    if (!amount.ok) return amount;
    return this.#post(note, ask, { kind: "post", hold, amountFen: amount.value });
  }

  void(note: ChangeNote, hold: string, ask: Omit<MovementAsk, "amountFen">): Told {
    return this.#post(note, ask, { kind: "void", hold });
  }

  /** @param ask  without an amount: all that is left of the payment */
  async refund(note: ChangeNote, of: string, ask: MovementAsk): Told {
    const amount = ask.amountFen === null ? ok(null) : amountOf(ask.amountFen);
    if (!amount.ok) return amount;
    return this.#post(note, ask, { kind: "refund", of, amountFen: amount.value });
  }

  decide(note: ChangeNote, review: string, payer: Payer, ask: Omit<MovementAsk, "amountFen">): Told {
    return this.#post(note, ask, { kind: "decide", review, payer });
  }

  /** Debts first; the rest goes back to where it came from, the newest first. Asked again it goes on where it was. @param rest  hands back what nobody has paid in */
  async close(note: ChangeNote, person: string, rest: string, ask: Omit<MovementAsk, "amountFen">): Told<OfWallet | "ReviewsOpen"> {
    const misplaced = tillRefused("close", rest);
    if (misplaced !== undefined) return misplaced;
    const key = await this.wallets.of(person);
    if (!key.ok) return key;
    const wallet = key.value;
    const { queries } = this.#cloud.database;
    const open = await queries
      .selectFrom("ledger_review")
      .select("movement")
      .where("wallet", "=", wallet)
      .where(sql<boolean>`open_fen > 0`)
      .executeTakeFirst();
    if (open !== undefined) return refuse("ReviewsOpen", `movement ${open.movement}`);
    const found = (await readWallet(queries, person, this.#now()))!;
    if (found.heldFen > 0) return refuse("HoldsOpen", `${found.heldFen} fen are held`);
    let leftFen = found.availableFen - found.debtFen;
    if (leftFen < 0) return refuse("DebtOutstanding", `${-leftFen} fen`);
    for (const [nth, source] of (await sourcesOf(queries, wallet)).entries()) {
      const amountFen = Math.min(leftFen, source.amountFen);
      if (amountFen === 0 || source.till === rest) continue;
      const order: Order = { kind: "handBack", wallet, till: source.till, amountFen };
      const back = await this.ledger.post(this.#ordered(note, { ...ask, id: `${ask.id}:${nth + 1}` }, order, JSON.stringify({ ...order, amountFen: null })));
      if (back.ok && !back.value.isRepeated) leftFen -= amountFen;
      else if (!back.ok && back.error !== "TillEnded") return back; // who has ended hands nothing back: the rest's till does
    }
    return this.#post(note, ask, { kind: "close", wallet, till: rest });
  }

  async #ofWallet(
    note: ChangeNote,
    person: string,
    ask: MovementAsk,
    misplaced: ReturnType<typeof tillRefused>,
    make: (wallet: string, amountFen: number) => Order,
    happenedAt: number | null = null,
  ): Told<OfWallet> {
    const amount = amountOf(ask.amountFen);
    if (!amount.ok) return amount;
    if (misplaced !== undefined) return misplaced;
    const wallet = await this.wallets.of(person);
    if (!wallet.ok) return wallet;
    return this.#post(note, ask, make(wallet.value, amount.value), happenedAt);
  }

  async #post(note: ChangeNote, ask: Omit<MovementAsk, "amountFen">, order: Order, happenedAt: number | null = null): Told {
    return movementOf(await this.ledger.post(this.#ordered(note, ask, order, JSON.stringify(order), happenedAt)));
  }

  #ordered(
    { actor, reason }: ChangeNote,
    { id, text }: Omit<MovementAsk, "amountFen">,
    order: Order,
    asked: string,
    happenedAt: number | null = null,
  ): Ordered {
    const body = JSON.stringify([asked, text, happenedAt]);
    return { id, order, body, said: text, by: actor, reason, happenedAt, origin: null, credential: null };
  }

  #now(): number {
    return Math.floor(this.#cloud.nowMs() / 1000);
  }
}

const movementOf = (result: PostedResult): Result<LedgerMovementTable, MoneyRefusal> => (result.ok ? ok(result.value.movement) : result);
