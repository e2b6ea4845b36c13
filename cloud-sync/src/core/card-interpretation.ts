import { bytesToHex, CARD_BYTE_ORDERS, CARD_FORMATS, type CardFormat, err, ok, readCardNumber, type Result } from "@portico/card-protocol";

/** One way of reading what another system exported as numbers of cards. */
export interface CardInterpretation extends CardFormat {
  /** `last-3`: readers of 26 bits see the last three bytes of a number of four alone, so the campus goes by these. */
  readonly keeps: "all" | "last-3";
}

/** One card held before a reader. */
export interface CardRead {
  /** What the reader sent, one line. */
  readonly line: string;
  /** What the export says of the same card; undefined where only the card was at hand: then it counts as found where any row of the export has its number. */
  readonly exported: string | undefined;
}

/** How far one interpretation explains what was read. */
export interface InterpretationScore {
  readonly interpretation: CardInterpretation;
  /** Cards whose number the export has, read this way. */
  readonly matched: number;
  /** Different cards that were read. */
  readonly of: number;
}

export type InterpretationProposal =
  | { readonly kind: "fits"; readonly score: InterpretationScore; readonly scores: readonly InterpretationScore[] }
  /** Two or more fit and do not mean the same: nobody guesses. */
  | { readonly kind: "ambiguous"; readonly fitting: readonly InterpretationScore[]; readonly scores: readonly InterpretationScore[] }
  /** `shortened`: the reader sends four bytes, of which the export holds the last three alone. */
  | { readonly kind: "none"; readonly shortened: CardInterpretation | undefined; readonly scores: readonly InterpretationScore[] }
  /** `unreadable`: lines that are none of the reader's format, and why the first is not. */
  | { readonly kind: "too-few"; readonly cards: number; readonly unreadable: number; readonly why: string };

/** Different cards below which nothing is proposed. Twenty are asked for; a few may be strangers. */
export const CARDS_READ_MIN = 10;
/** Of ten cards read, so many have to be found. */
const FOUND_OF_TEN = 9;

/** Every interpretation, by its name: the format, `:lsb-first` and `:last-3` behind it where they apply. */
export const CARD_INTERPRETATIONS: readonly CardInterpretation[] = CARD_FORMATS.flatMap((format) =>
  CARD_BYTE_ORDERS.filter((byteOrder) => byteOrder === "msb-first" || format !== "wiegand-37").flatMap((byteOrder) =>
    (["uid-hex", "decimal-10", "wiegand-34"].includes(format) ? (["all", "last-3"] as const) : (["all"] as const)).map((keeps) => ({
      format,
      byteOrder,
      keeps,
    })),
  ),
);

/** `uid-hex`, `decimal-10:lsb-first`, `uid-hex:last-3`. */
export const interpretationName = ({ format, byteOrder, keeps }: CardInterpretation): string =>
  [format, ...(byteOrder === "lsb-first" ? ["lsb-first"] : []), ...(keeps === "last-3" ? ["last-3"] : [])].join(":");

/** The interpretation of that name; undefined: there is none. */
export const interpretationNamed = (name: string): CardInterpretation | undefined => CARD_INTERPRETATIONS.find((each) => interpretationName(each) === name);

/**
 * The number in a cell of an export. Decimal numbers may have lost their leading zeros, as spreadsheets take them.
 *
 * @returns InvalidIdentifierValue; its detail never contains a digit of the number
 */
export function readExportedNumber(cell: string, interpretation: CardInterpretation): Result<Uint8Array, "InvalidIdentifierValue"> {
  const { format, keeps } = interpretation;
  const digits = format === "decimal-10" ? 10 : format === "decimal-8" ? 8 : 0;
  const read = readCardNumber(/^\d+$/.test(cell) ? cell.padStart(digits, "0") : cell, interpretation);
  if (!read.ok) return read;
  const { bytes } = read.value;
  if (keeps === "all") return ok(bytes);
  return bytes.length === 4 ? ok(bytes.slice(1)) : err("InvalidIdentifierValue", `${bytes.length} bytes, of which no reader sends the last three`);
}

/**
 * Which interpretation of an export makes it agree with cards that were held before a reader.
 *
 * @param cells   the column of numbers
 * @param reader  how the reader writes, as its controller is configured
 */
export function proposeInterpretation(cells: readonly string[], reads: readonly CardRead[], reader: CardFormat, facility?: number): InterpretationProposal {
  const cards = new Map<string, string | undefined>();
  const unreadable: string[] = [];
  for (const { line, exported } of reads) {
    const read = readCardNumber(line, reader);
    if (read.ok) cards.set(bytesToHex(read.value.bytes), exported);
    else unreadable.push(read.detail);
  }
  if (cards.size < CARDS_READ_MIN) return { kind: "too-few", cards: cards.size, unreadable: unreadable.length, why: unreadable[0] ?? "" };
  const candidates = CARD_INTERPRETATIONS.map((each): CardInterpretation => (facility === undefined ? each : { ...each, facility }));
  const scores = candidates.map((interpretation) => ({ interpretation, matched: matchesOf(cells, cards, interpretation, 0), of: cards.size }));
  const fitting = different(scores.filter(fits), cells);
  const [first, second] = fitting;
  if (first === undefined) {
    const shortened = candidates.find((interpretation) => fits({ interpretation, matched: matchesOf(cells, cards, interpretation, 3), of: cards.size }));
    return { kind: "none", shortened, scores };
  }
  return second === undefined ? { kind: "fits", score: first, scores } : { kind: "ambiguous", fitting, scores };
}

const fits = ({ matched, of }: InterpretationScore): boolean => matched * 10 >= of * FOUND_OF_TEN;

/** @param end  compare the last so many bytes of what was read; 0: all of it */
function matchesOf(cells: readonly string[], cards: ReadonlyMap<string, string | undefined>, interpretation: CardInterpretation, end: number): number {
  const numberOf = (cell: string): string | undefined => {
    const read = readExportedNumber(cell, interpretation);
    return read.ok ? bytesToHex(read.value) : undefined;
  };
  const wanted = (card: string): string => (end === 0 ? card : card.length > 2 * end ? card.slice(-2 * end) : "");
  const column = new Set([...cards.values()].includes(undefined) ? cells.flatMap((cell) => numberOf(cell) ?? []) : []);
  return [...cards].filter(([card, exported]) => (exported === undefined ? column.has(wanted(card)) : numberOf(exported) === wanted(card))).length;
}

/** One of each meaning: those that read every cell alike are one. */
function different(scores: readonly InterpretationScore[], cells: readonly string[]): InterpretationScore[] {
  const meaning = ({ interpretation }: InterpretationScore): string =>
    cells
      .map((cell) => {
        const read = readExportedNumber(cell, interpretation);
        return read.ok ? bytesToHex(read.value) : "";
      })
      .join(",");
  return [...new Map([...scores].reverse().map((score) => [meaning(score), score])).values()].reverse();
}
