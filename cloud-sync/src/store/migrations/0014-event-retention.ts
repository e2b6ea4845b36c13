import type { Step } from "../migration-step.ts";

/** What stands for events whose time was over, how far each chain was looked through, and the run that does it. */
export const eventRetention: Step = ({ int, bytes, end }) => [
  `CREATE TABLE event_checkpoint (
    chain ${int} NOT NULL, first_seq ${int} NOT NULL, last_seq ${int} NOT NULL, record ${bytes} NOT NULL, PRIMARY KEY (chain, first_seq), UNIQUE (chain, last_seq)
  ) ${end}`,
  `CREATE TABLE event_retention_mark (chain ${int} NOT NULL, kinds TEXT NOT NULL, seq ${int} NOT NULL, PRIMARY KEY (chain, kinds)) ${end}`,
  `CREATE TABLE event_retention_kind (name TEXT PRIMARY KEY, dropped_before ${int} NOT NULL) ${end}`,
  `CREATE TABLE event_retention_run (
    one_row ${int} PRIMARY KEY CHECK (one_row = 1), step ${int} NOT NULL, day TEXT, started_at ${int}, finished_at ${int}, chain ${int} NOT NULL,
    dropped TEXT NOT NULL, broken TEXT NOT NULL
  ) ${end}`,
  "INSERT INTO event_retention_run (one_row, step, day, started_at, finished_at, chain, dropped, broken) VALUES (1, 0, NULL, NULL, NULL, 0, '{}', '{}')",
];
