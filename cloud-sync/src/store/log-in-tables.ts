import type { OperatorTables } from "./operator-tables.ts";
import type { ReviewTables } from "./review-tables.ts";

/** Log-ins and what they opened, operators and reviews. Times are seconds since 1970 UTC. */
export interface LogInTables extends OperatorTables, ReviewTables {
  log_in_attempt: LogInAttemptTable;
  session: SessionTable;
  /** Whose WeChat account it is: one for a person, in this mini program. */
  wechat_account: { open_id: string; person: string; since: number };
}

/** A log-in at the campus account that was begun: its end is taken once. */
export interface LogInAttemptTable {
  /** SHA-256 of the state, hex. */
  id: string;
  nonce: string;
  verifier: string;
  redirect_uri: string;
  scene: string | null;
  /** 64 hex digits: the key that an operator will sign with; null: a person's log-in. */
  operator_key: string | null;
  until: number;
}

export interface SessionTable {
  /** SHA-256 of the token, hex: the token itself is kept by nobody here. */
  id: string;
  person: string;
  login: "phone" | "campus";
  /** What the mini program was opened with (rule 1.1). */
  scene: string | null;
  opened_at: number;
  until: number;
}
