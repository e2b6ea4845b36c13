import type { MoneyAnswer, MoneyPort, Posting } from "./money-port.ts";

/** Keeps postings in memory and forgets them when the program ends. No money moves. */
export class MemoryMoney implements MoneyPort {
  readonly isTest = true;
  readonly #postings = new Map<string, Posting>();

  /** In the order in which they were posted first. */
  get postings(): readonly Posting[] {
    return [...this.#postings.values()];
  }

  post(posting: Posting): Promise<MoneyAnswer> {
    const before = this.#postings.get(posting.id);
    if (before !== undefined && bodyOf(before) !== bodyOf(posting))
      return Promise.resolve({ kind: "conflict", detail: `${posting.id} stands for another ${before.kind}` });
    if (before === undefined) this.#postings.set(posting.id, posting);
    return Promise.resolve({ kind: "posted" });
  }
}

const bodyOf = ({ kind, of, terminal, merchant, zone, holder, credential, amountFen, at }: Posting): string =>
  JSON.stringify([kind, of, terminal, merchant, zone, holder, credential, amountFen, at]);
