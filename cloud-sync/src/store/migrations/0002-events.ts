import type { Step } from "../migration-step.ts";

/** Events of controllers, the batches that signed them, and proofs of those who told two stories. */
export const events: Step = ({ int, bytes, counted, end }) => [
  `CREATE TABLE event_chain (
    number ${counted}, controller TEXT NOT NULL, machine ${int} NOT NULL CHECK (machine >= 1), public_key ${bytes} NOT NULL,
    seq ${int} NOT NULL, hash ${bytes} NOT NULL, received_at ${int} NOT NULL, gaps ${int} NOT NULL, missing ${int} NOT NULL,
    UNIQUE (controller, machine), UNIQUE (controller, public_key)
  ) ${end}`,
  `CREATE TABLE controller_event (
    chain ${int} NOT NULL, seq ${int} NOT NULL, at ${int}, ms ${int} NOT NULL, name TEXT NOT NULL, source TEXT, credential TEXT,
    record ${bytes} NOT NULL, hash ${bytes} NOT NULL, PRIMARY KEY (chain, seq)
  ) ${end}`,
  "CREATE INDEX controller_event_by_credential ON controller_event (credential) WHERE credential IS NOT NULL",
  `CREATE TABLE event_batch (
    id ${counted}, chain ${int} NOT NULL, first_seq ${int} NOT NULL, last_seq ${int} NOT NULL, new_from ${int} NOT NULL,
    signature ${bytes} NOT NULL, received_at ${int} NOT NULL, UNIQUE (chain, new_from)
  ) ${end}`,
  `CREATE TABLE event_fork (
    chain ${int} NOT NULL, seq ${int} NOT NULL, hash ${bytes} NOT NULL, batch ${bytes} NOT NULL, received_at ${int} NOT NULL, PRIMARY KEY (chain, seq, hash)
  ) ${end}`,
  // What phones' keys have signed and doors have seen, each pass once, for a month.
  `CREATE TABLE shown_pass (
    credential TEXT NOT NULL, counter ${int} NOT NULL, signed_at ${int} NOT NULL, chain ${int} NOT NULL, seq ${int} NOT NULL,
    PRIMARY KEY (credential, counter, signed_at)
  ) ${end}`,
  "CREATE INDEX shown_pass_by_time ON shown_pass (signed_at)",
  `CREATE TABLE copy_mark (one_row ${int} PRIMARY KEY CHECK (one_row = 1), batch ${int} NOT NULL) ${end}`,
  "INSERT INTO copy_mark (one_row, batch) VALUES (1, 0)",
  `CREATE TABLE copy_finding (
    id ${counted}, credential TEXT NOT NULL, person TEXT NOT NULL, kind TEXT NOT NULL, at ${int} NOT NULL, outcome TEXT NOT NULL, evidence TEXT NOT NULL,
    UNIQUE (credential, kind, evidence)
  ) ${end}`,
  "CREATE INDEX copy_finding_by_person ON copy_finding (person)",
  `CREATE TABLE capture_policy (one_row ${int} PRIMARY KEY CHECK (one_row = 1), first_act TEXT NOT NULL, repeated_act TEXT NOT NULL) ${end}`,
];
