import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** A board on GPIO lines: it has relays, and no line of a chip is used twice, by whatever board. */
export function gpioProblems({ relay_board: boards }: FileContent, index: number, problemAt: ProblemAt): ConfigurationProblem[] {
  const { relay_lines: relayLines, input_lines: inputLines = [], chip = "gpiochip0" } = boards[index]!;
  const at = (...key: TomlPath): TomlPath => ["relay_board", index, ...key];
  if (relayLines === undefined || relayLines.length === 0)
    return [problemAt(at("relay_lines"), "is missing: the line of each relay", `write relay_lines = [17, 27], for example; gpioinfo lists them`)];
  const taken = new Map<number | string, string>();
  for (const board of boards.slice(0, index))
    if (board.protocol === "gpio" && (board.chip ?? "gpiochip0") === chip)
      for (const line of [...(board.relay_lines ?? []), ...(board.input_lines ?? [])]) taken.set(line, board.id);
  return [...relayLines, ...inputLines].flatMap((line, place) => {
    const path = place < relayLines.length ? at("relay_lines", place) : at("input_lines", place - relayLines.length);
    const other = taken.get(line);
    taken.set(line, boards[index]!.id);
    if (other === undefined) return [];
    return [problemAt(path, `line ${line} is used by relay_board "${other}" already`, "list each line once")];
  });
}
