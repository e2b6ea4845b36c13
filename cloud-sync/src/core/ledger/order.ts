/** Who pays what nobody has decided about yet. */
export const PAYERS = ["holder", "campus", "merchant"] as const;
export type Payer = (typeof PAYERS)[number];

/** Why a person has to look: a charge beyond balance and debt; one without evidence in the event log; one that the evidence contradicts; an id that stands for another one. */
export const REVIEW_REASONS = ["ShortBalance", "EvidenceMissing", "EvidenceDiffers", "HolderUnknown", "WalletClosed", "IdCollision"] as const;
export type ReviewReason = (typeof REVIEW_REASONS)[number];

/** What is asked of the ledger. Ids of movements are the caller's; amounts are whole fen. `wallet` is a wallet's key, `till` the account of a merchant, desk or provider. */
export type Order =
  | { readonly kind: "topUp"; readonly wallet: string; readonly till: string; readonly amountFen: number }
  /** Refused where the balance does not cover it. */
  | { readonly kind: "charge"; readonly wallet: string; readonly till: string; readonly amountFen: number }
  | { readonly kind: "hold"; readonly wallet: string; readonly till: string; readonly amountFen: number; readonly expiresAt: number | null }
  /** Takes any amount behind a hold: what it does not cover is a fact. */
  | { readonly kind: "post"; readonly hold: string; readonly amountFen: number }
  | { readonly kind: "void"; readonly hold: string }
  | { readonly kind: "expire"; readonly hold: string }
  /** It has happened already, and is never refused. `wallet` null: whose it is nobody knows. */
  | {
      readonly kind: "fact";
      readonly wallet: string | null;
      readonly till: string;
      readonly amountFen: number;
      readonly payer: { readonly kind: "holder" } | { readonly kind: "campus" } | { readonly kind: "review"; readonly why: ReviewReason };
    }
  /** The opposite of a charge or fact. `isFact`: the money was handed back already. */
  | { readonly kind: "refund"; readonly of: string; readonly amountFen: number | null }
  /** Ends a review. */
  | { readonly kind: "decide"; readonly review: string; readonly payer: Payer }
  /** Part of a balance goes back to where it came from. */
  | { readonly kind: "handBack"; readonly wallet: string; readonly till: string; readonly amountFen: number }
  /** Debts first, then what is left goes to one till, and nothing moves the wallet any more. */
  | { readonly kind: "close"; readonly wallet: string; readonly till: string }
  /** A provider has not handed back what it was to: it holds it for the campus, which owes the payer instead. `wallet`: on whose statement it stands. */
  | { readonly kind: "keep"; readonly wallet: string; readonly till: string; readonly amountFen: number }
  /** A cash desk has handed that back in its place. */
  | { readonly kind: "payOut"; readonly wallet: string; readonly till: string; readonly amountFen: number };
export type OrderKind = Order["kind"];
export const ORDER_KINDS = [
  "topUp",
  "charge",
  "hold",
  "post",
  "void",
  "expire",
  "fact",
  "refund",
  "decide",
  "handBack",
  "close",
  "keep",
  "payOut",
] as const satisfies readonly OrderKind[];

/** The most that one movement may move, fen: ¥100,000, as at terminals. */
export const AMOUNT_FEN_MAX = 10_000_000;

/** What an amount is not, by name. */
export const AMOUNT_REFUSALS = ["AmountNotANumber", "AmountNotWhole", "AmountNotPositive", "AmountOverLimit"] as const;
export type AmountRefusal = (typeof AMOUNT_REFUSALS)[number];

/** Why nothing is moved. */
export type MoneyRefusal =
  | AmountRefusal
  | "MovementIdTaken"
  | "MovementUnknown"
  | "TillUnknown"
  | "TillEnded"
  | "WalletClosed"
  | "InsufficientFunds"
  | "BalanceOverLimit"
  | "HoldUnknown"
  | "HoldOver"
  | "HoldEndsBeforeItBegins"
  | "NotRefundable"
  | "RefundOverCharge"
  | "MoneyReviewUnknown"
  | "MoneyReviewDecided"
  | "DebtOutstanding"
  | "HoldsOpen";

/** A movement as it stands in the ledger, as far as later ones are judged by it. */
export interface KeptMovement {
  readonly id: string;
  readonly kind: OrderKind;
  /** What was asked, as text: the same id with another body is refused. */
  readonly body: string;
  readonly wallet: string | null;
  readonly till: string | null;
  readonly amountFen: number;
  /** Of what was charged: taken back so far. */
  readonly refundedFen: number;
  /** Which of its charge the campus pays, and what nobody pays yet. */
  readonly campusFen: number;
}

/** Something that nobody has decided about. */
export interface KeptReview {
  readonly id: string;
  readonly openFen: number;
  readonly wallet: string | null;
  readonly till: string;
  readonly isDecided: boolean;
}
