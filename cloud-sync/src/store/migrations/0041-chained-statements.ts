import type { Step } from "../migration-step.ts";

/** The sides of a movement on whose statement it stands: the account is named by the wallet's key or is the till itself. */
const SIDES = [
  { column: "wallet", account: "'wallet/' || wallet" },
  { column: "till", account: "till" },
] as const;
const NEWEST = "COALESCE((SELECT MAX(seq) FROM ledger_movement), 0)";

/**
 * Statements are chains: a movement names the one before it on the statement of its wallet and of its till, the account's row the newest. Two indices that a
 * payment wrote are not needed then. Number and time are the newest movement's own, so that a payment writes no head: what is left of it is a row to wait for,
 * where several programs share the store.
 */
export const chainedStatements: Step = ({ int, end, appendOnly, changeable }) => [
  ...["ledger_movement", "ledger_day"].flatMap(changeable),
  `ALTER TABLE ledger_account ADD COLUMN newest ${int}`,
  ...SIDES.flatMap(({ column, account }) => [
    `ALTER TABLE ledger_movement ADD COLUMN ${column}_before ${int} CHECK (${column}_before < seq)`,
    // By the index that goes then.
    `UPDATE ledger_movement SET ${column}_before = (SELECT MAX(earlier.seq) FROM ledger_movement AS earlier WHERE earlier.${column} = ledger_movement.${column} AND earlier.seq < ledger_movement.seq)`,
    `UPDATE ledger_account SET newest = last.seq FROM (SELECT ${account} AS id, MAX(seq) AS seq FROM ledger_movement WHERE ${column} IS NOT NULL GROUP BY ${column}) AS last WHERE last.id = ledger_account.id`,
    `DROP INDEX ledger_movement_by_${column}`,
  ]),
  // A number may have been given to an order that was refused then: the next movement has it now, and must not count as known.
  `UPDATE ledger_told_mark SET seq = ${NEWEST} WHERE seq > ${NEWEST}`,
  `UPDATE ledger_day SET through_seq = ${NEWEST} WHERE through_seq > ${NEWEST}`,
  ...["ledger_movement", "ledger_day"].flatMap(appendOnly),
  "DROP TABLE ledger_head",
  `CREATE TABLE ledger_turn (one_row ${int} PRIMARY KEY CHECK (one_row = 1)) ${end}`,
  "INSERT INTO ledger_turn (one_row) VALUES (1)",
];
