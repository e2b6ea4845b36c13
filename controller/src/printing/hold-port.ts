import { err, ok, type Result } from "@portico/card-protocol";

/** `InsufficientFunds` the holder may not owe as much · `MoneyUnreachable` whoever keeps the accounts does not answer: to be asked again. */
export type HoldError = "InsufficientFunds" | "MoneyUnreachable";

/** What is held of somebody's money. */
export interface MoneyHold {
  /** 16 bytes as hex, chosen by whoever asks: the same id with the same content is the same hold, however often it is asked for. */
  readonly id: string;
  readonly holder: number;
  readonly credential: string;
  readonly amountFen: number;
}

/**
 * Where money is held and moved. Each call may be repeated, and never rejects. Behind a hold `post` takes any amount: what was printed is a fact, and a fact is
 * not refused.
 */
export interface HoldPort {
  /** No money moves: each receipt says TEST. */
  readonly isTest: boolean;
  hold(hold: MoneyHold): Promise<Result<undefined, HoldError>>;
  /** Takes the amount, and gives back what is left of the hold. */
  post(hold: MoneyHold, amountFen: number): Promise<Result<undefined, HoldError>>;
  /** Gives the hold back, whether or not there was one. */
  void(hold: MoneyHold): Promise<Result<undefined, HoldError>>;
}

/** Accounts in memory, for which nobody pays: until accounts of a campus are behind the port. */
export class TestHolds implements HoldPort {
  readonly isTest = true;
  /** Why nothing is answered for now. */
  isUnreachable = false;
  readonly #limitFen: number;
  readonly #held = new Map<string, MoneyHold>();
  /** By hold: what was taken. */
  readonly #posted = new Map<string, { readonly holder: number; readonly amountFen: number }>();

  /** @param limitFen  so much may be held and taken of a holder altogether */
  constructor(limitFen: number = Number.MAX_SAFE_INTEGER) {
    this.#limitFen = limitFen;
  }

  /** What stands held and posted of a holder. */
  account(holder: number): { readonly heldFen: number; readonly postedFen: number } {
    const sum = (each: Iterable<{ readonly holder: number; readonly amountFen: number }>): number =>
      [...each].reduce((total, { holder: of, amountFen }) => total + (of === holder ? amountFen : 0), 0);
    return { heldFen: sum(this.#held.values()), postedFen: sum(this.#posted.values()) };
  }

  async hold(hold: MoneyHold): Promise<Result<undefined, HoldError>> {
    if (this.isUnreachable) return UNREACHABLE;
    if (this.#held.has(hold.id) || this.#posted.has(hold.id)) return ok(undefined);
    const { heldFen, postedFen } = this.account(hold.holder);
    if (heldFen + postedFen + hold.amountFen > this.#limitFen) return err("InsufficientFunds", "not enough money");
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
}

const UNREACHABLE = err("MoneyUnreachable", "the accounts do not answer");
