import type { TopUpState } from "../core/top-ups/top-up-steps.ts";

/** Top-ups that providers take in, what they have said, and what they hand back. */
export interface TopUpTables {
  top_up: TopUpTable;
  provider_notice: { provider: string; digest: string; ref: string; received_at: number; content: string };
  provider_refund: ProviderRefundTable;
  /** How far the ledger was read for what providers have to hand back. One row. */
  provider_refund_mark: { one_row: number; seq: number };
}

export interface TopUpTable {
  /** The caller's own. */
  id: string;
  /** By what the provider knows it: 32 of 0-9 and a-f. */
  ref: string;
  /** What was asked: the same id with another body is refused. */
  body: string;
  provider: string;
  /** Key of the wallet. */
  wallet: string;
  amount_fen: number;
  said: string;
  asked_by: string;
  reason: string;
  state: TopUpState;
  /** Of `failed` and `review`. */
  why: string | null;
  /** JSON for the payer's phone; gone when it is over. */
  pay: string | null;
  paid_fen: number | null;
  /** The provider's own number of the payment. */
  provider_number: string | null;
  paid_at: number | null;
  begun_at: number;
  /** The payer may pay before then. */
  ends_at: number;
  /** When the provider is asked next; null: it is not. */
  look_at: number | null;
  looks: number;
  ended_at: number | null;
}

export interface ProviderRefundTable {
  id: string;
  /** By what the provider knows it. */
  ref: string;
  provider: string;
  /** The payment through which it goes back; null: none is known. */
  top_up: string | null;
  /** The ledger's movement that hands it back; null: it was never credited. */
  movement: string | null;
  amount_fen: number;
  state: "asked" | "done" | "failed";
  why: string | null;
  asked_at: number;
  look_at: number | null;
  looks: number;
  ended_at: number | null;
  /** Whose it is: the key of a wallet. */
  wallet: string | null;
  /** The cash desk that has paid it out in the provider's place; null: none has. */
  paid_till: string | null;
  /** Who said so. */
  paid_by: string | null;
  /** 0: the ledger has not yet booked that. */
  booked: number;
}
