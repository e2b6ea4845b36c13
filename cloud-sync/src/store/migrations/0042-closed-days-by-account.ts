import type { Step } from "../migration-step.ts";

const closedThrough = (account: string): string => `(SELECT closed_through FROM ledger_account WHERE id = ${account})`;

/** Whether a transfer's day is closed is looked up for one account after the other: SQLite makes a list of two a table of its own first. */
export const closedDaysByAccount: Step = ({ refusesInsert, takesInsert }) => [
  ...takesInsert("ledger_transfer", "day_closed"),
  ...refusesInsert("ledger_transfer", "day_closed", `${closedThrough("NEW.debit")} >= NEW.day OR ${closedThrough("NEW.credit")} >= NEW.day`),
];
