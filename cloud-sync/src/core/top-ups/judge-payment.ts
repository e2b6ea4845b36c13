import type { UnixSeconds } from "@portico/card-protocol";

/** What a provider says of a payment, by a notice or when it is asked. */
export type PaymentSaid =
  /** Somebody has paid. `number`: the provider's own of the payment. */
  | { readonly kind: "paid"; readonly amountFen: number; readonly number: string; readonly paidAt: UnixSeconds }
  /** Nobody has paid yet, and somebody may. */
  | { readonly kind: "waiting" }
  /** Nobody has paid, and nobody can any more. */
  | { readonly kind: "ended" }
  /** It knows of no such payment. */
  | { readonly kind: "unknown" };

/** Why nobody can pay any more. */
export const TOP_UP_FAILURES = ["NotPaid", "ProviderRefused", "ProviderKnowsNothing"] as const;
export type TopUpFailure = (typeof TOP_UP_FAILURES)[number];

/** Why somebody has to decide about what was paid. */
export const TOP_UP_REVIEWS = ["AmountDiffers", "BalanceOverLimit", "WalletClosed", "TillEnded", "HolderUnknown"] as const;
export type TopUpReview = (typeof TOP_UP_REVIEWS)[number];

/** What a top-up is judged by. */
export interface JudgedTopUp {
  /** `open`: begun or pending. `over`: nobody is expected to pay any more. `paid`: behind that, whatever became of it. */
  readonly state: "open" | "over" | "paid";
  readonly amountFen: number;
  /** The payer may pay before then. */
  readonly endsAt: number;
  /** Of what was paid already: by which payment, and how much. */
  readonly paid: { readonly number: string; readonly amountFen: number } | null;
}

/** What follows from it. */
export type PaymentVerdict =
  /** Nothing new. */
  | { readonly kind: "keep" }
  /** It was paid as it was asked for: the wallet is credited. */
  | { readonly kind: "credit" }
  /** It was paid otherwise: nothing moves before somebody has decided. */
  | { readonly kind: "review"; readonly why: "AmountDiffers" }
  /** The payer's time is over: the provider ends the payment, and is asked once more, for somebody may pay in that very moment. */
  | { readonly kind: "end" }
  | { readonly kind: "fail"; readonly why: TopUpFailure }
  /** It was paid before, by another payment or another amount: somebody has to look, and nothing moves. */
  | { readonly kind: "contradiction" };

/**
 * Judges what a provider says at an instant. What was paid is a fact: it counts behind the end of the time too, and behind a failure. Said again it changes nothing.
 */
export function judgePayment({ state, amountFen, endsAt, paid }: JudgedTopUp, said: PaymentSaid, now: number): PaymentVerdict {
  if (said.kind === "paid") {
    if (state === "paid") return paid?.number === said.number && paid.amountFen === said.amountFen ? { kind: "keep" } : { kind: "contradiction" };
    return said.amountFen === amountFen ? { kind: "credit" } : { kind: "review", why: "AmountDiffers" };
  }
  if (state !== "open") return { kind: "keep" };
  switch (said.kind) {
    case "ended":
      return { kind: "fail", why: "NotPaid" };
    case "waiting":
      return now < endsAt ? { kind: "keep" } : { kind: "end" };
    case "unknown":
      return now < endsAt ? { kind: "keep" } : { kind: "fail", why: "ProviderKnowsNothing" };
  }
}

/** Seconds until a provider is asked again, by how often it was: 5, 10, 20 … 600. */
export const nextLookS = (looks: number): number => Math.min(600, 5 * 2 ** Math.min(looks, 7));
