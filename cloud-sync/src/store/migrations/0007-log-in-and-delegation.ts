import type { Step } from "../migration-step.ts";

/** Log-ins, what they opened, operators and what was delegated to them, and reviews of what is granted. */
export const logInAndDelegation: Step = ({ int, end }) => [
  `CREATE TABLE log_in_attempt (
    id TEXT PRIMARY KEY, nonce TEXT NOT NULL, verifier TEXT NOT NULL, redirect_uri TEXT NOT NULL, scene TEXT, operator_key TEXT, until ${int} NOT NULL
  ) ${end}`,
  "CREATE INDEX log_in_attempt_by_end ON log_in_attempt (until)",
  `CREATE TABLE session (
    id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE, login TEXT NOT NULL CHECK (login IN ('phone', 'campus')),
    scene TEXT, opened_at ${int} NOT NULL, until ${int} NOT NULL
  ) ${end}`,
  "CREATE INDEX session_by_person ON session (person)",
  "CREATE INDEX session_by_end ON session (until)",
  `CREATE TABLE wechat_account (
    open_id TEXT PRIMARY KEY, person TEXT NOT NULL UNIQUE REFERENCES person (id) ON DELETE CASCADE, since ${int} NOT NULL
  ) ${end}`,
  // An operator that has ended stays as a tombstone: its id stands in the audit and is never given again.
  `CREATE TABLE operator (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, account TEXT UNIQUE, role TEXT, valid_until ${int} NOT NULL, ended_at ${int}
  ) ${end}`,
  "ALTER TABLE api_key ADD COLUMN operator TEXT REFERENCES operator (id)",
  `ALTER TABLE api_key ADD COLUMN valid_until ${int}`,
  "CREATE INDEX api_key_by_operator ON api_key (operator)",
  `CREATE TABLE delegation (
    id TEXT PRIMARY KEY, operator TEXT NOT NULL REFERENCES operator (id), parent TEXT REFERENCES delegation (id), given_by TEXT NOT NULL,
    given_at ${int} NOT NULL, zones TEXT NOT NULL, access_points TEXT NOT NULL, capabilities TEXT NOT NULL,
    may_delegate ${int} NOT NULL CHECK (may_delegate IN (0, 1)), valid_until ${int} NOT NULL, ended_at ${int}, CHECK (parent <> id)
  ) ${end}`,
  "CREATE INDEX delegation_by_operator ON delegation (operator)",
  "CREATE INDEX delegation_by_parent ON delegation (parent)",
  `CREATE TABLE access_review (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('place', 'group', 'age')), about TEXT NOT NULL, opened_by TEXT NOT NULL,
    opened_at ${int} NOT NULL, due ${int} NOT NULL, unconfirmed TEXT NOT NULL CHECK (unconfirmed IN ('list', 'end'))
  ) ${end}`,
  `CREATE TABLE access_review_row (
    id TEXT PRIMARY KEY, review TEXT NOT NULL REFERENCES access_review (id), nth ${int} NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('grant', 'membership')), about TEXT NOT NULL,
    subject_kind TEXT NOT NULL, subject TEXT NOT NULL, begins ${int}, since ${int}, source_kind TEXT, source TEXT, granted_by TEXT, valid_until ${int} NOT NULL,
    is_shortened ${int} NOT NULL CHECK (is_shortened IN (0, 1)), verdict TEXT CHECK (verdict IN ('confirmed', 'ended')), decided_by TEXT, decided_at ${int},
    CHECK ((verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL))
  ) ${end}`,
  "CREATE UNIQUE INDEX access_review_row_by_review ON access_review_row (review, nth)",
  "CREATE INDEX access_grant_by_source ON access_grant (source, source_kind)",
];
