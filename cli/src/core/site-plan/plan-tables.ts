import { idOfPort, readKeyText } from "./cell-words.ts";
import { grouped } from "./grouped.ts";
import { listOf, type PlanBase, type Table, tableOf, type Tables } from "./plan-base.ts";
import type { BusPlace, PlannedRow, RowContact } from "./planned-row.ts";
import type { DottedTable } from "./sheet-columns.ts";

/** The tables of a controller's `portico.toml`, and which row each came from: `door[library]` → 3. */
export interface PlannedTables {
  readonly tables: Tables;
  readonly origins: ReadonlyMap<string, number>;
}

const byId = (a: Table, b: Table): number => (String(a["id"]) < String(b["id"]) ? -1 : 1);

/** Makes the tables of one controller. Rows without problems are meant; of others what can be made is made. Tables of one kind stand in the order of their ids. */
export function plannedTables(controller: string, rows: readonly PlannedRow[], base: PlanBase): PlannedTables {
  const given = base.of(controller);
  const origins = new Map<string, number>();
  const hardware = new Hardware(given, base, origins);
  const presets = (table: DottedTable, own: Table, row: PlannedRow): Table => {
    const keys = Object.fromEntries(row.keys.filter((key) => key.table === table).map(({ key, text }) => [key, readKeyText(text)]));
    return { ...own, ...unless(base.preset(table), own), ...keys };
  };
  const inOrder = rows.toSorted((a, b) => (a.accessPoint < b.accessPoint ? -1 : 1));
  const scanners = inOrder.map((row) => presets("scanner", { id: row.accessPoint, ...hardware.readerOf(row, presets), card: row.card }, row));
  const doors: Table[] = [];
  const turnstiles: Table[] = [];
  const groups = new Map(inOrder.flatMap((row) => (row.fireGroup === undefined || row.fireInput === undefined ? [] : [[row.fireGroup, hardware.inputOf(row, row.fireInput)]]))); // prettier-ignore
  for (const [id, own] of grouped(inOrder, (row) => row.door)) {
    const fire = own.map(({ fireGroup }) => fireGroup && groups.get(fireGroup)).find((input) => input !== undefined);
    // What the keys of several rows of a door say together counts for it.
    const together: PlannedRow = { ...own[0]!, keys: own.flatMap(({ keys }) => keys) };
    if (own.some(({ direction }) => direction !== undefined)) {
      turnstiles.push(presets("turnstile", { id, gate: own.find(({ gate }) => gate !== undefined)?.gate ?? id, ...laneOf(own, hardware), fire }, together));
      note(origins, "turnstile", id, own[0]!);
    } else {
      doors.push(presets("door", { id, ...doorOf(own, hardware), fire }, together));
      note(origins, "door", id, own[0]!);
    }
  }
  const accessPoints = inOrder.map((row) => {
    note(origins, "scanner", row.accessPoint, row);
    note(origins, "access_point", row.accessPoint, row);
    const opens = row.direction === undefined ? { door: row.door } : { turnstile: row.door, direction: row.direction };
    const own = { id: row.accessPoint, scanner: row.accessPoint, ...opens, zone: row.zone, replay_group: row.replayGroup, egress: row.isEgress || undefined, untrusted_clock: row.untrustedClock }; // prettier-ignore
    return presets("access_point", own, row);
  });
  const zones = [...new Set(rows.flatMap(({ zone }) => zone ?? []))].sort();
  const { site, controller: place, clock, cloud, wire: _wires, relay_board: _boards, ...rest } = given as Record<string, Table | readonly Table[]>;
  hardware.takeNamed([rest, doors, turnstiles, accessPoints]);
  const tables: Record<string, Table | readonly Table[] | undefined> = {
    site,
    controller: { id: controller, ...tableOf(place) },
    clock,
    cloud: cloud === undefined ? undefined : { ...tableOf(cloud), zones },
    wire: hardware.wires.toSorted(byId),
    osdp_pd: hardware.pds.toSorted(byId),
    scanner: scanners.toSorted(byId),
    relay_board: hardware.boards().toSorted(byId),
    door: doors.toSorted(byId),
    turnstile: turnstiles.toSorted(byId),
    access_point: accessPoints,
  };
  for (const [name, content] of Object.entries(rest)) tables[name] = Array.isArray(content) ? [...listOf(tables[name]), ...listOf(content)] : content;
  return { tables: Object.fromEntries(Object.entries(tables).filter((entry): entry is [string, Table | readonly Table[]] => entry[1] !== undefined)), origins };
}

