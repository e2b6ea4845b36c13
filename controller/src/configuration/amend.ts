import type { core } from "zod";
import { nearestWord } from "./nearest-word.ts";
import { hasDefault, keysAt } from "./schema.ts";

/**
 * A copy of the file's content in which a mistyped key has the name that was meant, other unknown keys are gone, and a bad value with a default is gone too:
 * enough for the references in the rest of the file to be judged in the same run. Never what a controller runs on.
 */
export function amend(value: unknown, issues: readonly core.$ZodIssue[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    if (issue.code === "unrecognized_keys") {
      const table = at(copy, path);
      for (const key of issue.keys) {
        const meant = nearestWord(key, keysAt(path));
        const [there, moved] = [meant === undefined ? undefined : table[meant], table[key]];
        if (meant !== undefined && there === undefined) table[meant] = moved;
        else if (Array.isArray(there) && Array.isArray(moved)) there.push(...(moved as unknown[]));
        delete table[key];
      }
    } else if (hasDefault(path)) delete at(copy, path.slice(0, -1))[path.at(-1)!];
  }
  return copy;
}

type Table = Record<string | number, unknown>;

function at(root: unknown, path: readonly (string | number)[]): Table {
  return path.reduce((table, part) => table[part] as Table, root as Table);
}
