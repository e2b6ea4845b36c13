import { type ChargeRefusal, err, type MonotonicMs, type OfflineLimits, ok, type Result, type WallTime } from "@portico/card-protocol";

/** The largest amount that a terminal may ever be given, fen: ¥100,000. */
export const AMOUNT_FEN_MAX = 10_000_000;

/** What an amount is not, by name. */
export type AmountRefusal = "AmountNotANumber" | "AmountNotWhole" | "AmountNotPositive" | "AmountOverLimit";

/**
 * Reads an amount of money.
 *
 * @param limitFen  the most that the terminal takes at once
 */
export function amountOf(value: unknown, limitFen: number): Result<number, AmountRefusal> {
  if (typeof value !== "number" || !Number.isFinite(value)) return err("AmountNotANumber", "a number of fen is wanted");
  if (!Number.isInteger(value)) return err("AmountNotWhole", `${value} is no whole number of fen`);
  if (value <= 0) return err("AmountNotPositive", `${value} fen is no amount to pay`);
  if (value > limitFen) return err("AmountOverLimit", `${value} fen is more than ${limitFen}`);
  return ok(value);
}

/** What was paid and nobody has acknowledged yet. */
export interface Exposure {
  readonly fen: number;
  readonly count: number;
}

/** What a charge is judged by. Amounts in fen. */
export interface ChargeFacts {
  /** Undefined: no amount was entered. */
  readonly amountFen: number | undefined;
  /** Of the signed list; undefined: it names none. */
  readonly limits: OfflineLimits | undefined;
  readonly wall: WallTime;
  /** Of this holder at this terminal. */
  readonly ofHolder: Exposure;
  /** Of everybody at this terminal. */
  readonly ofTerminal: Exposure;
  readonly ceilingFen: number;
}

/** Why nothing may be charged, or undefined where it may. Limits are for each holder and terminal; what was acknowledged does not count any more. */
export function chargeRefusal({
  amountFen,
  limits,
  wall,
  ofHolder,
  ofTerminal,
  ceilingFen,
}: ChargeFacts): { readonly reason: ChargeRefusal; readonly detail: string } | undefined {
  if (amountFen === undefined) return { reason: "NoAmount", detail: "no amount was entered" };
  if (limits === undefined) return { reason: "NoLimits", detail: "the list names no limits of this holder" };
  if (wall === "untrusted") return { reason: "ClockUntrusted", detail: "nobody knows whether the limits have ended" };
  if (wall.now >= limits.until) return { reason: "LimitsEnded", detail: "the limits of this holder have ended" };
  if (amountFen > limits.perTxFen) return { reason: "OverPerPayment", detail: `${amountFen} fen, at most ${limits.perTxFen} at once` };
  if (ofHolder.fen + amountFen > limits.totalFen)
    return { reason: "OverTotal", detail: `${ofHolder.fen} fen not acknowledged yet, with ${amountFen} more than ${limits.totalFen}` };
  if (ofHolder.count + 1 > limits.count) return { reason: "OverCount", detail: `${ofHolder.count} payments not acknowledged yet, at most ${limits.count}` };
  if (ofTerminal.fen + amountFen > ceilingFen)
    return { reason: "OverCeiling", detail: `${ofTerminal.fen} fen of this terminal not acknowledged yet, with ${amountFen} more than ${ceilingFen}` };
  return undefined;
}

/** What became of the last amount. */
export type TerminalOutcome =
  | { readonly kind: "charged"; readonly amountFen: number; /** Seq of its ChargeMade. */ readonly charge: number }
  | { readonly kind: "refused"; readonly amountFen: number; readonly reason: string; readonly detail: string }
  | { readonly kind: "cancelled" | "timeout"; readonly amountFen: number };

/**
 * A terminal between an amount and its answer.
 *
 *     idle ──amount──▶ waiting ──charged──▶ idle
 *      ▲                 │ refused: waits on, the next card may do
 *      └── cancel, time ─┘
 */
export interface Terminal {
  /** Undefined: no amount stands. */
  readonly waiting: { readonly amountFen: number; readonly until: MonotonicMs } | undefined;
  /** Undefined: nothing yet, or an amount was entered since. */
  readonly last: TerminalOutcome | undefined;
}

export type TerminalInput =
  | { readonly kind: "amount"; readonly amountFen: number }
  | { readonly kind: "cancel" }
  | { readonly kind: "tick" }
  | { readonly kind: "charged"; readonly charge: number }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string };

export const IDLE_TERMINAL: Terminal = { waiting: undefined, last: undefined };

/** The terminal behind an input. A newer amount takes the place of one that waits; what comes while none waits changes nothing. */
export function stepTerminal(terminal: Terminal, input: TerminalInput, now: MonotonicMs, waitMs: number): Terminal {
  if (input.kind === "amount") return { waiting: { amountFen: input.amountFen, until: (now + waitMs) as MonotonicMs }, last: undefined };
  const { waiting } = terminal;
  if (waiting === undefined) return terminal;
  const { amountFen } = waiting;
  switch (input.kind) {
    case "cancel":
      return { waiting: undefined, last: { kind: "cancelled", amountFen } };
    case "tick":
      return now < waiting.until ? terminal : { waiting: undefined, last: terminal.last ?? { kind: "timeout", amountFen } };
    case "charged":
      return { waiting: undefined, last: { kind: "charged", amountFen, charge: input.charge } };
    case "refused":
      return { waiting, last: { kind: "refused", amountFen, reason: input.reason, detail: input.detail } };
  }
  return input satisfies never;
}

/** `¥12.05` */
export const yuan = (fen: number): string => `¥${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;

/** What a receipt says. */
export interface Receipt {
  readonly kind: "charge" | "refund";
  readonly merchant: string;
  readonly terminal: string;
  readonly amountFen: number;
  /** 64 hex digits; a receipt shows the first 12. */
  readonly id: string;
  /** As the campus reads it. */
  readonly time: string;
  /** No money moved. */
  readonly isTest: boolean;
  /** What the payer has left; absent: it is not printed. */
  readonly balance?: { readonly kind: "left"; readonly fen: number } | { readonly kind: "unknown" } | undefined;
}

/** The lines of a receipt, top to bottom; no name, no card number. */
export function receiptLines({ kind, merchant, terminal, amountFen, id, time, isTest, balance }: Receipt): readonly string[] {
  const test = isTest ? ["*** TEST ***"] : [];
  const left = balance === undefined ? [] : [balance.kind === "left" ? `BALANCE ${yuan(balance.fen)}` : "BALANCE not known now"];
  return [
    ...test,
    merchant,
    `${kind === "charge" ? "PAYMENT" : "REFUND"} ${yuan(amountFen)}`,
    time,
    `terminal ${terminal}`,
    `no. ${id.slice(0, 12)}`,
    ...left,
    ...test,
  ];
}