/** Presets that the row says nothing of. */
const unless = (preset: Table, own: Table): Table => Object.fromEntries(Object.entries(preset).filter(([key]) => own[key] === undefined));

function note(origins: Map<string, number>, table: string, id: string, { row }: PlannedRow): void {
  const key = `${table}[${id}]`;
  if (!origins.has(key)) origins.set(key, row);
}

const first = <T>(rows: readonly PlannedRow[], valueOf: (row: PlannedRow) => T | undefined): readonly [PlannedRow, T] | undefined => {
  for (const row of rows) {
    const value = valueOf(row);
    if (value !== undefined) return [row, value];
  }
  return undefined;
};

function doorOf(rows: readonly PlannedRow[], hardware: Hardware): Table {
  const lock = first(rows, (row) => row.lock);
  const contact = first(rows, (row) => row.contact);
  const exit = first(rows, (row) => (typeof row.exit === "object" ? row.exit : undefined));
  return {
    strike: lock && hardware.relayOf(...lock),
    contact: contact && { ...hardware.inputOf(...contact), closed_means: contact[1].closedMeans },
    rex: exit && hardware.inputOf(...exit),
    fail: first(rows, (row) => row.failMode)?.[1],
  };
}

function laneOf(rows: readonly PlannedRow[], hardware: Hardware): Table {
  const side = (direction: "entry" | "exit"): readonly [Table | undefined, Table | undefined] => {
    const own = rows.filter((row) => row.direction === direction);
    const lock = first(own, (row) => row.lock);
    const pass = first(own, (row) => row.contact);
    return [lock && hardware.relayOf(...lock), pass && hardware.inputOf(...pass)];
  };
  const [[entry, passEntry], [exit, passExit]] = [side("entry"), side("exit")];
  return { entry, exit, pass_entry: passEntry, pass_exit: passExit };
}

interface Board {
  readonly table: Table;
  relays: number;
  inputs: number;
}

/** Wires, readers and boards, as far as rows name them; a Modbus unit or an OSDP reader's outputs has as many relays and inputs as are used. */
class Hardware {
  readonly #wires = new Map<string, Table>();
  readonly #pds = new Map<string, Table>();
  readonly #boards = new Map<string, Board>();
  readonly #given: Tables;
  readonly #base: PlanBase;
  readonly #origins: Map<string, number>;

  constructor(given: Tables, base: PlanBase, origins: Map<string, number>) {
    this.#given = given;
    this.#base = base;
    this.#origins = origins;
  }

