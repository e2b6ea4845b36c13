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
];
