import { UHPPOTE_INPUTS_MAX, UHPPOTE_PORT, UHPPOTE_RELAYS_MAX } from "@portico/firmware-ts/uhppote";
import { ipv4Place } from "./ipv4-place.ts";
import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** UHPPOTE boards: where they are and which they are, that somebody accepts what their network means, and readers whose cards they write in decimal. */
export function uhppoteProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return [...boardProblems(file, problemAt), ...readerProblems(file, problemAt), ...indicatorProblems(file, problemAt)];
}

function boardProblems({ relay_board: boards }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const taken = new Map<string, string>();
  boards.forEach((board, index) => {
    if (board.protocol !== "uhppote") return;
    const { id, address, serial_number: serial, listen, security, relays = 0, inputs = 0 } = board;
    const at = (...key: string[]): TomlPath => ["relay_board", index, ...key];
    const tell = (path: TomlPath, cause: string, remedy: string): void => void problems.push(problemAt(path, cause, remedy));
    if (address === undefined) tell(at("address"), "is missing: where the board is on the network", `write address = "192.168.10.20"`);
    if (serial === undefined) tell(at("serial_number"), "is missing: the number that is printed on the board", "portico device uhppote find shows it");
    if (security === undefined)
      tell(
        at("security"),
        "is missing: the board knows no keys, so everybody on its network can open its doors and change what it tells",
        `put it on a network of its own, and then write security = "clear-text"`,
      );
    if (relays > UHPPOTE_RELAYS_MAX) tell(at("relays"), `is ${relays}: the largest board has ${UHPPOTE_RELAYS_MAX}`, `write relays = ${UHPPOTE_RELAYS_MAX}`);
    if (inputs > UHPPOTE_INPUTS_MAX) tell(at("inputs"), `is ${inputs}: a board has ${UHPPOTE_INPUTS_MAX} at most`, `write inputs = ${UHPPOTE_INPUTS_MAX}`);
    const claim = (key: "address" | "serial_number" | "listen", text: string | undefined): void => {
      if (text === undefined) return;
      const other = taken.get(`${key} ${text}`);
      if (other === undefined) taken.set(`${key} ${text}`, id);
      else tell(at(key), `is that of relay_board "${other}" already`, "give each board its own");
    };
    const place = address === undefined ? undefined : ipv4Place(address, UHPPOTE_PORT);
    claim("address", place === undefined ? undefined : `${place.address}:${place.port}`);
    claim("serial_number", serial === undefined ? undefined : String(serial));
    claim("listen", listen);
  });
  return problems;
}

/** Light and buzzer last a tenth of a second, and a board of whole seconds would have its settings written at each. */
function indicatorProblems({ access_point: points, relay_board: boards }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return points.flatMap(({ indicator }, index) => {
    const board = boards.find(({ id }) => id === indicator?.board);
    if (board?.protocol !== "uhppote") return [];
    return [problemAt(["access_point", index, "indicator", "board"], `the board "${board.id}" times whole seconds, too long for light and buzzer`, "name another board")]; // prettier-ignore
  });
}

function readerProblems({ scanner: scanners, relay_board: boards }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return scanners.flatMap(({ board: id, card, reader = 0 }, index) => {
    const board = id === undefined ? undefined : boards.find((each) => each.id === id);
    if (board?.protocol !== "uhppote") return [];
    const at = (...key: string[]): TomlPath => ["scanner", index, ...key];
    const door = (reader % 4) + 1;
    const ofNoDoor =
      board.relays !== undefined && door > board.relays
        ? [problemAt(at("reader"), `is ${reader}, of door ${door}, but relay_board "${id}" has doors 1 to ${board.relays}`, "0 to 3 are the readers of doors 1 to 4 on the way in, 4 to 7 on the way out")] // prettier-ignore
        : [];
    if (card === undefined)
      return [...ofNoDoor, problemAt(at(), "does not say how its cards are numbered, and a Wiegand reader reads nothing else", `write card = { format = "decimal-8" }`)]; // prettier-ignore
    if (card.format.startsWith("decimal-")) return ofNoDoor;
    return [...ofNoDoor, problemAt(at("card", "format"), `is "${card.format}", but a uhppote board tells cards in decimal`, `write "decimal-8" for cards of 26 bits, "decimal-10" for cards of 34`)]; // prettier-ignore
  });
}
