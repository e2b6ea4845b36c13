import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { gpioProblems } from "./gpio-checks.ts";
import { pdProblems } from "./pd-checks.ts";
import { relayAvrProblems } from "./relay-avr-checks.ts";
import { scannerPlaceProblems } from "./scanner-checks.ts";
import { unknownReference } from "./reference.ts";
import { uhppoteProblems } from "./uhppote-checks.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Wires, boards and what hangs on them: each wire leads to one place, each relay and input has one user and exists. */
export function wiringProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return [
    ...wireProblems(file, problemAt),
    ...wireUserProblems(file, problemAt),
    ...boardProblems(file, problemAt),
    ...scannerPlaceProblems(file, problemAt),
    ...pdProblems(file, problemAt),
    ...relayAvrProblems(file, problemAt),
    ...uhppoteProblems(file, problemAt),
    ...file.turnstile.flatMap(({ entry, exit }, index) =>
      entry === undefined && exit === undefined
        ? [problemAt(["turnstile", index], "neither entry nor exit names a relay", `write entry = { board = "gate-1-board", relay = 0 }`)]
        : [],
    ),
    ...claimProblems(file, problemAt),
  ];
}

function wireProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const ports = new Map<string, string>();
  file.wire.forEach(({ id, serial, tcp, baud }, index) => {
    const at: TomlPath = ["wire", index];
    if (serial === undefined && tcp === undefined)
      problems.push(problemAt(at, "neither serial nor tcp says where it leads", `write serial = "/dev/serial/by-id/…" or tcp = "127.0.0.1:4001"`));
    if (serial !== undefined && tcp !== undefined) problems.push(problemAt([...at, "tcp"], "serial and tcp cannot both be given", "remove one of them"));
    if (tcp !== undefined && baud !== undefined) problems.push(problemAt([...at, "baud"], "has no meaning for tcp", "remove it"));
    const port = serial ?? tcp;
    if (port === undefined) return;
    const other = ports.get(port);
    if (other === undefined) ports.set(port, id);
    else
      problems.push(
        problemAt(
          [...at, serial === undefined ? "tcp" : "serial"],
          `"${port}" is the wire "${other}" already`,
          `use the wire "${other}", or name another port`,
        ),
      );
  });
  return problems;
}

/** What shares a line with its like: a number tells them apart. */
interface Shared {
  readonly protocol: "modbus-rtu" | "osdp";
  readonly word: "unit" | "address";
  readonly number: number;
}

function wireUserProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const users = new Map<string, { readonly who: string; readonly shared: Shared | undefined }[]>();
  const use = (path: TomlPath, wire: string | undefined, who: string, shared?: Shared): void => {
    if (wire === undefined) return;
    problems.push(...unknownReference(path, wire, "wire", file.wire, problemAt));
    const others = users.get(wire) ?? [];
    users.set(wire, [...others, { who, shared }]);
    const alone = others.find((other) => other.shared === undefined || other.shared.protocol !== shared?.protocol);
    const same = others.find((other) => other.shared?.number === shared?.number);
    if (alone !== undefined)
      problems.push(
        problemAt(
          path,
          `${alone.who} is on the wire "${wire}" already`,
          "give each device a wire of its own; only modbus-rtu boards may share one, and osdp_pds another",
        ),
      );
    else if (same !== undefined && shared !== undefined)
      problems.push(problemAt(path, `${same.who} is ${shared.word} ${shared.number} on the wire "${wire}" already`, `give each its own ${shared.word}`));
  };
  file.scanner.forEach(({ id, wire }, index) => use(["scanner", index, "wire"], wire, `scanner "${id}"`));
  for (const table of ["keypad", "display"] as const) file[table].forEach(({ id, wire }, index) => use([table, index, "wire"], wire, `${table} "${id}"`));
  file.relay_board.forEach(({ id, wire, protocol, unit }, index) => {
    const path: TomlPath = ["relay_board", index, "wire"];
    if (protocol === "modbus-rtu") use(path, wire, `board "${id}"`, { protocol, word: "unit", number: unit ?? 1 });
    else if (!WIRELESS.has(protocol)) use(path, wire, `board "${id}"`);
  });
  file.osdp_pd.forEach(({ id, wire, address }, index) => {
    use(["osdp_pd", index, "wire"], wire, `osdp_pd "${id}"`, { protocol: "osdp", word: "address", number: address });
  });
  return problems;
}