  get wires(): Table[] {
    return [...this.#wires.values()];
  }

  get pds(): Table[] {
    return [...this.#pds.values()];
  }

  boards(): Table[] {
    return [...this.#boards.values()].map(({ table, relays, inputs }) => (table["relays"] === undefined && table["relay_pins"] === undefined ? { ...table, relays: Math.max(1, relays), inputs } : table)); // prettier-ignore
  }

  /** Boards and wires that tables name by themselves: those of the base, and keys that stand in columns of their own. */
  takeNamed(tables: unknown): void {
    if (typeof tables !== "object" || tables === null) return;
    const { board, wire, relay, input, granted, denied, buzzer } = tables as Readonly<Record<string, unknown>>;
    if (typeof wire === "string") this.#givenWire(wire);
    // One that there is not is the reader's to tell.
    if (typeof board === "string" && (this.#boards.has(board) || listOf(this.#given["relay_board"]).some(({ id }) => id === board))) {
      const named = this.#givenBoard(board);
      const most = (...numbers: unknown[]): number => Math.max(0, ...numbers.map((number) => (typeof number === "number" ? number + 1 : 0)));
      named.relays = Math.max(named.relays, most(relay, granted, denied, buzzer));
      named.inputs = Math.max(named.inputs, most(input));
    }
    for (const value of Object.values(tables)) this.takeNamed(value);
  }

  /** Where the row's reader hangs. */
  readerOf(row: PlannedRow, presets: (table: DottedTable, own: Table, row: PlannedRow) => Table): Table {
    const { reader, bus, readerBoard } = row;
    if (reader?.kind === "wiegand") {
      if (readerBoard !== undefined) this.#givenBoard(readerBoard, row);
      return { board: readerBoard, reader: reader.nth };
    }
    if (bus === undefined) return {};
    if (reader?.kind === "qr") return { wire: this.#wire(bus, row) };
    const id = this.#pd(row, presets);
    return { pd: id, reader: reader?.nth === 0 ? undefined : reader?.nth };
  }

  relayOf(row: PlannedRow, place: RowContact): Table {
    const [id, board] = this.#board(row, place);
    board.relays = Math.max(board.relays, place.number + 1);
    return { board: id, relay: place.number };
  }

  inputOf(row: PlannedRow, place: RowContact): Table {
    const [id, board] = this.#board(row, place);
    board.inputs = Math.max(board.inputs, place.number + 1);
    return { board: id, input: place.number };
  }

  #pd(row: PlannedRow, presets?: (table: DottedTable, own: Table, row: PlannedRow) => Table): string {
    const wire = row.bus === undefined ? "?" : this.#wire(row.bus, row);
    const id = `${wire}-${row.address ?? "x"}`;
    if (!this.#pds.has(id)) {
      const own = { id, wire, address: row.address };
      this.#pds.set(id, presets === undefined ? { ...own, ...unless(this.#base.preset("osdp_pd"), own) } : presets("osdp_pd", own, row));
      note(this.#origins, "osdp_pd", id, row);
    }
    return id;
  }

  #wire(bus: BusPlace, row: PlannedRow): string {
    if (bus.kind === "port") {
      const id = idOfPort(bus.port);
      if (!this.#wires.has(id)) {
        this.#wires.set(id, { id, ...bus.port });
        note(this.#origins, "wire", id, row);
      }
      return id;
    }
    return this.#givenWire(bus.wire);
  }

  #givenWire(id: string): string {
    const wire = listOf(this.#given["wire"]).find((each) => each["id"] === id);
    if (wire !== undefined) this.#wires.set(id, wire);
    return id;
  }

  #givenBoard(id: string, row?: PlannedRow): Board {
    const known = this.#boards.get(id);
    if (known !== undefined) return known;
    const table = listOf(this.#given["relay_board"]).find((each) => each["id"] === id) ?? { id };
    if (typeof table["wire"] === "string") this.#givenWire(table["wire"]);
    const board = { table, relays: 0, inputs: 0 };
    this.#boards.set(id, board);
    if (row !== undefined) note(this.#origins, "relay_board", id, row);
    return board;
  }

  #board(row: PlannedRow, place: RowContact): readonly [string, Board] {
    if (place.kind === "board") return [place.board, this.#givenBoard(place.board, row)];
    if (place.kind === "reader") return this.#made(row, `${this.#pd(row)}-outputs`, { pd: this.#pd(row), protocol: "osdp" });
    const wire = this.#wire(place.bus, row);
    const given = listOf(this.#given["relay_board"]).find((board) => board["wire"] === wire && (board["unit"] ?? 1) === place.unit);
    if (typeof given?.["id"] === "string") return [given["id"], this.#givenBoard(given["id"], row)];
    return this.#made(row, `${wire}-${place.unit}`, { wire, protocol: "modbus-rtu", unit: place.unit });
  }

  #made(row: PlannedRow, id: string, table: Table): readonly [string, Board] {
    const known = this.#boards.get(id);
    if (known !== undefined) return [id, known];
    const board = { table: { id, ...table }, relays: 0, inputs: 0 };
    this.#boards.set(id, board);
    note(this.#origins, "relay_board", id, row);
    return [id, board];
  }
}
