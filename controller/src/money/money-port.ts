import type { CredentialId, UnixSeconds } from "@portico/card-protocol";

/** One movement of money that has happened already, or is about to: a charge, or the opposite charge that takes one back. */
export interface Posting {
  /** Chosen by whoever posts, 64 lower-case hex digits: the same id always stands for the same movement. */
  readonly id: string;
  readonly kind: "charge" | "refund";
  /** A refund: id of the charge that it takes back; a charge: null. */
  readonly of: string | null;
  /** Where it was spent: a terminal or a release station. */
  readonly terminal: string;
  /** Who is paid, as a person reads it on a receipt. */
  readonly merchant: string;
  /** The zone whose list names the holder; empty: lists come from files. */
  readonly zone: string;
  /** Zone-local handle of the person, u32. */
  readonly holder: number;
  readonly credential: CredentialId;
  /** Integer of 1..2³²−1. */
  readonly amountFen: number;
  /** When it was recorded here. */
  readonly at: UnixSeconds;
}

/**
 * - `posted`: it stands, now or since it was asked for the first time
 * - `conflict`: that id stands for something else; asking again changes nothing
 * - `unreachable`: nobody knows whether it stands; ask again, with the same id
 */
export type MoneyAnswer =
  | { readonly kind: "posted" }
  | { readonly kind: "conflict"; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string };

/**
 * Where money is kept: the campus wallet, or a merchant's acquirer. Idempotent: the same id with the same body is posted once, whoever asks how often. A movement
 * that has happened is a fact and never refused: what the balance does not cover is settled there.
 */
export interface MoneyPort {
  /** No money moves here: receipts say TEST. */
  readonly isTest: boolean;
  /** Never rejects. */
  post(posting: Posting): Promise<MoneyAnswer>;
}
