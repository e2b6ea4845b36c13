import type { Step } from "../migration-step.ts";

/** When each credential was let in last at each access point, told by month alone, and the batch of events up to which that was looked at. */
export const lastUse: Step = ({ int, end }) => [
  `CREATE TABLE last_use (credential TEXT NOT NULL, access_point TEXT NOT NULL, at ${int} NOT NULL, PRIMARY KEY (credential, access_point)) ${end}`,
  "CREATE INDEX last_use_by_access_point ON last_use (access_point, at)",
  `CREATE TABLE last_use_mark (one_row ${int} PRIMARY KEY CHECK (one_row = 1), batch ${int} NOT NULL) ${end}`,
  "INSERT INTO last_use_mark (one_row, batch) VALUES (1, 0)",
];
