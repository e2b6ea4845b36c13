import type { Result } from "@portico/card-protocol";
import type { PaymentSaid } from "../core/top-ups/judge-payment.ts";

/** A payment that somebody is to make. */
export interface PaymentAsked {
  /** By what the provider knows it: 32 of 0-9 and a-f, of this cloud alone. Asked for again it is the same payment. */
  readonly ref: string;
  readonly amountFen: number;
  /** What the payer reads. */
  readonly text: string;
  /** Whoever pays, as the provider knows them, such as an open id; null: it does not ask. */
  readonly payer: string | null;
  /** Nobody may pay from then on, Unix seconds. */
  readonly endsAt: number;
}

/** What a payer's phone needs to pay: texts, as the provider's own program takes them. */
export type PayParts = Readonly<Record<string, string>>;

/** Money on its way back through a payment that was made. */
export interface RefundAsked {
  /** 32 of 0-9 and a-f. Asked for again it is the same refund. */
  readonly ref: string;
  /** The payment's. */
  readonly of: string;
  readonly amountFen: number;
  /** All that was paid. */
  readonly paidFen: number;
}
export type RefundSaid = { readonly kind: "done" } | { readonly kind: "waiting" } | { readonly kind: "refused"; readonly why: string };

/** `ProviderSilent`: whether it has heard is not known, and it is asked again. `ProviderRefused`: it has, and says no for good. */
export type ProviderTrouble = "ProviderSilent" | "ProviderRefused";

/** A notice as it came: nothing of it is believed. */
export interface RawNotice {
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}
/** What a notice says, once its signature holds. */
export type Noticed =
  | { readonly of: "payment"; readonly ref: string; readonly said: PaymentSaid }
  | { readonly of: "refund"; readonly ref: string; readonly said: RefundSaid };

/**
 * Somebody who takes money in for the campus, and hands it back. Everything may be said twice and be late, and an answer may be lost: what was asked is written down
 * before, each ask can be repeated, and a notice and an answer mean the same.
 */
export interface PaymentProvider {
  /** Names its till, `provider/<id>`, and where its notices come: `/provider-notices/<id>`. */
  readonly id: string;
  begin(asked: PaymentAsked): Promise<Result<PayParts, ProviderTrouble>>;
  /** What is with a payment now. */
  look(ref: string): Promise<Result<PaymentSaid, "ProviderSilent">>;
  /** Nobody may pay any more. Where somebody has by then, {@link look} says so. */
  end(ref: string): Promise<Result<null, "ProviderSilent">>;
  refund(asked: RefundAsked): Promise<Result<RefundSaid, "ProviderSilent">>;
  /** Checks who has sent it, and reads it. Pure but for the provider's clock. */
  readNotice(notice: RawNotice): Result<Noticed, "NoticeForged">;
  /** What it is answered when its notice was kept: else it says it again. */
  readonly taken: { readonly status: number; readonly body: string };
}
