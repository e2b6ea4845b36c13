import type { Generated } from "kysely";

/** Notifications and where they are pushed to. */
export interface NotificationTables {
  notification: NotificationTable;
  /** `gone`: the newest number that is no longer kept. */
  notification_number: { one_row: number; seq: number; gone: number };
  webhook: WebhookTable;
}

export interface NotificationTable {
  /** Counts up: the order of the causes. Of what is no longer kept it may be given again. */
  nth: Generated<number>;
  id: string;
  /** Null until it has a number: readers see it then. */
  seq: number | null;
  at: number;
  kind: string;
  person: string | null;
  /** For this webhook alone; null: for everybody. */
  webhook: string | null;
  /** JSON object. */
  body: string;
}

export interface WebhookTable {
  id: string;
  url: string;
  /** A JSON array of kinds; empty: all. */
  kinds: string;
  /** Whose it is. */
  api_key: string;
  created_at: number;
  /** Everything up to this number was taken, or does not concern it. */
  delivered: number;
  state: "active" | "stopped";
  failing_since: number | null;
  /** Without success, in a row. */
  tries: number;
  /** Nobody tries before, ms since 1970: while one does, and between two tries. */
  next_at: number;
  /** Of the last try; empty: it was taken. */
  problem: string;
}
