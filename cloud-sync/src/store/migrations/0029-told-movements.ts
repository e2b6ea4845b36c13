import type { Step } from "../migration-step.ts";

/** How far the ledger was read for what callers are told of it. What stands in it already was told. */
export const toldMovements: Step = ({ int, end }) => [
  `CREATE TABLE ledger_told_mark (one_row ${int} PRIMARY KEY CHECK (one_row = 1), seq ${int} NOT NULL) ${end}`,
  "INSERT INTO ledger_told_mark (one_row, seq) SELECT 1, seq FROM ledger_head",
];