/** Which keys of a board belong to which protocol. */
const PROTOCOL_KEYS = {
  "modbus-rtu": ["wire", "unit", "relays", "inputs", "poll_ms"],
  "relay-avr": ["wire", "relays", "inputs"],
  firmata: ["wire", "relay_pins", "input_pins", "active_low", "supervised_pins", "loop"],
  osdp: ["pd", "relays", "inputs"],
  gpio: ["chip", "relay_lines", "input_lines", "active_low", "bias"],
  uhppote: ["address", "serial_number", "security", "listen", "relays", "inputs"],
  isapi: ["isapi", "relays"],
} as const;

/** What hangs on no wire of the file. */
const WIRELESS: ReadonlySet<Board["protocol"]> = new Set(["osdp", "uhppote", "gpio", "isapi"]);

function boardProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return file.relay_board.flatMap((board, index) => {
    const at = (...key: TomlPath): TomlPath => ["relay_board", index, ...key];
    const { protocol } = board;
    const own: readonly string[] = PROTOCOL_KEYS[protocol];
    const foreign = [...new Set(Object.values(PROTOCOL_KEYS).flat())]
      .filter((key) => !own.includes(key) && board[key] !== undefined)
      .map((key) => {
        const others = Object.entries(PROTOCOL_KEYS).flatMap(([name, keys]) => ((keys as readonly string[]).includes(key) ? [`"${name}"`] : []));
        return problemAt(at(key), `belongs to protocol = ${others.join(" or ")}`, `remove it; a ${protocol} board has ${own.join(", ")}`);
      });
    if (!WIRELESS.has(protocol) && board.wire === undefined)
      foreign.push(problemAt(at("wire"), "is missing: which wire the board is on", `write wire = "gate-1-board", for example`));
    if (protocol === "osdp" && board.pd === undefined)
      foreign.push(problemAt(at("pd"), "is missing: which osdp_pd the outputs belong to", `write pd = "library-reader", for example`));
    if (protocol === "gpio") return [...foreign, ...gpioProblems(file, index, problemAt)];
    if (board.protocol !== "firmata")
      return board.relays === undefined
        ? [...foreign, problemAt(at("relays"), "is missing: how many relays the board has", "write relays = 8, for example")]
        : foreign;
    if (board.relay_pins === undefined)
      return [...foreign, problemAt(at("relay_pins"), "is missing: the pin of each relay", "write relay_pins = [8, 9], for example")];
    const relayPins = board.relay_pins;
    const all = [...relayPins, ...(board.input_pins ?? [])];
    const twice = all.flatMap((pin, place) => {
      const path = place < relayPins.length ? at("relay_pins", place) : at("input_pins", place - relayPins.length);
      return all.indexOf(pin) < place ? [problemAt(path, `pin ${pin} is listed already`, "list each pin once")] : [];
    });
    return [...foreign, ...twice, ...supervisionProblems(board, at, problemAt)];
  });
}

/** What is measured is an input, and the voltages of a loop can be told apart. */
function supervisionProblems(board: Board, at: (...key: TomlPath) => TomlPath, problemAt: ProblemAt): ConfigurationProblem[] {
  const { supervised_pins: pins, input_pins: inputs = [], loop } = board;
  if (pins === undefined) return loop === undefined ? [] : [problemAt(at("loop"), "has no meaning without supervised_pins", "remove it, or name the pins that are measured")]; // prettier-ignore
  const foreign = pins.flatMap((pin, place) =>
    inputs.includes(pin) ? [] : [problemAt(at("supervised_pins", place), `pin ${pin} is none of input_pins`, `add ${pin} to input_pins, or take it out here`)],
  );
  if (loop === undefined) return foreign;
  const { closed, open, tolerance } = loop;
  const isApart = closed > tolerance && open - closed > 2 * tolerance && open + tolerance < 1000;
  return isApart ? foreign : [...foreign, problemAt(at("loop"), `short, closed, open and cut cannot be told apart: ${closed} ± ${tolerance}, ${open} ± ${tolerance}`, "write loop = { closed = 500, open = 667, tolerance = 60 } and fit the resistors for it, or a smaller tolerance")]; // prettier-ignore
}

