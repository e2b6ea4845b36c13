import { unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { compareLists, type ListComparison } from "../store/list-comparison.ts";
import { EMPTY_LIST, type ListContent } from "../store/list-content.ts";
import { ListLines } from "../store/list-lines.ts";
import { LIST_TABLE_NAMES } from "../store/list-tables.ts";
import { atOnce } from "../store/list-work.ts";
import { listChanges, ROWS_MAX } from "./list-changes.ts";

/** What it takes to make one list of another, which is in memory as the database would give it. */
function compared(before: ListContent, after: ListContent): ListComparison {
  const lines = ListLines.of(before);
  const stored = {
    *slices(name: Parameters<ListLines["portion"]>[0]): Generator<readonly string[]> {
      let from = 0;
      for (let portion = lines.portion(name, from); portion.length > 0; portion = lines.portion(name, from)) {
        yield portion;
        from += portion.length;
      }
    },
  };
  return atOnce(compareLists(stored, 0), ListLines.of(after)).comparison;
}
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
  const { tables, rows } = listChanges(compared(before, after));
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
  const { tables, rows } = listChanges(compared(EMPTY_LIST, people(1500)));
  expect(rows).toHaveLength(ROWS_MAX);
  expect(tables["credential"]?.added).toBe(1500);
});
