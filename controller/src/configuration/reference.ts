import { nearestWord } from "./nearest-word.ts";
import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** The problem of a reference to a table that is not there; none where it is. */
export function unknownReference(
  path: TomlPath,
  id: string,
  table: keyof FileContent,
  rows: readonly { readonly id: string }[],
  problemAt: ProblemAt,
): ConfigurationProblem[] {
  const known = rows.map((row) => row.id);
  if (known.includes(id)) return [];
  const nearest = nearestWord(id, known);
  const remedy = known.length === 0 ? `add a [[${table}]] with id = "${id}"` : nearest === undefined ? `use one of ${known.join(", ")}` : `write "${nearest}"`;
  return [problemAt(path, `no [[${table}]] is named "${id}"`, remedy)];
}
