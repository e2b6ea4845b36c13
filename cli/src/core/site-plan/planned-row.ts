import { nearestWord } from "@portico/controller";
import { type CellReading, type ContactPlace, portOf, type PortPlace, readCard, readContactPlace, readReader, type ReaderWords, readUntrustedClock, readWord } from "./cell-words.ts"; // prettier-ignore
import { listOf, type Tables } from "./plan-base.ts";
import type { PlanProblem } from "./plan-problem.ts";
import type { SheetColumnName } from "./sheet-columns.ts";
import type { SheetRow } from "./sheet-rows.ts";

/** A line: a wire of the base by its id, or a port of the sheet's own. */
export type BusPlace = { readonly kind: "wire"; readonly wire: string } | { readonly kind: "port"; readonly port: PortPlace };

/** A row whose cells could be read; what they mean together is judged in plan-checks.ts. Undefined: the cell is empty, or wrong and told. */
export interface PlannedRow {
  readonly row: number;
  readonly accessPoint: string;
  readonly controller: string;
  readonly zone: string | undefined;
  readonly reader: ReaderWords | undefined;
  /** Of `osdp` and `qr`. */
  readonly bus: BusPlace | undefined;
  /** Of `wiegand`: its board. */
  readonly readerBoard: string | undefined;
  readonly address: number | undefined;
  readonly door: string;
  readonly direction: "entry" | "exit" | undefined;
  readonly gate: string | undefined;
  readonly lock: RowContact | undefined;
  readonly failMode: "secure" | "safe" | undefined;
  readonly contact: (RowContact & { readonly closedMeans: "closed" | "open" }) | undefined;
  readonly exit: RowContact | "handle" | "reader" | undefined;
  readonly isEgress: boolean;
  readonly replayGroup: string | undefined;
  readonly fireGroup: string | undefined;
  readonly fireInput: RowContact | undefined;
  readonly untrustedClock: { readonly qr: string; readonly card: string } | undefined;
  readonly card: Readonly<Record<string, string | number>> | undefined;
  readonly keys: SheetRow["keys"];
}

/** A relay or input, with the line of its unit followed. */
export type RowContact = { readonly number: number } & (
  | { readonly kind: "reader" }
  | { readonly kind: "board"; readonly board: string }
  | { readonly kind: "unit"; readonly bus: BusPlace; readonly unit: number }
);

const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const ID_REMEDY = "1 to 64 of a-z, 0-9, dot, underscore and hyphen, a letter or digit first";

