import type { Step } from "../migration-step.ts";

/** What several instances on one store share: who of them publishes, and whom each of them has let in. */
export const instances: Step = ({ int, bytes, end }) => [
  // Changed in every publication: who has not the newest term can commit none.
  `CREATE TABLE leader (role TEXT PRIMARY KEY, term ${int} NOT NULL, beat ${int} NOT NULL, holder TEXT NOT NULL) ${end}`,
  "INSERT INTO leader (role, term, beat, holder) VALUES ('sequencer', 0, 0, '')",
  "CREATE INDEX feed_version_by_publish ON feed_version (publish)",
  // Of a token only its SHA-256 is kept, of a challenge only that it was answered.
  `CREATE TABLE controller_token (hash ${bytes} PRIMARY KEY, controller TEXT NOT NULL, changed ${int} NOT NULL, until ${int} NOT NULL) ${end}`,
  "CREATE INDEX controller_token_by_end ON controller_token (until)",
  `CREATE TABLE answered_challenge (nonce ${bytes} PRIMARY KEY, until ${int} NOT NULL) ${end}`,
  "CREATE INDEX answered_challenge_by_end ON answered_challenge (until)",
  // Made by the first instance that needs it; what it vouches for, every instance takes.
  `CREATE TABLE entrance_secret (one_row ${int} PRIMARY KEY CHECK (one_row = 1), secret ${bytes} NOT NULL) ${end}`,
];
