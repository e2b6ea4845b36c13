import type { Step } from "../migration-step.ts";

/** Cases, a history that the store itself keeps from being changed, and teams. */
export const cases: Step = ({ int, bytes, end, appendOnly }) => [
  `CREATE TABLE team (id TEXT PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL, hours TEXT, mail TEXT) ${end}`,
  `CREATE TABLE team_member (
    team TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE, operator TEXT NOT NULL REFERENCES operator (id), PRIMARY KEY (team, operator)
  ) ${end}`,
  "CREATE INDEX team_member_by_operator ON team_member (operator)",
  `CREATE TABLE team_route (
    team TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE, category TEXT NOT NULL, area TEXT NOT NULL, PRIMARY KEY (team, category, area)
  ) ${end}`,
  `CREATE TABLE campus_case (
    id TEXT PRIMARY KEY, nth ${int} NOT NULL UNIQUE, type TEXT NOT NULL, category TEXT NOT NULL, state TEXT NOT NULL, round ${int} NOT NULL CHECK (round >= 1), area TEXT, place TEXT,
    team TEXT REFERENCES team (id), opened_at ${int} NOT NULL, moved_at ${int} NOT NULL, completed_at ${int}, votes TEXT NOT NULL, results TEXT NOT NULL,
    steps ${int} NOT NULL CHECK (steps >= 1)
  ) ${end}`,
  "CREATE INDEX campus_case_by_team ON campus_case (team, nth)",
  "CREATE INDEX campus_case_by_state ON campus_case (type, state, nth)",
  `CREATE TABLE case_reporter (
    campus_case TEXT PRIMARY KEY REFERENCES campus_case (id), person TEXT, name TEXT NOT NULL, phone TEXT, form TEXT NOT NULL
  ) ${end}`,
  "CREATE INDEX case_reporter_by_person ON case_reporter (person, campus_case)",
  "CREATE INDEX case_reporter_by_phone ON case_reporter (phone, campus_case)",
  `CREATE TABLE case_step (
    campus_case TEXT NOT NULL REFERENCES campus_case (id), seq ${int} NOT NULL, at ${int} NOT NULL, round ${int} NOT NULL, transition TEXT NOT NULL,
    from_state TEXT NOT NULL, to_state TEXT NOT NULL, role TEXT NOT NULL, actor TEXT NOT NULL, text_hash ${bytes}, rating ${int} CHECK (rating BETWEEN 1 AND 5),
    changes TEXT NOT NULL, PRIMARY KEY (campus_case, seq)
  ) ${end}`,
  ...appendOnly("case_step"),
  `CREATE TABLE case_text (campus_case TEXT NOT NULL, seq ${int} NOT NULL, person TEXT, text TEXT NOT NULL, PRIMARY KEY (campus_case, seq)) ${end}`,
  "CREATE INDEX case_text_by_person ON case_text (person) WHERE person IS NOT NULL",
  `CREATE TABLE case_attachment (
    campus_case TEXT NOT NULL REFERENCES campus_case (id), sha256 TEXT NOT NULL, person TEXT, name TEXT NOT NULL, type TEXT NOT NULL, bytes ${int} NOT NULL,
    at ${int} NOT NULL, role TEXT NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (campus_case, sha256)
  ) ${end}`,
  "CREATE INDEX case_attachment_by_hash ON case_attachment (sha256)",
  "CREATE INDEX case_attachment_by_person ON case_attachment (person) WHERE person IS NOT NULL",
  `CREATE TABLE case_count (one_row ${int} PRIMARY KEY CHECK (one_row = 1), cases ${int} NOT NULL) ${end}`,
  "INSERT INTO case_count (one_row, cases) VALUES (1, 0)",
  `CREATE TABLE case_fault (fault TEXT PRIMARY KEY, campus_case TEXT NOT NULL REFERENCES campus_case (id)) ${end}`,
  `CREATE TABLE case_fault_mark (one_row ${int} PRIMARY KEY CHECK (one_row = 1), seq ${int} NOT NULL) ${end}`,
  "INSERT INTO case_fault_mark (one_row, seq) SELECT 1, seq FROM notification_number",
];
