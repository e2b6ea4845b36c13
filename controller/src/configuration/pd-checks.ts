import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Boards of OSDP PDs: each leads to one, and none to the same one as another. */
export function pdProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const boards = new Map<string, string>();
  file.relay_board.forEach(({ id, pd, protocol }, index) => {
    if (pd === undefined || protocol !== "osdp") return;
    const path: TomlPath = ["relay_board", index, "pd"];
    problems.push(...unknownReference(path, pd, "osdp_pd", file.osdp_pd, problemAt));
    const other = boards.get(pd);
    if (other === undefined) boards.set(pd, id);
    else problems.push(problemAt(path, `the outputs of "${pd}" are the board "${other}" already`, "use that board"));
  });
  return problems;
}
