import type { Step } from "../migration-step.ts";

/** Phones' keys and their loss, issued passes, lent cards; lists that are pushed, and removals that wait for a second operator. */
export const phonesPassesPushes: Step = ({ int, bytes, end }) => [
  `CREATE TABLE phone_challenge (nonce ${bytes} PRIMARY KEY, person TEXT NOT NULL, until ${int} NOT NULL) ${end}`,
  "CREATE INDEX phone_challenge_by_end ON phone_challenge (until)",
  `CREATE TABLE used_phone_key (key_hash ${bytes} PRIMARY KEY, since ${int} NOT NULL) ${end}`,
  `CREATE TABLE phone_loss (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE, since ${int} NOT NULL, passes_until ${int} NOT NULL, lifted_at ${int},
    PRIMARY KEY (person, since)
  ) ${end}`,
  `CREATE TABLE issued_pass (
    credential TEXT PRIMARY KEY, kid ${int} NOT NULL, issued_at ${int} NOT NULL, until ${int} NOT NULL, actor TEXT NOT NULL
  ) ${end}`,
  // No reference to the credential: it is gone when the card is back, and the loan stays.
  `CREATE TABLE lent_card (
    credential TEXT PRIMARY KEY, person TEXT NOT NULL, desk TEXT NOT NULL, lent_at ${int} NOT NULL, due_at ${int} NOT NULL, returned_at ${int},
    CHECK (lent_at < due_at)
  ) ${end}`,
  "CREATE INDEX lent_card_by_person ON lent_card (person)",
  `CREATE TABLE push (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, is_full ${int} NOT NULL CHECK (is_full IN (0, 1)), row_count ${int} NOT NULL, byte_count ${int} NOT NULL,
    sha256 ${bytes} NOT NULL, state TEXT NOT NULL, received_bytes ${int} NOT NULL, received_rows ${int} NOT NULL, planned_rows ${int} NOT NULL,
    plan_step ${int} NOT NULL, base ${int} NOT NULL, counts TEXT NOT NULL, opened_by TEXT NOT NULL, opened_at ${int} NOT NULL, ended_at ${int}
  ) ${end}`,
  "CREATE INDEX push_by_source ON push (source, state)",
  `CREATE TABLE push_part (
    push TEXT NOT NULL REFERENCES push (id) ON DELETE CASCADE, first_byte ${int} NOT NULL, bytes ${bytes} NOT NULL, last_row ${int} NOT NULL,
    PRIMARY KEY (push, first_byte)
  ) ${end}`,
  `CREATE TABLE push_row (
    push TEXT NOT NULL REFERENCES push (id) ON DELETE CASCADE, row_number ${int} NOT NULL, key TEXT, outcome TEXT NOT NULL, fields TEXT NOT NULL,
    ends TEXT NOT NULL, content TEXT, due ${int} NOT NULL, PRIMARY KEY (push, row_number)
  ) ${end}`,
  "CREATE INDEX push_row_by_key ON push_row (push, key)",
  "CREATE INDEX push_row_due ON push_row (push, due, row_number)",
  "CREATE INDEX push_row_by_outcome ON push_row (push, outcome, row_number)",
  `CREATE TABLE push_claim (
    push TEXT NOT NULL REFERENCES push (id) ON DELETE CASCADE, claim TEXT NOT NULL, row_number ${int} NOT NULL, PRIMARY KEY (push, claim)
  ) ${end}`,
  `CREATE TABLE pushed_person (
    source TEXT NOT NULL, key TEXT NOT NULL, person TEXT NOT NULL UNIQUE REFERENCES person (id) ON DELETE CASCADE, content TEXT NOT NULL,
    PRIMARY KEY (source, key)
  ) ${end}`,
  `CREATE TABLE held_removal (
    id TEXT PRIMARY KEY, act TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('held', 'released', 'dropped')), counts TEXT NOT NULL,
    asked_by TEXT NOT NULL, asked_at ${int} NOT NULL, reason TEXT NOT NULL, decided_by TEXT, decided_at ${int}, decided_reason TEXT,
    CHECK ((state = 'held') = (decided_by IS NULL)), CHECK (state <> 'released' OR decided_by <> asked_by)
  ) ${end}`,
  "CREATE INDEX held_removal_by_state ON held_removal (state)",
];
