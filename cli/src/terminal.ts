/** Where a command writes. Standard output carries data, standard error talk, so that a pipe receives data alone. */
export interface Terminal {
  /** Writes text as it is, line ends included. */
  out(text: string): void;
  err(text: string): void;
  /** A person reads standard output. */
  readonly isTty: boolean;
  /** Width of that person's window; 80 where unknown. */
  readonly columns: number;
}

/** C0 and C1 controls, and marks that reorder a line: in a name or a detail they would drive the terminal. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const DRIVES_A_TERMINAL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** East Asian wide and full-width characters take two columns. Source: Unicode Standard Annex #11, the ranges in use here. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/g;

/** Text that moves no cursor and changes no colour: each control character becomes `\xNN` or `\uNNNN`. */
export function printable(text: string): string {
  return text.replace(DRIVES_A_TERMINAL, (character) => {
    const hex = character.charCodeAt(0).toString(16);
    return hex.length > 2 ? `\\u${hex.padStart(4, "0")}` : `\\x${hex.padStart(2, "0")}`;
  });
}

/** How many columns a text takes. */
export function displayWidth(text: string): number {
  return Array.from(text).length + (text.match(WIDE)?.length ?? 0);
}

/** Blanks behind a text, so that it takes so many columns at least. */
export const filled = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - displayWidth(text)));
