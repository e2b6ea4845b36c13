import type { Clock, Language } from "@portico/card-protocol";
import type { AmountKeypad, TextDisplay } from "@portico/firmware-ts";
import { type AmountEntry, NOTHING_TYPED, pressEntry, voided } from "./core/amount-entry.ts";
import type { AmountRefusal } from "./core/terminal.ts";
import { type TillLine, tillLines } from "./core/till-lines.ts";
import type { TerminalDesk } from "./terminal-desk.ts";

/** So long what became of an amount stands on the display. */
const PAID_MS = 10_000;
const REFUSED_MS = 5_000;

export interface TillParts {
  readonly desk: Pick<TerminalDesk, "state" | "balance" | "asked" | "enter" | "cancel" | "onChange">;
  readonly merchant: string;
  /** Undefined: amounts come over the control socket alone. */
  readonly keypad: AmountKeypad | undefined;
  /** Undefined: nobody reads anything. */
  readonly display: { readonly device: TextDisplay; readonly language: Language } | undefined;
  readonly clock: Pick<Clock, "after">;
  readonly isTest: boolean;
}

/**
 * What cashier and customer have in their hands and before their eyes. A display that is unplugged hinders no payment; what a keypad has lost a digit of is no
 * amount until it is typed anew.
 */
export class Till {
  readonly #parts: TillParts;
  readonly #stops: readonly (() => void)[];
  #entry: AmountEntry = NOTHING_TYPED;
  #entryRefusal: AmountRefusal | undefined;
  #isFresh = false;
  #cancelFresh = (): void => {};

  constructor(parts: TillParts) {
    const { desk, keypad } = parts;
    this.#parts = parts;
    this.#stops = [
      desk.onChange(() => this.#changed()),
      ...(keypad === undefined ? [] : [keypad.onKey((key) => this.#press(key)), keypad.onHealth(({ kind }) => kind === "offline" && this.#unplugged())]),
    ];
    this.#show();
  }

  /** What was typed and not entered; undefined: nothing. */
  get typed(): string | undefined {
    return this.#entry.text === "" ? undefined : this.#entry.text;
  }

  /** What the display is told; undefined: there is none. */
  get lines(): readonly TillLine[] | undefined {
    const { display, merchant, isTest, desk } = this.#parts;
    if (display === undefined) return undefined;
    const [entry, entryRefusal, isFresh] = [this.#entry, this.#entryRefusal, this.#isFresh];
    return tillLines({
      merchant,
      language: display.language,
      isTest,
      entry,
      entryRefusal,
      terminal: desk.state,
      balance: desk.balance,
      asked: desk.asked,
      isFresh,
    });
  }

  close(): void {
    this.#cancelFresh();
    for (const stop of this.#stops) stop();
  }

  #press(key: Parameters<typeof pressEntry>[1]): void {
    const { desk } = this.#parts;
    const { entry, act } = pressEntry(this.#entry, key);
    this.#entry = entry;
    this.#entryRefusal = undefined;
    this.#settle(); // whoever types has read what became of the last amount
    if (act?.kind === "cancel") desk.cancel();
    if (act?.kind === "entered") {
      const taken = desk.enter(act.amountFen);
      // What is refused stays typed: a digit too many is taken back, not all of them.
      if (taken.ok) this.#entry = NOTHING_TYPED;
      else this.#entryRefusal = taken.error;
    }
    this.#show();
  }

  /** Half an amount is none. */
  #unplugged(): void {
    if (this.#entry === NOTHING_TYPED) return;
    this.#entry = voided(this.#entry);
    this.#show();
  }

  #changed(): void {
    const { desk, clock } = this.#parts;
    this.#settle();
    const { last } = desk.state;
    if (last?.kind === "charged" || last?.kind === "refused" || desk.asked !== undefined) {
      this.#isFresh = true;
      this.#cancelFresh = clock.after(last?.kind === "charged" && desk.asked === undefined ? PAID_MS : REFUSED_MS, () => {
        this.#settle();
        this.#show();
      });
    }
    this.#show();
  }

  #settle(): void {
    this.#cancelFresh();
    this.#isFresh = false;
  }

  #show(): void {
    const lines = this.lines;
    if (lines !== undefined) void this.#parts.display!.device.show(lines);
  }
}
