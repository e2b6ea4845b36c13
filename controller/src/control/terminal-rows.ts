import type { OperatorAct } from "../core/door-operation.ts";
import type { TerminalOutcome } from "../core/terminal.ts";

/** A payment terminal as it stands. Amounts in fen. */
export interface TerminalRow {
  readonly id: string;
  readonly merchant: string;
  /** At which is paid. */
  readonly accessPoint: string;
  readonly limitFen: number;
  readonly ceilingFen: number;
  /** What waits for a card or code; null: nothing does. */
  readonly waiting: { readonly amountFen: number; readonly leftS: number } | null;
  /** What became of the last amount; null: nothing yet, or the next was entered. */
  readonly last: TerminalOutcome | null;
  /** What stands at the keypad and was not entered yet, such as `12.5`; null: nothing, or there is no keypad. */
  readonly typed: string | null;
  /** What the customer display is told, a text a line; null: there is none. */
  readonly display: readonly string[] | null;
  /** Of the last amount, where it was charged. */
  readonly receipt: readonly string[] | null;
  /** Charged here and acknowledged by nobody yet. */
  readonly exposure: { readonly fen: number; readonly count: number };
  /** Why nothing goes up where money is kept; null: it does, or nothing waits. */
  readonly trouble: string | null;
  /** No money moves: every receipt says TEST. */
  readonly isTest: boolean;
}

/** A charge, or a refund of one. */
export interface ChargeRow {
  readonly seq: number;
  readonly id: string;
  /** Of a refund: seq of the charge. */
  readonly refundOf: number | null;
  readonly terminal: string;
  readonly credential: string;
  readonly amountFen: number;
  readonly at: number;
  readonly state: "waiting" | "posted" | "review";
  readonly receipt: readonly string[];
}

/** What a terminal took in on one day of the campus. */
export interface TerminalTotals {
  readonly terminal: string;
  /** `2027-01-11` */
  readonly day: string;
  readonly charges: number;
  readonly chargedFen: number;
  readonly refunds: number;
  readonly refundedFen: number;
  readonly netFen: number;
  /** Movements that nobody has acknowledged yet, and those that a person has to look at. */
  readonly waiting: number;
  readonly review: number;
  readonly isTest: boolean;
}

interface OfTerminal {
  readonly id: string;
}
export interface TerminalChargeRoute {
  readonly params: OfTerminal;
  /** 1 to the terminal's limit; null: what waits is cancelled. */
  readonly body: { readonly amountFen: number | null; /** Answer when something has become of it. */ readonly wait: boolean };
  readonly answer: TerminalRow;
}
export interface TerminalRefundRoute {
  readonly params: OfTerminal;
  /** `charge`: its number; `amountFen` null: all of it. */
  readonly body: OperatorAct & { readonly charge: number; readonly amountFen: number | null };
  readonly answer: ChargeRow;
}
export interface TerminalTotalsRoute {
  readonly params: OfTerminal;
  readonly query: { readonly day?: string };
  readonly answer: TerminalTotals;
}
export interface TerminalChargesRoute {
  readonly params: OfTerminal;
  readonly query: { readonly day?: string };
  readonly answer: readonly ChargeRow[];
}
