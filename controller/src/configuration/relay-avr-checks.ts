import { RELAY_AVR_BAUD, RELAY_AVR_INPUTS_MAX, RELAY_AVR_READERS_MAX, RELAY_AVR_RELAYS_MAX } from "@portico/firmware-ts/relay-avr";
import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Our relay boards: no more relays, inputs and readers than they have, at their baud rate, and cards that a Wiegand reader can send. */
export function relayAvrProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return [...sizeProblems(file, problemAt), ...readerProblems(file, problemAt)];
}

function sizeProblems({ relay_board: boards, wire: wires }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  boards.forEach(({ protocol, relays = 0, inputs = 0, wire: id }, index) => {
    if (protocol !== "relay-avr") return;
    const at = (key: string): TomlPath => ["relay_board", index, key];
    if (relays > RELAY_AVR_RELAYS_MAX)
      problems.push(problemAt(at("relays"), `is ${relays}: a relay-avr board has ${RELAY_AVR_RELAYS_MAX} at most`, `write relays = ${RELAY_AVR_RELAYS_MAX}`));
    if (inputs > RELAY_AVR_INPUTS_MAX)
      problems.push(problemAt(at("inputs"), `is ${inputs}: a relay-avr board has ${RELAY_AVR_INPUTS_MAX} at most`, `write inputs = ${RELAY_AVR_INPUTS_MAX}`));
    const wire = wires.findIndex((each) => each.id === id);
    if (wires[wire]?.serial === undefined || wires[wire].baud === RELAY_AVR_BAUD) return;
    problems.push(
      problemAt(
        wires[wire].baud === undefined ? ["wire", wire] : ["wire", wire, "baud"],
        `the relay-avr board on it speaks at ${RELAY_AVR_BAUD} baud`,
        `write baud = ${RELAY_AVR_BAUD}`,
      ),
    );
  });
  return problems;
}

function readerProblems({ scanner: scanners, relay_board: boards }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  scanners.forEach(({ board: id, reader = 0, card }, index) => {
    if (id === undefined) return;
    const at = (...key: string[]): TomlPath => ["scanner", index, ...key];
    const board = boards.find((each) => each.id === id);
    if (board?.protocol === "uhppote") return;
    if (board !== undefined && board.protocol !== "relay-avr")
      problems.push(
        problemAt(
          at("board"),
          `the board "${id}" speaks ${board.protocol}, which has no Wiegand readers`,
          "name a relay-avr or uhppote board; an OSDP reader is named by pd",
        ),
      );
    if (reader >= RELAY_AVR_READERS_MAX)
      problems.push(
        problemAt(at("reader"), `is ${reader}: a relay-avr board has readers 0 and ${RELAY_AVR_READERS_MAX - 1}`, "write reader = 0 or reader = 1"),
      );
    if (card === undefined)
      problems.push(
        problemAt(at(), "does not say how its cards are numbered, and a Wiegand reader reads nothing else", `write card = { format = "wiegand-26" }`),
      );
    else if (!card.format.startsWith("wiegand-"))
      problems.push(
        problemAt(at("card", "format"), `is "${card.format}", but a Wiegand reader sends bits`, `write "wiegand-26", "wiegand-34" or "wiegand-37"`),
      );
  });
  return problems;
}
