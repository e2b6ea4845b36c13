import { DISPLAY_COLUMNS, DISPLAY_ROWS, type DisplayCharset, type DisplayCommands } from "./display-frame.ts";

/** What a display shows, computed from what it is sent: for one that is virtual. */
export interface DisplayScreen {
  push(bytes: Uint8Array): void;
  /** Switched off and on: dark, and nothing half heard. */
  reset(): void;
  /** Both lines, 20 columns each, as a customer reads them. */
  readonly lines: readonly string[];
}

const ESC = 0x1b;
const US = 0x1f;
const CR = 0x0d;
const CLR = 0x0c;
const CAN = 0x18;
const HOM = 0x0b;
const BLANK = 0x20;

/** How many operands each command has that this screen knows. */
const OPERANDS: Readonly<Record<DisplayCommands, ReadonlyMap<number, number>>> = {
  "esc-pos": new Map([
    [(ESC << 8) | 0x40, 0],
    [(US << 8) | 0x01, 0],
    [(US << 8) | 0x24, 2],
    [(US << 8) | 0x43, 1],
    [(US << 8) | 0x58, 1],
  ]),
  cd5220: new Map([
    [(ESC << 8) | 0x40, 0],
    [(ESC << 8) | 0x51, 1],
    [(ESC << 8) | 0x6c, 2],
    [(ESC << 8) | 0x2a, 1],
  ]),
};

/** A screen of 2 × 20 cells in overwrite mode. A command that it does not know is left out; bytes of any kind never make it larger. */
export function displayScreen(commands: DisplayCommands, charset: DisplayCharset): DisplayScreen {
  const cells = Array.from({ length: DISPLAY_ROWS }, () => new Uint8Array(DISPLAY_COLUMNS).fill(BLANK));
  const decoder = new TextDecoder(charset === "ascii" ? "ascii" : "gb18030");
  let row = 0;
  let column = 0;
  let pending: number[] = [];
  /** ESC Q has begun a line: so many columns of it came. */
  let string: { readonly row: number; column: number } | undefined;

  function clear(): void {
    for (const line of cells) line.fill(BLANK);
    row = column = 0;
  }

  function write(byte: number): void {
    cells[row]![column] = byte;
    column++;
    if (column < DISPLAY_COLUMNS) return;
    column = 0;
    row = (row + 1) % DISPLAY_ROWS;
  }

  function takeOfString(byte: number, at: { readonly row: number; column: number }): void {
    if (byte === CR) string = undefined;
    else if (at.column < DISPLAY_COLUMNS) cells[at.row]![at.column++] = byte;
  }

  function take(byte: number): void {
    if (pending.length > 0) return takeOfCommand(byte);
    if (string !== undefined) return takeOfString(byte, string);
    if (byte === ESC || byte === US) pending = [byte];
    else if (byte === CLR) clear();
    else if (byte === CAN) cells[row]!.fill(BLANK);
    else if (byte === HOM) row = column = 0;
    else if (byte === CR) column = 0;
    else if (byte >= BLANK) write(byte);
  }

  function takeOfCommand(byte: number): void {
    pending.push(byte);
    const command = (pending[0]! << 8) | pending[1]!;
    if (pending.length < 2 + (OPERANDS[commands].get(command) ?? 0)) return;
    const [first = 0, second = 0] = pending.slice(2);
    pending = [];
    if (!OPERANDS[commands].has(command)) return;
    if (command === ((ESC << 8) | 0x40)) clear();
    else if (command === ((US << 8) | 0x24)) moveTo(first, second);
    else if (command === ((ESC << 8) | 0x6c)) moveTo(first, second);
    else if (command === ((ESC << 8) | 0x51) && (first === 0x41 || first === 0x42)) {
      cells[first - 0x41]!.fill(BLANK);
      string = { row: first - 0x41, column: 0 };
    }
  }

  function moveTo(toColumn: number, toRow: number): void {
    if (toColumn < 1 || toColumn > DISPLAY_COLUMNS || toRow < 1 || toRow > DISPLAY_ROWS) return;
    column = toColumn - 1;
    row = toRow - 1;
  }

  return {
    push(bytes) {
      for (const byte of bytes) take(byte);
    },
    reset() {
      pending = [];
      string = undefined;
      clear();
    },
    get lines() {
      return cells.map((line) => decoder.decode(line));
    },
  };
}
