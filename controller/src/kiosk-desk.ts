import { type ControllerEvent, eventOf, type EventFields, type MonotonicMs, type UnixSeconds } from "@portico/card-protocol";
import type { KioskConfiguration } from "./configuration/kiosk-configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import { itemBarcodeOf } from "./core/item-barcode.ts";
import type { Borrower, LoanAnswer, LoansPort } from "./loans/loans-port.ts";
import type { Portal } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";

export interface KioskDeskParts {
  readonly kiosk: KioskConfiguration;
  /** Of the access point at which is borrowed; empty: lists come from files. */
  readonly zone: string;
  readonly clock: Pick<ControllerClock, "monotonic" | "wall">;
  readonly recorder: Pick<Recorder, "event">;
  readonly loans: LoansPort;
}

export type LoanRefusal = EventFields<"LoanRefused">["reason"];
/** What became of an item. */
export type KioskOutcome =
  | { readonly kind: "lent"; readonly item: string; readonly due: UnixSeconds | null }
  | { readonly kind: "returned"; readonly item: string }
  | { readonly kind: "refused"; readonly reason: LoanRefusal; readonly detail: string };

/** One library kiosk: whoever showed a card borrows, whoever stands there returns. The library decides; nothing here keeps who has what. */
export class KioskDesk {
  readonly portal: Portal;
  readonly #parts: KioskDeskParts;
  #session: { readonly borrower: Borrower; readonly until: MonotonicMs } | undefined;
  #last: KioskOutcome | undefined;

  constructor(parts: KioskDeskParts) {
    this.#parts = parts;
    this.portal = {
      refusal: () => undefined,
      access: ({ accessPoint, grantedSeq, credential, holder }) => {
        parts.recorder.event(eventOf("AccessTaken", { accessPoint, grantedSeq })); // nobody has to pass
        this.#begin({ zone: parts.zone, credential, holder });
      },
    };
  }

  get id(): string {
    return this.#parts.kiosk.id;
  }

  /** What became of the last item; undefined: none was scanned yet. */
  get last(): KioskOutcome | undefined {
    return this.#last;
  }

  /** Who borrows, and for how long still; undefined: nobody. */
  session(): { readonly borrower: Borrower; readonly leftMs: number } | undefined {
    const leftMs = (this.#session?.until ?? 0) - this.#parts.clock.monotonic();
    return this.#session === undefined || leftMs <= 0 ? undefined : { borrower: this.#session.borrower, leftMs };
  }

  /** Whoever borrowed has left. */
  end(): void {
    this.#session = undefined;
  }

  /** Lends an item to whoever showed a card, or lends it on. */
  async lend(scanned: string): Promise<KioskOutcome> {
    const { clock, loans, kiosk } = this.#parts;
    const borrower = this.session()?.borrower;
    if (borrower === undefined) return this.#refused("NobodyPresent", "show a card or code first");
    const item = itemBarcodeOf(scanned, kiosk.hasCheckDigit);
    if (!item.ok) return this.#refused(item.error, item.detail);
    const wall = clock.wall();
    if (wall === "untrusted") return this.#refused("ClockUntrusted", "nobody knows the time");
    this.#begin(borrower);
    const answer = await loans.checkout(borrower, item.value, wall.now);
    if (answer.kind !== "done") return this.#notDone(answer);
    return this.#done({ kind: "lent", item: item.value, due: answer.due }, eventOf("ItemLent", { kiosk: this.id, credential: borrower.credential }));
  }

  /** Takes an item back; nobody has to show anything. */
  async takeBack(scanned: string): Promise<KioskOutcome> {
    const { loans, kiosk } = this.#parts;
    const item = itemBarcodeOf(scanned, kiosk.hasCheckDigit);
    if (!item.ok) return this.#refused(item.error, item.detail);
    const answer = await loans.checkin(item.value);
    return answer.kind === "done" ? this.#done({ kind: "returned", item: item.value }, eventOf("ItemReturned", { kiosk: this.id })) : this.#notDone(answer);
  }

  /** An item lies under the scanner: lent while somebody is there, taken back while nobody is. */
  scanned(text: string): Promise<KioskOutcome> {
    return this.session() === undefined ? this.takeBack(text) : this.lend(text);
  }

  #begin(borrower: Borrower): void {
    const { clock, kiosk } = this.#parts;
    this.#session = { borrower, until: (clock.monotonic() + kiosk.sessionMs) as MonotonicMs };
  }

  #done(outcome: KioskOutcome, event: ControllerEvent): KioskOutcome {
    this.#parts.recorder.event(event);
    return (this.#last = outcome);
  }

  #notDone(answer: Exclude<LoanAnswer, { readonly kind: "done" }>): KioskOutcome {
    return this.#refused(answer.kind === "refused" ? "LibraryRefused" : "LibraryUnreachable", answer.detail);
  }

  #refused(reason: LoanRefusal, detail: string): KioskOutcome {
    return this.#done({ kind: "refused", reason, detail }, eventOf("LoanRefused", { kiosk: this.id, reason, detail }));
  }
}
