import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import type { Controller } from "../controllers.ts";
import type { Order, ReviewReason } from "../core/ledger/order.ts";
import type { Queries } from "../store/cloud-database.ts";
import { type Evidence, type EvidenceNeeds, evidenceOf, type ToldPosting } from "./charge-evidence.ts";
import type { Ordered, PostedResult } from "./judge-batch.ts";
import type { MoneyDesk } from "./money-desk.ts";
import { PRINTING, tillOfTerminal } from "./tills.ts";
import { readWallet } from "./wallets.ts";

/** A controller's hold, as it tells it. */
export interface ToldHold {
  /** 32 hex digits. */
  readonly id: string;
  readonly zone: string;
  readonly holder: number;
  readonly credential: string;
  readonly amountFen: number;
}

/** `later`: its evidence is not there yet. */
export type TerminalAnswer =
  | { readonly outcome: "done"; readonly availableFen: number | null }
  | { readonly outcome: "refused" | "later"; readonly reason: string; readonly detail: string };

const DONE: TerminalAnswer = { outcome: "done", availableFen: null };

export interface TerminalMoneyNeeds extends EvidenceNeeds {
  readonly cloud: Cloud;
  readonly money: MoneyDesk;
}

/** What controllers tell of money: charges and refunds that have happened, and what release stations hold, take and give back. */
export class TerminalMoney {
  readonly #needs: TerminalMoneyNeeds;

  constructor(needs: TerminalMoneyNeeds) {
    this.#needs = needs;
  }

