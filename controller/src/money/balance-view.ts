import type { Clock } from "@portico/card-protocol";
import type { ChargeStore } from "../store/charge-store.ts";
import type { MoneyHold, MoneyPort } from "./money-port.ts";

/** What a customer is told of their money: what is left, or that nobody says so now. No older number stands in for it. */
export type BalanceTold = { readonly kind: "left"; readonly fen: number } | { readonly kind: "unknown" };

export interface BalanceViewParts {
  readonly money: Pick<MoneyPort, "balance">;
  readonly charges: Pick<ChargeStore, "find" | "oldestWaiting">;
  readonly clock: Pick<Clock, "monotonic" | "after">;
}

/** Nobody stands longer before a display. */
const WITHIN_MS = 6_000;
/** A charge is acknowledged behind its event, within a moment. */
const LOOK_MS = 250;

/**
 * What somebody has left, behind everything that was charged here: where money is kept does not know of a charge until it has acknowledged it, so that is waited
 * for. Never rejects.
 *
 * @param charge  the one that it is to count, by the number of its event; undefined: all that wait
 */
export async function balanceBehind(
  { money, charges, clock }: BalanceViewParts,
  who: Pick<MoneyHold, "zone" | "holder">,
  charge: number | undefined,
): Promise<BalanceTold> {
  const until = clock.monotonic() + WITHIN_MS;
  const waits = (): boolean => (charge === undefined ? charges.oldestWaiting() !== undefined : charges.find(charge)?.state === "waiting");
  while (waits()) {
    if (clock.monotonic() >= until) return UNKNOWN;
    await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
  }
  // One that a person has to look at is not in it.
  if (charge !== undefined && charges.find(charge)?.state !== "posted") return UNKNOWN;
  const late = new Promise<undefined>((resolve) => void clock.after(Math.max(0, until - clock.monotonic()), () => resolve(undefined)));
  const fen = await Promise.race([money.balance(who), late]);
  return fen === undefined ? UNKNOWN : { kind: "left", fen: Math.max(0, fen) };
}

const UNKNOWN: BalanceTold = { kind: "unknown" };
