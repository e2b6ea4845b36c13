import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Each kiosk has one reader of cards, and reads items with another scanner. */
export function kioskProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  file.kiosk.forEach(({ id, items }, index) => {
    const readers = file.access_point.filter((point) => point.kiosk === id);
    if (readers.length !== 1)
      problems.push(problemAt(["kiosk", index], `${readers.length} access points lend at "${id}"`, `write kiosk = "${id}" at exactly one [[access_point]]`));
    if (items === undefined) return;
    const at: TomlPath = ["kiosk", index, "items"];
    problems.push(...unknownReference(at, items, "scanner", file.scanner, problemAt));
    if (file.access_point.some(({ scanner }) => scanner === items) || file.kiosk.some((other, nth) => nth < index && other.items === items))
      problems.push(problemAt(at, `scanner "${items}" has another use`, "give the kiosk a scanner of its own for items"));
  });
  file.access_point.forEach((point, index) => {
    if (point.kiosk === undefined) return;
    const at = (key: string): TomlPath => ["access_point", index, key];
    problems.push(...unknownReference(at("kiosk"), point.kiosk, "kiosk", file.kiosk, problemAt));
    if (point.capability !== undefined && point.capability !== "borrow")
      problems.push(problemAt(at("capability"), `is "${point.capability}", but at a kiosk is borrowed`, `write capability = "borrow", or remove it`));
    for (const key of ["door", "turnstile", "lift", "guard_station", "release_station", "terminal", "enters", "leaves", "second_person_s", "escort_s"] as const)
      if (point[key] !== undefined) problems.push(problemAt(at(key), "has no meaning at a kiosk", "remove it, or remove kiosk"));
  });
  return problems;
}
