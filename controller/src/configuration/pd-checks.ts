import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Scanners and boards of OSDP PDs: each leads to one, and none to the same part of it as another. */
export function pdProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return [...scannerProblems(file, problemAt), ...boardPdProblems(file, problemAt)];
}

function scannerProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const readers = new Map<string, string>();
  file.scanner.forEach(({ id, wire, pd, reader }, index) => {
    const at = (...key: string[]): TomlPath => ["scanner", index, ...key];
    if (wire === undefined && pd === undefined)
      problems.push(problemAt(at(), "neither wire nor pd says where it is", `write wire = "gate-1-scanner", or pd = "library-reader" for an OSDP reader`));
    if (wire !== undefined && pd !== undefined) problems.push(problemAt(at("pd"), "wire and pd cannot both be given", "remove one of them"));
    if (pd === undefined) {
      if (reader !== undefined) problems.push(problemAt(at("reader"), "has no meaning without pd", "remove it"));
      return;
    }
    problems.push(...unknownReference(at("pd"), pd, "osdp_pd", file.osdp_pd, problemAt));
    const key = JSON.stringify([pd, reader ?? 0]);
    const other = readers.get(key);
    if (other === undefined) readers.set(key, id);
    else
      problems.push(
        problemAt(at(reader === undefined ? "pd" : "reader"), `reader ${reader ?? 0} of "${pd}" is the scanner "${other}" already`, "use another reader"),
      );
  });
  return problems;
}

function boardPdProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
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
