import { encodeGb18030 } from "./gb18030.ts";

/**
 * What a customer display takes: `esc-pos` is the command mode of Epson's DM-D series, which most others emulate; `cd5220` that of Partner's CD5220.
 *
 * Sources: DM-D110 Specification (ESC @, US MD1, US C, US $); CD5220 User's Manual (ESC @, ESC Q A, ESC Q B).
 */
export const DISPLAY_COMMANDS = ["esc-pos", "cd5220"] as const;
export type DisplayCommands = (typeof DISPLAY_COMMANDS)[number];

/** What a display has patterns for. `ascii`: nothing else, so ¥ is written CNY. `gb18030`: Chinese too, two columns a character. */
export const DISPLAY_CHARSETS = ["ascii", "gb18030"] as const;
export type DisplayCharset = (typeof DISPLAY_CHARSETS)[number];

/** One line of a display. `right` stands at the right edge and is never cut: an amount with a digit missing is another amount; `left` gives way to it. */
export interface DisplayLine {
  readonly left: string;
  readonly right: string;
}

export const DISPLAY_COLUMNS = 20;
export const DISPLAY_ROWS = 2;

const NUL = 0x00;
const ESC = 0x1b;
const US = 0x1f;
const CR = 0x0d;
const DEL = "\x7f";

/**
 * What a display is told when its line has opened: whatever a broken line has left half said is ended first, then it is set as it is when switched on, and
 * writes over what stands there, without a cursor.
 */
export function displayOpening(commands: DisplayCommands): Uint8Array {
  // Two zeros are what a command of two operands may still wait for, and nothing to a display that waits for none; CR ends a text of ESC Q.
  const ended = [NUL, NUL, CR, ESC, 0x40];
  return Uint8Array.from(commands === "cd5220" ? ended : [...ended, US, 0x01, US, 0x43, 0x00]);
}

/** Both lines, written over what stands there: sent again it changes nothing that anybody sees. */
export function displayFrame(lines: readonly DisplayLine[], commands: DisplayCommands, charset: DisplayCharset): Uint8Array {
  const bytes: number[] = [];
  for (let row = 0; row < DISPLAY_ROWS; row++) {
    const cells = displayCells(lines[row] ?? { left: "", right: "" }, charset);
    if (commands === "esc-pos") bytes.push(US, 0x24, 1, row + 1, ...cells);
    else bytes.push(ESC, 0x51, 0x41 + row, ...cells, CR);
  }
  return Uint8Array.from(bytes);
}

/** One line as exactly so many bytes, one a column, 20 by default. Where `right` alone is too long for them, its end stands. */
export function displayCells({ left, right }: DisplayLine, charset: DisplayCharset, columns = DISPLAY_COLUMNS): Uint8Array {
  const end = fitting(written(right, charset).toReversed(), columns).toReversed().flat();
  const room = columns - end.length;
  const begin = fitting(written(left, charset), end.length === 0 ? room : Math.max(0, room - 1)).flat();
  return Uint8Array.from([...begin, ...Array<number>(columns - begin.length - end.length).fill(0x20), ...end]);
}

/** The bytes of each character; what a display would obey is never among them. */
function written(text: string, charset: DisplayCharset): number[][] {
  return Array.from(charset === "ascii" ? text.replaceAll(/[\u00a5\uffe5]/g, "CNY ") : text.replaceAll("¥", "￥"), (character) => {
    const isShown = character >= " " && character !== DEL && (charset === "gb18030" || character < DEL);
    return isShown ? [...encodeGb18030(character)] : [0x3f];
  });
}

/** As many characters as go into so many columns, whole ones. */
function fitting(characters: readonly number[][], columns: number): number[][] {
  let left = columns;
  const fit: number[][] = [];
  for (const character of characters) {
    if (character.length > left) break;
    left -= character.length;
    fit.push(character);
  }
  return fit;
}
