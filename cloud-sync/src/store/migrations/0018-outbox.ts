import type { Step } from "../migration-step.ts";

/** Mail and SMS, in the transaction of their cause; a key of the cause keeps each from being there twice. */
export const outbox: Step = ({ int, end }) => [
  `CREATE TABLE outbox_message (
    id TEXT PRIMARY KEY, dedupe TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, channel TEXT NOT NULL CHECK (channel IN ('mail', 'sms')), address TEXT NOT NULL,
    person TEXT, subject TEXT NOT NULL, text TEXT NOT NULL, parameters TEXT NOT NULL, created_at ${int} NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'off')), tries ${int} NOT NULL, next_at ${int} NOT NULL, problem TEXT NOT NULL,
    settled_at ${int}
  ) ${end}`,
  "CREATE INDEX outbox_waiting ON outbox_message (next_at) WHERE state = 'waiting'",
  "CREATE INDEX outbox_by_person ON outbox_message (person) WHERE person IS NOT NULL",
  "CREATE INDEX outbox_settled ON outbox_message (settled_at) WHERE settled_at IS NOT NULL",
  `CREATE TABLE outbox_kind_off (kind TEXT PRIMARY KEY, since ${int} NOT NULL, actor TEXT NOT NULL) ${end}`,
];
