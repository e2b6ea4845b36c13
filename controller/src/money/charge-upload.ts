import { type Clock, eventOf } from "@portico/card-protocol";
import type { Recorder } from "../recorder.ts";
import type { ChargeStore, KeptCharge } from "../store/charge-store.ts";
import type { MoneyPort, Posting } from "./money-port.ts";

/** Where money is kept and cannot be reached, it is tried again so often. */
const RETRY_MS = 5_000;
/** A charge goes up behind its event, its evidence; that comes within a moment. */
const EVIDENCE_LOOK_MS = 500;

export interface ChargeUploadParts {
  readonly charges: ChargeStore;
  readonly money: Pick<MoneyPort, "book">;
  readonly clock: Pick<Clock, "after">;
  readonly recorder: Pick<Recorder, "event" | "attempt">;
  /** What a receipt calls whoever is paid at a terminal. */
  readonly merchantOf: (terminal: string) => string;
  /** Whether the event of that number is where money is kept, where that asks for it. */
  readonly isEvidenced: (seq: number) => boolean;
}

/**
 * Brings what was charged and taken back to where money is kept: one after another, in the order in which it happened, until each is acknowledged. What was sent
 * and not acknowledged, by a lost answer, a crash or a disk that refuses, is sent again with the same id.
 */
export class ChargeUpload {
  readonly #parts: ChargeUploadParts;
  #isBusy = false;
  #isClosed = false;
  #trouble: string | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(parts: ChargeUploadParts) {
    this.#parts = parts;
  }

  /** Why nothing goes up now; undefined: it does, or nothing waits. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Something may wait. */
  wake(): void {
    if (this.#isBusy || this.#isClosed || this.#cancelRetry !== undefined) return;
    void this.#send();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
  }

  async #send(): Promise<void> {
    const { charges, money, isEvidenced } = this.#parts;
    this.#isBusy = true;
    for (let next = charges.oldestWaiting(); next !== undefined; next = charges.oldestWaiting()) {
      if (!isEvidenced(next.seq)) {
        this.#isBusy = false;
        return this.#retryLater(EVIDENCE_LOOK_MS);
      }
      const answer = await money.book(this.#postingOf(next));
      if (this.#isClosed) return;
      const trouble = answer.kind === "unreachable" ? answer.detail : this.#settle(next, answer.kind === "posted" ? undefined : answer.detail);
      this.#trouble = trouble;
      if (trouble !== undefined) {
        this.#isBusy = false;
        return this.#retryLater();
      }
    }
    this.#isBusy = false;
  }

  /** @returns what hindered it */
  #settle({ seq, terminal, amountFen }: KeptCharge, dispute: string | undefined): string | undefined {
    const { charges, recorder } = this.#parts;
    const isKept = recorder.attempt(() => (charges.settle(seq, dispute === undefined ? "posted" : "review"), true));
    if (isKept === undefined) return "the disk refuses to record what was acknowledged";
    if (dispute !== undefined) recorder.event(eventOf("ChargeDisputed", { terminal, chargeSeq: seq, amountFen, detail: dispute }));
    return undefined;
  }

  #postingOf({ seq, id, refundOf, terminal, zone, holder, credential, amountFen, at }: KeptCharge): Posting {
    const { charges, merchantOf } = this.#parts;
    const of = refundOf === null ? null : (charges.find(refundOf)?.id ?? null);
    return { id, seq, kind: refundOf === null ? "charge" : "refund", of, terminal, merchant: merchantOf(terminal), zone, holder, credential, amountFen, at };
  }

  #retryLater(ms = RETRY_MS): void {
    this.#cancelRetry = this.#parts.clock.after(ms, () => {
      this.#cancelRetry = undefined;
      this.wake();
    });
  }
}
