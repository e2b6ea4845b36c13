import { type OfflineLimits, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { present } from "./present.ts";
import type { FileContent } from "./schema.ts";

/** `[[terminal]]`: somebody pays an amount at its access point. Amounts in fen. */
export interface TerminalConfiguration {
  readonly id: string;
  /** Who is paid, as a receipt says it. */
  readonly merchant: string;
  /** The most that is paid at once. */
  readonly limitFen: number;
  /** The most of this terminal that nobody has acknowledged. */
  readonly ceilingFen: number;
  /** So long an amount waits for a card or code. */
  readonly waitMs: number;
  /** At which amounts are entered; absent: over the control socket alone. */
  readonly keypad?: string;
  /** What a customer reads. */
  readonly display?: string;
  /** Of a holder of whom the list names none; absent: they pay nothing. */
  readonly limits?: OfflineLimits;
}

/** `[[terminal]]` as the controller takes it. */
export const terminalOf = ({
  id,
  merchant,
  limit_fen: limitFen,
  ceiling_fen: ceilingFen,
  wait_s: waitS,
  keypad,
  display,
  limits,
}: FileContent["terminal"][number]): TerminalConfiguration => ({
  id,
  merchant,
  limitFen,
  ceilingFen,
  waitMs: waitS * 1_000,
  ...present("keypad", keypad),
  ...present("display", display),
  ...(limits && { limits: { perTxFen: limits.per_payment_fen, totalFen: limits.total_fen, count: limits.count, until: unixSeconds(U32_MAX) } }),
});
