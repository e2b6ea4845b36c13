import { idOfPort } from "./cell-words.ts";
import { grouped } from "./grouped.ts";
import type { PlanBase } from "./plan-base.ts";
import type { PlannedRow, RowContact } from "./planned-row.ts";
import type { PlanProblem } from "./plan-problem.ts";
import type { SheetColumnName } from "./sheet-columns.ts";

/** A controller follows no more. */
const ZONES_MAX = 16;

type Tell = (row: PlannedRow, column: SheetColumnName, cause: string, remedy: string) => void;

/** What the rows of a sheet mean together. */
export function planProblems(rows: readonly PlannedRow[], base: PlanBase): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const tell: Tell = ({ row }, column, cause, remedy) => void problems.push({ row, column, cause, remedy });
  firstOfEach(rows, ({ accessPoint }) => accessPoint, (row, first) => tell(row, "access_point", `"${row.accessPoint}" is row ${first.row} already`, "give each its own id")); // prettier-ignore
  const controllers = grouped(rows, ({ controller }) => controller);
  for (const [controller, own] of controllers) {
    if (controller === "") {
      for (const row of own) tell(row, "controller", "is empty", "write the controller that it hangs on");
      continue;
    }
    addressProblems(own, tell);
    placeProblems(own, tell);
    fireProblems(own, tell);
    zoneProblems(own, base, tell);
    for (const [door, doorRows] of grouped(own, (row) => row.door)) doorProblems(door, doorRows, tell);
  }
  for (const named of base.named)
    if (!controllers.has(named))
      problems.push({ row: null, column: `for.${named}`, cause: "the sheet has no such controller", remedy: "remove it, or mend the id" });
  return problems;
}

/** Calls `twice` for each row whose key another row before it has; undefined keys are none. */
function firstOfEach(rows: readonly PlannedRow[], keyOf: (row: PlannedRow) => string | undefined, twice: (row: PlannedRow, first: PlannedRow) => void): void {
  const seen = new Map<string, PlannedRow>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key === undefined) continue;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, row);
    else twice(row, first);
  }
}

/** The id of the line of a row's reader. */
const lineOf = ({ bus }: PlannedRow): string | undefined => (bus === undefined ? undefined : bus.kind === "wire" ? bus.wire : idOfPort(bus.port));

/** Each reader is where no other is, and what shares a line speaks alike. */
function addressProblems(rows: readonly PlannedRow[], tell: Tell): void {
  const readerOf = (row: PlannedRow): string | undefined => {
    const { reader, address, readerBoard } = row;
    const line = lineOf(row);
    if (reader?.kind === "wiegand" && readerBoard !== undefined) return `${readerBoard}:${reader.nth}`;
    if (reader?.kind === "qr" && line !== undefined) return line;
    return reader?.kind === "osdp" && line !== undefined && address !== undefined ? `${line} ${address}:${reader.nth}` : undefined;
  };
  firstOfEach(rows, readerOf, (row, first) => {
    const column = row.reader?.kind === "osdp" ? "address" : row.reader?.kind === "wiegand" ? "reader" : "bus";
    const what = column === "address" ? `address ${row.address} on this bus is "${first.accessPoint}" in row ${first.row} already` : `is the reader of "${first.accessPoint}" in row ${first.row} already`; // prettier-ignore
    const remedy = { address: "give each reader its own address: portico device osdp address; the second reader of one device is osdp:1", reader: "write wiegand:1 for the second one", bus: "a QR reader needs a line of its own" }[column]; // prettier-ignore
    tell(row, column, what, remedy);
  });
  const speakers = new Map<string, PlannedRow>();
  for (const row of rows) {
    const line = lineOf(row);
    if (line === undefined || row.reader === undefined) continue;
    const first = speakers.get(line);
    if (first === undefined) speakers.set(line, row);
    else if (first.reader!.kind !== row.reader.kind) tell(row, "bus", `carries the ${first.reader!.kind} reader of row ${first.row}, and this is ${row.reader.kind}`, "put them on lines of their own"); // prettier-ignore
  }
  for (const row of rows)
    for (const [column, place] of placesOf(row))
      if (place.kind === "unit") {
        const line = place.bus.kind === "wire" ? place.bus.wire : idOfPort(place.bus.port);
        const reader = speakers.get(line);
        if (reader !== undefined)
          tell(row, column, `its line carries the ${reader.reader!.kind} reader of row ${reader.row}`, "put Modbus units and readers on lines of their own");
      }
}

/** Relays and inputs of a row, by their columns. */
function placesOf({ lock, contact, exit, fireInput }: PlannedRow): readonly (readonly [SheetColumnName, RowContact])[] {
  const all: readonly (readonly [SheetColumnName, RowContact | string | undefined])[] = [["lock", lock], ["contact", contact], ["exit", exit], ["fire_input", fireInput]]; // prettier-ignore
  return all.filter((each): each is readonly [SheetColumnName, RowContact] => typeof each[1] === "object");
}

/** A text for the same relay or input, whoever names it. */
export function placeKey(row: PlannedRow, place: RowContact): string {
  if (place.kind === "reader") return `${lineOf(row) ?? "?"} address ${row.address ?? "?"}:${place.number}`;
  if (place.kind === "board") return `${place.board}:${place.number}`;
  return `${place.bus.kind === "wire" ? place.bus.wire : idOfPort(place.bus.port)}/${place.unit}:${place.number}`;
}

