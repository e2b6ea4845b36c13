import type { Step } from "../migration-step.ts";

/** Phones' keys and their loss, issued passes, lent cards. */
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
];
