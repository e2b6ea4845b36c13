import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Areas have a border on which they can be counted: readers in, readers out where something waits for it, and one list that says who the holders are. */
export function areaProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return [...borderProblems(file, problemAt), ...file.area.flatMap((_, index) => ruleProblems(file, index, problemAt))];
}

function borderProblems({ access_point: points, area }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return points.flatMap((point, index) => {
    const at = (key: string): TomlPath => ["access_point", index, key];
    const problems: ConfigurationProblem[] = [];
    if (point.enters !== undefined) problems.push(...unknownReference(at("enters"), point.enters, "area", area, problemAt));
    if (point.leaves !== undefined) problems.push(...unknownReference(at("leaves"), point.leaves, "area", area, problemAt));
    if (point.enters !== undefined && point.enters === point.leaves)
      problems.push(problemAt(at("leaves"), `is "${point.leaves}" as enters is: it would lead from an area into itself`, "remove one of them"));
    return problems;
  });
}

function ruleProblems({ access_point: points, area }: FileContent, index: number, problemAt: ProblemAt): ConfigurationProblem[] {
  const { id, antipassback, antipassback_time_s: timeS, holders_max: holdersMax } = area[index]!;
  const at = (...keys: string[]): TomlPath => ["area", index, ...keys];
  const problems: ConfigurationProblem[] = [];
  const entrances = points.filter(({ enters }) => enters === id);
  const exits = points.filter(({ leaves }) => leaves === id);
  if (entrances.length === 0) problems.push(problemAt(at(), "no access point leads into it", `write enters = "${id}" at each [[access_point]] that does`));
  if (antipassback === "timed" && timeS === undefined)
    problems.push(problemAt(at("antipassback_time_s"), `is missing beside antipassback = "timed"`, "write antipassback_time_s = 600"));
  if (antipassback !== "timed" && timeS !== undefined)
    problems.push(problemAt(at("antipassback_time_s"), `has no meaning beside antipassback = "${antipassback}"`, `remove it, or write antipassback = "timed"`));
  if (exits.length === 0 && (antipassback === "soft" || antipassback === "hard" || antipassback === "area"))
    problems.push(
      problemAt(
        at("antipassback"),
        `is "${antipassback}", but no access point leads out of it: everybody could come in once and never again`,
        `write leaves = "${id}" at each [[access_point]] that does, or antipassback = "timed"`,
      ),
    );
  if (exits.length === 0 && holdersMax !== undefined)
    problems.push(
      problemAt(
        at("holders_max"),
        "is given, but no access point leads out of it: it would be full for ever",
        `write leaves = "${id}" at each [[access_point]] that does, or remove it`,
      ),
    );
  const zones = new Set([...entrances, ...exits].map(({ zone }) => zone));
  if (zones.size > 1)
    problems.push(
      problemAt(
        at(),
        `its access points go by the lists of different zones (${[...zones].join(", ")}), which number holders differently`,
        "let all of them go by one zone",
      ),
    );
  return problems;
}
