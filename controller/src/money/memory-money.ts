import { err, ok, type Result } from "@portico/card-protocol";
import type { HoldError, MoneyAnswer, MoneyHold, MoneyPort, Posting } from "./money-port.ts";

/** Keeps postings and holds in memory and forgets them when the program ends. No money moves: what a controller without a cloud runs with. */
export class MemoryMoney implements MoneyPort {
  readonly isTest = true;
  /** Nothing is answered for now. */
  isUnreachable = false;
  readonly #limitFen: number | undefined;
  readonly #postings = new Map<string, Posting>();
  readonly #held = new Map<string, MoneyHold>();
  /** By hold: what was taken. */
  readonly #posted = new Map<string, { readonly holder: number; readonly amountFen: number }>();

  /** @param limitFen  so much may be held and taken of a holder altogether; undefined: any amount */
  constructor(limitFen?: number) {
    this.#limitFen = limitFen;
  }

  /** In the order in which they were booked first. */
  get postings(): readonly Posting[] {
    return [...this.#postings.values()];
  }

  /** What stands held and posted of a holder by holds. */
  account(holder: number): { readonly heldFen: number; readonly postedFen: number } {
    const sum = (each: Iterable<{ readonly holder: number; readonly amountFen: number }>): number =>
      [...each].reduce((total, { holder: of, amountFen }) => total + (of === holder ? amountFen : 0), 0);
    return { heldFen: sum(this.#held.values()), postedFen: sum(this.#posted.values()) };
  }

  async book(posting: Posting): Promise<MoneyAnswer> {
    if (this.isUnreachable) return { kind: "unreachable", detail: UNREACHABLE.detail };
    const before = this.#postings.get(posting.id);
    if (before !== undefined && bodyOf(before) !== bodyOf(posting)) return { kind: "conflict", detail: `${posting.id} stands for another ${before.kind}` };
    if (before === undefined) this.#postings.set(posting.id, posting);
    return { kind: "posted" };
  }

  async hold(hold: MoneyHold): Promise<Result<undefined, HoldError>> {
    if (this.isUnreachable) return UNREACHABLE;
    if (this.#held.has(hold.id) || this.#posted.has(hold.id)) return ok(undefined);
    const { heldFen, postedFen } = this.account(hold.holder);
    if (this.#limitFen !== undefined && heldFen + postedFen + hold.amountFen > this.#limitFen) return err("InsufficientFunds", "not enough money");
    this.#held.set(hold.id, hold);
    return ok(undefined);
  }

  async post({ id, holder }: MoneyHold, amountFen: number): Promise<Result<undefined, HoldError>> {
    if (this.isUnreachable) return UNREACHABLE;
    this.#held.delete(id);
    if (!this.#posted.has(id)) this.#posted.set(id, { holder, amountFen });
    return ok(undefined);
  }

  async void({ id }: MoneyHold): Promise<Result<undefined, HoldError>> {
    if (this.isUnreachable) return UNREACHABLE;
    this.#held.delete(id);
    return ok(undefined);
  }

  async balance({ holder }: Pick<MoneyHold, "holder">): Promise<number | undefined> {
    if (this.#limitFen === undefined || this.isUnreachable) return undefined;
    const { heldFen, postedFen } = this.account(holder);
    return this.#limitFen - heldFen - postedFen;
  }
}

const UNREACHABLE = err("MoneyUnreachable", "the accounts do not answer");
const bodyOf = ({ kind, of, terminal, merchant, zone, holder, credential, amountFen, at }: Posting): string =>
  JSON.stringify([kind, of, terminal, merchant, zone, holder, credential, amountFen, at]);