/** Reads the cells of a row; what is wrong with each is told. @param base  of its controller */
export function plannedRow(sheet: SheetRow, base: Tables, tell: (problem: PlanProblem) => void): PlannedRow {
  const { row } = sheet;
  const problem = (column: SheetColumnName, cause: string, remedy: string): undefined => {
    tell({ row, column, cause, remedy });
    return undefined;
  };
  const read = <T>(column: SheetColumnName, reader: (text: string) => CellReading<T>): T | undefined => {
    const text = sheet.cell(column);
    if (text === "") return undefined;
    const value = reader(text);
    return value.ok ? value.value : problem(column, value.cause, value.remedy);
  };
  const id = (column: SheetColumnName, isNeeded: boolean): string | undefined => {
    const text = sheet.cell(column);
    if (text === "") return isNeeded ? problem(column, "is empty", "write its id") : undefined;
    return ID.test(text) ? text : problem(column, `"${text}" is no id`, ID_REMEDY);
  };
  const wires = listOf(base["wire"]).flatMap((wire) => (typeof wire["id"] === "string" ? [wire["id"]] : []));
  const boards = listOf(base["relay_board"]).flatMap((board) => (typeof board["id"] === "string" ? [board["id"]] : []));
  const bus = (column: SheetColumnName, text: string, use: "qr" | "bus"): BusPlace | undefined => {
    const port = portOf(text, use);
    if (port !== undefined) return { kind: "port", port };
    if (wires.includes(text)) return { kind: "wire", wire: text };
    return problem(
      column,
      `"${text}" is no [[wire]] of the base, and no port`,
      nearOr(text, wires, "add it to the base, or write the port: /dev/… or host:port"),
    );
  };
  const board = (column: SheetColumnName, text: string): string | undefined =>
    boards.includes(text) ? text : problem(column, `"${text}" is no [[relay_board]] of the base`, nearOr(text, boards, "add it to the base, or write <bus>/<unit>:<number>")); // prettier-ignore
  const contact = (column: SheetColumnName, place: ContactPlace | undefined): RowContact | undefined => {
    if (place === undefined) return undefined;
    if (place.kind === "reader") {
      if (reader === undefined || reader.kind === "osdp") return place;
      return problem(column, `a ${reader.kind} reader has no relays and inputs`, "write <board>:<number> or <bus>/<unit>:<number>");
    }
    if (place.kind === "board") return board(column, place.board) === undefined ? undefined : place;
    const line = bus(column, place.bus, "bus");
    return line === undefined ? undefined : { ...place, bus: line };
  };

  const reader = read("reader", readReader);
  if (sheet.cell("reader") === "") problem("reader", "is empty", "write osdp, qr or wiegand");
  const busText = sheet.cell("bus");
  if (busText === "")
    problem("bus", "is empty", reader?.kind === "wiegand" ? "write the board that it hangs on" : "write a [[wire]] of the base, or the port itself");
  const isLine = reader !== undefined && reader.kind !== "wiegand" && busText !== "";
  const address = read("address", readAddress);
  if (reader?.kind === "osdp" && sheet.cell("address") === "") problem("address", "is empty: an OSDP reader has one", "write 0 to 126, as the reader has it");
  if (reader !== undefined && reader.kind !== "osdp" && address !== undefined) problem("address", `a ${reader.kind} reader has none`, "leave it empty");
  const direction = read("direction", (text) => readWord(text, ["entry", "exit"] as const));
  const accessPoint = id("access_point", true);
  const exitText = sheet.cell("exit");
  const isEgress = read("egress", (text) => readWord(text, ["yes", "no"] as const)) === "yes";
  if (!isEgress && sheet.cell("untrusted_clock") === "") problem("untrusted_clock", "is empty: what this door does while nobody vouches for the clock", "write refuse, or emergency"); // prettier-ignore
  const [contactText = "", closed] = sheet.cell("contact").split(/\s+/);
  if (closed !== undefined && closed !== "open")
    problem("contact", `"${closed}" is not known here`, "write open where the closed contact means the open door, or nothing");
  const contactPlace = contact("contact", contactText === "" ? undefined : read("contact", () => readContactPlace(contactText)));
  return {
    row,
    accessPoint: accessPoint ?? `row-${row}`,
    controller: sheet.cell("controller"),
    zone: id("zone", false),
    reader,
    bus: isLine ? bus("bus", busText, reader.kind === "qr" ? "qr" : "bus") : undefined,
    readerBoard: reader?.kind === "wiegand" && busText !== "" ? board("bus", busText) : undefined,
    address,
    door: id("door", false) ?? accessPoint ?? `row-${row}`,
    direction,
    gate: id("gate", false),
    lock: contact("lock", read("lock", readContactPlace)),
    failMode: read("fail_mode", (text) => readWord(text, ["secure", "safe"] as const)),
    contact: contactPlace === undefined ? undefined : { ...contactPlace, closedMeans: closed === "open" ? "open" : "closed" },
    exit: exitText === "handle" || exitText === "reader" ? exitText : contact("exit", read("exit", readExit)),
    isEgress,
    replayGroup: sheet.cell("replay_group") || undefined,
    fireGroup: sheet.cell("fire_group") || undefined,
    fireInput: contact("fire_input", read("fire_input", readContactPlace)),
    untrustedClock: read("untrusted_clock", readUntrustedClock),
    card: read("card", readCard),
    keys: sheet.keys,
  };
}

function readAddress(text: string): CellReading<number> {
  const value = Number(text);
  if (/^\d{1,3}$/.test(text) && value <= 126) return { ok: true, value };
  return { ok: false, cause: `"${text}" is no address`, remedy: "write a whole number from 0 to 126" };
}

/** An input, or a word that was mistyped. */
function readExit(text: string): CellReading<ContactPlace> {
  if (text.includes(":")) return readContactPlace(text);
  const word = readWord(text, ["handle", "reader"] as const);
  return word.ok ? readContactPlace(text) : { ...word, remedy: `${word.remedy}, or the input of the exit button: <bus>/<unit>:1` };
}

function nearOr(text: string, words: readonly string[], other: string): string {
  const nearest = nearestWord(text, words);
  return nearest === undefined ? other : `write ${nearest}`;
}
