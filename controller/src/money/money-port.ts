import type { CredentialId, Result, UnixSeconds } from "@portico/card-protocol";

/** One movement of money that has happened already: a charge, or the opposite charge that takes one back. */
export interface Posting {
  /** Chosen by whoever posts, 64 lower-case hex digits: the same id always stands for the same movement. */
  readonly id: string;
  /** Of its ChargeMade or ChargeRefunded: the evidence. */
  readonly seq: number;
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
 * - `conflict`: it cannot be booked as it is; asking again changes nothing
 * - `unreachable`: nobody knows whether it stands; ask again, with the same id
 */
export type MoneyAnswer =
  | { readonly kind: "posted" }
  | { readonly kind: "conflict"; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string };

/** `InsufficientFunds` the holder may not owe as much · `MoneyUnreachable` whoever keeps the accounts does not answer: to be asked again. */
export type HoldError = "InsufficientFunds" | "MoneyUnreachable";

/** What is held of somebody's money. */
export interface MoneyHold {
  /** 16 bytes as hex, chosen by whoever asks: the same id with the same content is the same hold, however often it is asked for. */
  readonly id: string;
  /** The zone whose list names the holder; empty: lists come from files. */
  readonly zone: string;
  readonly holder: number;
  readonly credential: string;
  readonly amountFen: number;
}

/**
 * Where money is kept. Each call may be repeated with its id and is done once, whoever asks how often; none rejects. What has happened, a charge or a printed
 * page, is a fact and never refused: what the balance does not cover is settled there.
 */
export interface MoneyPort {
  /** No money moves here: receipts say TEST. */
  readonly isTest: boolean;
  /** Books what was charged or taken back. */
  book(posting: Posting): Promise<MoneyAnswer>;
  hold(hold: MoneyHold): Promise<Result<undefined, HoldError>>;
  /** Takes the amount, any amount, and gives back what is left of the hold. */
  post(hold: MoneyHold, amountFen: number): Promise<Result<undefined, HoldError>>;
  /** Gives the hold back, whether or not there was one. */
  void(hold: MoneyHold): Promise<Result<undefined, HoldError>>;
  /** What a holder can spend, for a display; undefined: nobody says. */
  balance(who: Pick<MoneyHold, "zone" | "holder">): Promise<number | undefined>;
}