  /** A charge is a fact: whoever pays it, the merchant is paid. */
  async book(machine: Controller, told: ToldPosting): Promise<TerminalAnswer> {
    const { queries } = this.#needs.cloud.database;
    const known = await queries.selectFrom("ledger_movement").select("body").where("id", "=", told.id).executeTakeFirst();
    const body = JSON.stringify([machine.id, told]);
    if (known?.body === body) return DONE;
    const evidence = await evidenceOf(queries, this.#needs, machine, told);
    if (evidence === "awaited" && !this.#isLate(told)) return { outcome: "later", reason: "EvidenceAwaited", detail: `event ${told.seq} has not come up yet` };
    const ordered: Ordered = {
      id: told.id,
      order: told.kind === "refund" ? { kind: "refund", of: told.of ?? "", amountFen: told.amountFen } : await this.#factOf(queries, told, evidence),
      body,
      said: "",
      by: machine.id,
      reason: "",
      happenedAt: told.at,
      origin: `${machine.id}/${told.terminal}`,
      credential: told.credential,
    };
    if (told.kind === "refund" && evidence !== "proven") return refused("EvidenceMissing", `event ${told.seq} does not say so`);
    const posted = await this.#posted(ordered);
    return posted.ok ? DONE : refused(posted.error, posted.detail);
  }

  async hold(machine: Controller, told: ToldHold, now: number): Promise<TerminalAnswer> {
    const wallet = await this.#walletOf(told);
    if (wallet === undefined) return refused("HolderUnknown", "nobody of this zone");
    const { printHoldS } = this.#needs.money.terms;
    const order: Order = { kind: "hold", wallet: wallet.key, till: PRINTING, amountFen: told.amountFen, expiresAt: now + printHoldS };
    const posted = await this.#needs.money.ledger.post(orderedOf(machine, told, told.id, order));
    return posted.ok ? DONE : refused(posted.error, posted.detail);
  }

  /** Pages that are printed are a fact, whether or not anything is still held for them. */
  async post(machine: Controller, told: ToldHold, amountFen: number): Promise<TerminalAnswer> {
    const { ledger } = this.#needs.money;
    const id = `${told.id}.post`;
    const taken = await ledger.post(orderedOf(machine, told, id, { kind: "post", hold: told.id, amountFen }));
    if (taken.ok) return DONE;
    if (taken.error !== "HoldOver" && taken.error !== "HoldUnknown" && taken.error !== "MovementIdTaken") return refused(taken.error, taken.detail);
    const wallet = (await this.#walletOf(told))?.key ?? null;
    // Of what nobody has held a person says who pays.
    const payer = (await this.#wasHeld(told.id)) ? ({ kind: "holder" } as const) : ({ kind: "review", why: "EvidenceMissing" } as const);
    const fact: Order = { kind: "fact", wallet, till: PRINTING, amountFen, payer };
    const posted = await ledger.post(orderedOf(machine, told, id, fact));
    return posted.ok ? DONE : refused(posted.error, posted.detail);
  }

  async void(machine: Controller, told: ToldHold): Promise<TerminalAnswer> {
    const given = await this.#needs.money.ledger.post(orderedOf(machine, told, `${told.id}.void`, { kind: "void", hold: told.id }));
    return given.ok || given.error === "HoldOver" || given.error === "HoldUnknown" ? DONE : refused(given.error, given.detail);
  }

  async balance({ zone, holder }: Pick<ToldHold, "zone" | "holder">, now: number): Promise<TerminalAnswer> {
    const { queries } = this.#needs.cloud.database;
    const person = await personOf(queries, zone, holder);
    const wallet = person === undefined ? undefined : await readWallet(queries, person, now);
    return wallet === undefined ? refused("HolderUnknown", "nobody of this zone") : { outcome: "done", availableFen: wallet.availableFen };
  }

  /** Who pays what was charged. */
  async #factOf(queries: Queries, told: ToldPosting, evidence: Evidence): Promise<Order> {
    const till = await tillOfTerminal(queries, told.terminal);
    const wallet = await this.#walletOf(told);
    const fact = { kind: "fact", wallet: wallet?.key ?? null, till, amountFen: told.amountFen } as const;
    const review = (why: ReviewReason): Order => ({ ...fact, payer: { kind: "review", why } });
    if (evidence !== "proven") return review(evidence === "differs" ? "EvidenceDiffers" : "EvidenceMissing");
    if (wallet === undefined) return review("HolderUnknown");
    const isLost = await queries
      .selectFrom("card_loss")
      .select("credential")
      .where("credential", "=", told.credential)
      .where("lost_at", "<=", told.at)
      .where((where) => where.or([where("back_at", "is", null), where("back_at", ">", told.at)]))
      .executeTakeFirst();
    return { ...fact, payer: { kind: isLost === undefined ? "holder" : "campus" } };
  }

  /** An id that stands for something else is a machine that was begun anew, or one that lies: what it tells is booked under another id, and a person looks. */
  async #posted(ordered: Ordered): Promise<PostedResult> {
    const { money, cloud } = this.#needs;
    const posted = await money.ledger.post(ordered);
    if (posted.ok || posted.error !== "MovementIdTaken" || ordered.order.kind !== "fact") return posted;
    const id = bytesToHex(nodeSha256(new TextEncoder().encode(`portico collision\n${cloud.site}\n${ordered.id}\n${ordered.body}`)));
    return money.ledger.post({ ...ordered, id, order: { ...ordered.order, payer: { kind: "review", why: "IdCollision" } } });
  }

  /** Whose handle it is, where the credential is theirs too. */
  async #walletOf({ zone, holder, credential }: Pick<ToldHold, "zone" | "holder" | "credential">): Promise<{ readonly key: string } | undefined> {
    const { cloud, money } = this.#needs;
    const { queries } = cloud.database;
    const person = await personOf(queries, zone, holder);
    if (person === undefined || (await ownerOf(queries, credential)) !== person) return undefined;
    const key = await money.wallets.of(person);
    return key.ok ? { key: key.value } : undefined;
  }

  async #wasHeld(hold: string): Promise<boolean> {
    const row = await this.#needs.cloud.database.queries.selectFrom("ledger_movement").select("kind").where("id", "=", hold).executeTakeFirst();
    return row?.kind === "hold";
  }

  #isLate({ at }: ToldPosting): boolean {
    return Math.floor(this.#needs.cloud.nowMs() / 1000) - at > this.#needs.money.terms.evidenceWithinS;
  }
}

const refused = (reason: string, detail: string): TerminalAnswer => ({ outcome: "refused", reason, detail });

async function personOf(queries: Queries, zone: string, holder: number): Promise<string | undefined> {
  return (await queries.selectFrom("zone_holder").select("person").where("zone", "=", zone).where("holder", "=", holder).executeTakeFirst())?.person;
}

/** Also of a credential that was taken away since. */
async function ownerOf(queries: Queries, credential: string): Promise<string | undefined> {
  const there = await queries.selectFrom("credential").select("person").where("id", "=", credential).executeTakeFirst();
  return (there ?? (await queries.selectFrom("removed_credential").select("person").where("id", "=", credential).executeTakeFirst()))?.person;
}

function orderedOf(machine: Controller, told: ToldHold, id: string, order: Order): Ordered {
  const body = JSON.stringify([machine.id, told, "amountFen" in order ? order.amountFen : null]);
  return { id, order, body, said: "", by: machine.id, reason: "", happenedAt: null, origin: `${machine.id}/printing`, credential: told.credential };
}