/** A relay or an input that something in the file makes use of. */
interface Claim {
  readonly boardPath: TomlPath;
  readonly numberPath: TomlPath;
  readonly board: string;
  readonly kind: "relay" | "input";
  readonly number: number;
  /** The fire contact of a building is wired once and frees many doors. */
  readonly sharable: boolean;
}

function claimsOf(file: FileContent): Claim[] {
  const claims: Claim[] = [];
  type Reference = { readonly board: string } & ({ readonly relay: number } | { readonly input: number });
  const claim = (path: TomlPath, reference: Reference | undefined): void => {
    if (reference === undefined) return;
    const [kind, number] = "relay" in reference ? (["relay", reference.relay] as const) : (["input", reference.input] as const);
    claims.push({ boardPath: [...path, "board"], numberPath: [...path, kind], board: reference.board, kind, number, sharable: path.at(-1) === "fire" });
  };
  file.door.forEach((door, index) => {
    for (const key of ["strike", "second_bolt", "contact", "rex", "fire", "tamper", "old_grant"] as const) claim(["door", index, key], door[key]);
  });
  file.turnstile.forEach((turnstile, index) => {
    for (const key of ["entry", "exit", "pass_entry", "pass_exit", "fire", "ready", "alarm", "old_grant_entry", "old_grant_exit"] as const)
      claim(["turnstile", index, key], turnstile[key]);
  });
  file.lift.forEach(({ floor, fire }, index) => {
    floor.forEach(({ relay, button }, place) => {
      claim(["lift", index, "floor", place, "relay"], relay);
      claim(["lift", index, "floor", place, "button"], button);
    });
    claim(["lift", index, "fire"], fire);
  });
  file.lockdown_input.forEach(({ input }, index) => claim(["lockdown_input", index, "input"], input));
  file.guard_button.forEach(({ input }, index) => claim(["guard_button", index, "input"], input));
  file.guard_reason.forEach(({ input }, index) => claim(["guard_reason", index, "input"], input));
  file.access_point.forEach(({ indicator }, index) => {
    if (indicator === undefined) return;
    const path: TomlPath = ["access_point", index, "indicator"];
    for (const key of ["granted", "denied", "buzzer"] as const) {
      const number = indicator[key];
      if (number !== undefined)
        claims.push({ boardPath: [...path, "board"], numberPath: [...path, key], board: indicator.board, kind: "relay", number, sharable: false });
    }
  });
  return claims;
}

function claimProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const taken = new Map<string, Claim>();
  const unknown = new Set<string>();
  for (const claim of claimsOf(file)) {
    const { board: id, kind, number, numberPath } = claim;
    const board = file.relay_board.find((row) => row.id === id);
    if (board === undefined) {
      const place = JSON.stringify(claim.boardPath);
      if (!unknown.has(place)) problems.push(...unknownReference(claim.boardPath, id, "relay_board", file.relay_board, problemAt));
      unknown.add(place);
      continue;
    }
    const count = kind === "relay" ? relaysOf(board) : inputsOf(board);
    if (count !== undefined && number >= count) {
      const has = count === 0 ? `no ${kind}s` : `${kind}s 0 to ${count - 1}`;
      problems.push(problemAt(numberPath, `is ${number}, but relay_board "${id}" has ${has}`, `use one of these, or correct relay_board "${id}"`));
    }
    const key = JSON.stringify([id, kind, number]);
    const other = taken.get(key);
    if (other === undefined) taken.set(key, claim);
    else if (!(claim.sharable && other.sharable)) {
      const { line, path } = problemAt(other.numberPath, "", "");
      problems.push(problemAt(numberPath, `${kind} ${number} of "${id}" is used on line ${line} already (${path})`, `use another ${kind}`));
    }
  }
  return problems;
}

type Board = FileContent["relay_board"][number];
/** How many there are; undefined where the board does not say, which is a problem of its own. */
function relaysOf({ protocol, relay_pins: pins, relay_lines: lines, relays }: Board): number | undefined {
  if (protocol === "gpio") return lines?.length;
  return protocol === "firmata" ? pins?.length : relays;
}
function inputsOf({ protocol, input_pins: pins = [], input_lines: lines = [], inputs = 0 }: Board): number {
  if (protocol === "gpio") return lines.length;
  return protocol === "firmata" ? pins.length : inputs;
}
