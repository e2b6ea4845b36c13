import type { Step } from "../migration-step.ts";

const WAITING = "id, resource, person, starts, ends, accepted_version, created_at, created_by";

/** Who waits, in one order: an id is chance within its millisecond, a number is not. */
export const waitingOrder: Step = ({ int, ordered, end }) => [
  `CREATE TABLE ordered_waiting_place (
    number ${ordered}, id TEXT NOT NULL UNIQUE, resource TEXT NOT NULL REFERENCES resource (id), person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    starts ${int} NOT NULL, ends ${int} NOT NULL, accepted_version ${int}, created_at ${int} NOT NULL, created_by TEXT NOT NULL, UNIQUE (resource, person, starts)
  ) ${end}`,
  `INSERT INTO ordered_waiting_place (${WAITING}) SELECT ${WAITING} FROM waiting_place ORDER BY id`,
  "DROP TABLE waiting_place",
  "ALTER TABLE ordered_waiting_place RENAME TO waiting_place",
];
