import { unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { compareLists } from "../store/list-comparison.ts";
import { EMPTY_LIST, type ListContent } from "../store/list-content.ts";
import { LIST_TABLES, LIST_TABLE_NAMES, type ListTable, type ListTableName, order } from "../store/list-tables.ts";
import { listChanges, ROWS_MAX } from "./list-changes.ts";

/** A list in memory, as the database would give it. */
const stored = (content: ListContent): { lines: (table: ListTableName) => Iterable<string> } => ({
  lines: (name) => {
    const table = LIST_TABLES[name] as ListTable<unknown>;
    return table
      .items(content)
      .map((item) => `${table.key(item)}\t${table.rest(item)}`)
      .sort(order);
  },
});
const people = (count: number, flags: readonly "visitor"[] = []): ListContent => ({
  ...EMPTY_LIST,
  credentials: Array.from({ length: count }, (_, n) => ({
    id: n.toString(16).padStart(16, "0"),
    person: `p${n}`,
    kind: "qr" as const,
    validFrom: unixSeconds(0),
    validUntil: unixSeconds(1),
    takes: ["T" as const],
    flags,
  })),
});

test("a comparison is shown table by table, what goes first", () => {
  const before: ListContent = { ...people(2), cards: [{ token: "a".repeat(32), credential: "0".repeat(16) }] };
  const after: ListContent = {
    ...people(1, ["visitor"]),
    specialDayGroups: [{ id: "open-days", days: [] }],
    cards: [{ token: "b".repeat(32), credential: "0".repeat(16) }],
  };
  const { tables, rows } = listChanges(compareLists(stored(before), after));
  expect(Object.keys(tables)).toEqual(LIST_TABLE_NAMES);
  expect(tables["credential"]).toEqual({ added: 0, changed: 1, removed: 1 });
  expect(tables["schedule"]).toEqual({ added: 0, changed: 0, removed: 0 });
  expect(rows).toEqual([
    { table: "credential", change: "removed", key: "0000000000000001" },
    { table: "card", change: "removed", key: "token aaaaaaaa…" },
    { table: "credential", change: "changed", key: "0000000000000000" },
    { table: "card", change: "added", key: "token bbbbbbbb…" },
    { table: "specialDayGroup", change: "added", key: "open-days" },
  ]);
});

test("of very many rows the first thousand are shown and all are counted", () => {
  const { tables, rows } = listChanges(compareLists(stored(EMPTY_LIST), people(1500)));
  expect(rows).toHaveLength(ROWS_MAX);
  expect(tables["credential"]?.added).toBe(1500);
});