/** A relay or input does one thing; a door's rows may name it together, rows of one fire group their loop. */
function placeProblems(rows: readonly PlannedRow[], tell: Tell): void {
  const users = new Map<string, { readonly row: PlannedRow; readonly column: SheetColumnName; readonly use: string }>();
  for (const row of rows)
    for (const [column, place] of placesOf(row)) {
      const key = `${column === "lock" ? "relay" : "input"} ${placeKey(row, place)}`;
      const use = column === "fire_input" ? `fire ${row.fireGroup}` : `${column} ${row.door} ${row.direction}`;
      const first = users.get(key);
      if (first === undefined) users.set(key, { row, column, use });
      else if (first.use !== use) tell(row, column, `${key} is ${first.column} of "${first.row.accessPoint}" in row ${first.row.row} already`, column === "lock" ? "use another relay, or name the same door" : "use another input"); // prettier-ignore
    }
}

/** Every fire group of a controller has one loop that it hears. */
function fireProblems(rows: readonly PlannedRow[], tell: Tell): void {
  for (const row of rows)
    if (row.fireInput !== undefined && row.fireGroup === undefined)
      tell(row, "fire_group", "is empty, and fire_input names its loop", "write the group that the loop frees");
  for (const [group, own] of grouped(rows.filter((row) => row.fireGroup !== undefined), (row) => row.fireGroup!)) {
    const [first, ...others] = own.filter((row) => row.fireInput !== undefined);
    if (first === undefined) tell(own[0]!, "fire_input", `is empty: nothing tells this controller of a fire in "${group}"`, "write the input of the loop in one row of the group: each controller hears it by a contact of its own"); // prettier-ignore
    for (const other of others)
      if (placeKey(other, other.fireInput!) !== placeKey(first!, first!.fireInput!)) tell(other, "fire_input", `"${group}" is another input in row ${first!.row}`, "one loop for each group of a controller");
  } // prettier-ignore
}

function zoneProblems(rows: readonly PlannedRow[], { hasCloud }: PlanBase, tell: Tell): void {
  for (const row of rows) {
    if (hasCloud && row.zone === undefined) tell(row, "zone", "is empty", "write the zone whose list it goes by");
    if (!hasCloud && row.zone !== undefined) tell(row, "zone", "has no meaning: the base has no [cloud]", "leave it empty, or add [cloud] to the base");
  }
  const zones = new Set(rows.flatMap(({ zone }) => zone ?? []));
  if (zones.size > ZONES_MAX)
    tell(rows.at(-1)!, "zone", `its controller would follow ${zones.size} zones`, `${ZONES_MAX} at most: a stolen controller tells no more`);
}

/** A door is one thing, has a lock that fails one way, and a way out. */
function doorProblems(door: string, rows: readonly PlannedRow[], tell: Tell): void {
  const [first] = rows as [PlannedRow];
  const isLane = first.direction !== undefined;
  for (const row of rows) {
    if ((row.direction !== undefined) !== isLane) tell(row, "direction", isLane ? `is empty, and "${door}" is a turnstile in row ${first.row}` : `"${door}" is a door in row ${first.row}`, isLane ? "write entry or exit" : "leave it empty"); // prettier-ignore
    if (isLane && row.failMode !== undefined) tell(row, "fail_mode", "a turnstile has none: its unit decides", "leave it empty");
    if (isLane && row.exit !== undefined) tell(row, "exit", "belongs to a door", "write the way out as a row with direction exit");
    if (!isLane && row.gate !== undefined) tell(row, "gate", "belongs to a turnstile", "leave it empty, or write a direction");
  }
  const groups = isLane ? [...grouped(rows, (row) => row.direction).values()] : [rows];
  for (const group of groups) {
    agree(group, "lock", (row) => row.lock && placeKey(row, row.lock), tell);
    agree(group, "contact", (row) => row.contact && `${placeKey(row, row.contact)} ${row.contact.closedMeans}`, tell);
    if (group.every((row) => row.lock === undefined))
      tell(group[0]!, "lock", `no row names the relay of "${door}"`, "write it: reader:0, <board>:0 or <bus>/<unit>:0");
  }
  agree(rows, "gate", (row) => row.gate, tell);
  agree(rows, "fire_group", (row) => row.fireGroup, tell);
  if (isLane) return;
  agree(rows, "fail_mode", (row) => row.failMode, tell);
  agree(rows, "exit", (row) => (typeof row.exit === "object" ? placeKey(row, row.exit) : row.exit), tell);
  if (rows.every((row) => row.failMode === undefined))
    tell(first, "fail_mode", `nobody says what "${door}" is without power`, "write secure (a strike: locked) or safe (a magnet: free)");
  const ways = rows.flatMap(({ exit }) => exit ?? []);
  if (rows.some(({ isEgress }) => isEgress)) return;
  if (ways.length === 0) tell(first, "exit", `"${door}" has no way out that the plan knows of`, "write the input of its exit button, handle where one opens it without power, or add a row with egress = yes"); // prettier-ignore
  if (ways.includes("reader")) tell(first, "exit", `is reader, but no row of "${door}" is a way out`, "add the row of that reader with egress = yes");
}

/** Rows of one door that say something say the same. */
function agree(rows: readonly PlannedRow[], column: SheetColumnName, valueOf: (row: PlannedRow) => string | undefined, tell: Tell): void {
  const first = rows.find((row) => valueOf(row) !== undefined);
  for (const row of rows)
    if (first !== undefined && valueOf(row) !== undefined && valueOf(row) !== valueOf(first))
      tell(row, column, `differs from row ${first.row}, which is the same door`, "write it once, or the same in both");
}
