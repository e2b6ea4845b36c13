import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Where a scanner can be. */
const PLACES = ["wire", "pd", "board", "isapi"] as const;

/** Each scanner is in one place, and no reader of a PD or of a board is two scanners. */
export function scannerPlaceProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const readers = new Map<string, string>();
  file.scanner.forEach((scanner, index) => {
    const at = (...key: string[]): TomlPath => ["scanner", index, ...key];
    const [place, other] = PLACES.filter((key) => scanner[key] !== undefined);
    if (place === undefined)
      problems.push(
        problemAt(
          at(),
          "none of wire, pd, board and isapi says where it is",
          `write wire = "gate-1-scanner", pd = "library-reader" for an OSDP reader, board = "library-board" for a Wiegand reader, or isapi = "visitor-gate-2" for a terminal or camera`,
        ),
      );
    if (place !== undefined && other !== undefined) problems.push(problemAt(at(other), `${place} and ${other} cannot both be given`, "remove one of them"));
    const { id, pd, board, reader } = scanner;
    if (pd === undefined && board === undefined) {
      if (reader !== undefined) problems.push(problemAt(at("reader"), "has no meaning without pd or board", "remove it"));
      return;
    }
    const owner = pd ?? board!;
    const key = pd === undefined ? "board" : "pd";
    problems.push(
      ...unknownReference(at(key), owner, pd === undefined ? "relay_board" : "osdp_pd", pd === undefined ? file.relay_board : file.osdp_pd, problemAt),
    );
    const claim = JSON.stringify([key, owner, reader ?? 0]);
    const claimed = readers.get(claim);
    if (claimed === undefined) readers.set(claim, id);
    else
      problems.push(
        problemAt(at(reader === undefined ? key : "reader"), `reader ${reader ?? 0} of "${owner}" is the scanner "${claimed}" already`, "use another reader"),
      );
  });
  return problems;
}
