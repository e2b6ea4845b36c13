import type { Step } from "../migration-step.ts";

/** What callers are told: notifications in the transaction of their cause, numbered afterwards without gaps, and where they are pushed to. */
export const notifications: Step = ({ int, counted, end }) => [
  `CREATE TABLE notification (
    nth ${counted}, id TEXT NOT NULL UNIQUE, seq ${int} UNIQUE, at ${int} NOT NULL, kind TEXT NOT NULL, person TEXT, webhook TEXT, body TEXT NOT NULL
  ) ${end}`,
  "CREATE INDEX notification_waiting ON notification (nth) WHERE seq IS NULL",
  "CREATE INDEX notification_by_time ON notification (at)",
  // The newest number, and the newest that is no longer kept.
  `CREATE TABLE notification_number (one_row ${int} PRIMARY KEY CHECK (one_row = 1), seq ${int} NOT NULL, gone ${int} NOT NULL) ${end}`,
  "INSERT INTO notification_number (one_row, seq, gone) VALUES (1, 0, 0)",
  `CREATE TABLE webhook (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, kinds TEXT NOT NULL, api_key TEXT NOT NULL REFERENCES api_key (id), created_at ${int} NOT NULL,
    delivered ${int} NOT NULL, state TEXT NOT NULL CHECK (state IN ('active', 'stopped')), failing_since ${int}, tries ${int} NOT NULL,
    next_at ${int} NOT NULL, problem TEXT NOT NULL
  ) ${end}`,
];
