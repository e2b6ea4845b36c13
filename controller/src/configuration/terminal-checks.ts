import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Each terminal has one reader at which is paid and nothing else; what is asked for at once fits what may wait. */
export function terminalProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  file.terminal.forEach(({ id, limit_fen: limit, ceiling_fen: ceiling }, index) => {
    const readers = file.access_point.filter((point) => point.terminal === id);
    if (readers.length !== 1)
      problems.push(
        problemAt(["terminal", index], `${readers.length} access points take payments for "${id}"`, `write terminal = "${id}" at exactly one [[access_point]]`),
      );
    if (ceiling < limit)
      problems.push(problemAt(["terminal", index, "ceiling_fen"], `is ${ceiling}, less than limit_fen = ${limit}`, `write ceiling_fen = ${limit} or more`));
  });
  file.access_point.forEach((point, index) => {
    if (point.terminal === undefined) return;
    const at = (key: string): TomlPath => ["access_point", index, key];
    problems.push(...unknownReference(at("terminal"), point.terminal, "terminal", file.terminal, problemAt));
    if (point.capability !== undefined && point.capability !== "pay")
      problems.push(problemAt(at("capability"), `is "${point.capability}", but at a terminal is paid`, `write capability = "pay", or remove it`));
    for (const key of ["door", "turnstile", "lift", "guard_station", "release_station", "enters", "leaves", "second_person_s", "escort_s"] as const)
      if (point[key] !== undefined) problems.push(problemAt(at(key), "has no meaning at a terminal", "remove it, or remove terminal"));
    if (point.egress) problems.push(problemAt(at("egress"), "has no meaning at a terminal: an old list would be believed", "remove it"));
  });
  return problems;
}
