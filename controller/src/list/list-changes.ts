import type { ListDifference } from "../control/list-rows.ts";
import { LIST_CHANGES, type ListComparison, SHOWN_MAX } from "../store/list-comparison.ts";

/** Rows shown of a comparison; more are only counted. */
export const ROWS_MAX = SHOWN_MAX;

/** What a load changes, for people: counts of every table, and the rows, removed ones first. Of a card it shows the beginning of its token. */
export function listChanges({ tables, shown }: ListComparison): Pick<ListDifference, "tables" | "rows"> {
  const rows = LIST_CHANGES.flatMap((change) =>
    shown[change].map(({ table, key }) => ({ table, change, key: table === "card" ? `token ${key.slice(0, 8)}…` : key.replaceAll("\t", " ") })),
  );
  return { tables, rows: rows.slice(0, ROWS_MAX) };
}
