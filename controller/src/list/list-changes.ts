import type { ListDifference } from "../control/control-api.ts";
import type { ListComparison, TableDifference } from "../store/list-comparison.ts";
import { LIST_TABLES, LIST_TABLE_NAMES, type ListItems, type ListTable, type ListTableName } from "../store/list-tables.ts";

/** Rows shown of a comparison; more are only counted. */
export const ROWS_MAX = 1000;

/** What a load changes, for people: counts of every table, and the rows, removed ones first. Of a card it shows the beginning of its token. */
export function listChanges({ tables }: ListComparison): Pick<ListDifference, "tables" | "rows"> {
  const counts = Object.fromEntries(
    LIST_TABLE_NAMES.map((table) => {
      const { added, changed, removed } = tables[table];
      return [table, { added: added.length, changed: changed.length, removed: removed.length }];
    }),
  );
  const rows: ListDifference["rows"][number][] = [];
  for (const change of ["removed", "changed", "added"] as const)
    for (const table of LIST_TABLE_NAMES)
      for (const key of keysOf(table, tables[table], change)) {
        if (rows.length === ROWS_MAX) return { tables: counts, rows };
        rows.push({ table, change, key });
      }
  return { tables: counts, rows };
}

/** Lazily: a first load adds hundreds of thousands. */
function* keysOf<Name extends ListTableName>(
  name: Name,
  difference: TableDifference<ListItems[Name]>,
  change: "added" | "changed" | "removed",
): Generator<string> {
  const table: ListTable<ListItems[Name]> = LIST_TABLES[name];
  const shown = (key: string): string => (name === "card" ? `token ${key.slice(0, 8)}…` : key.replaceAll("\t", " "));
  if (change === "removed") for (const key of difference.removed) yield shown(key);
  else for (const item of difference[change]) yield shown(table.key(item));
}
