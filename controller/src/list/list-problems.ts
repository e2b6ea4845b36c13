import type { ListProblem } from "../control/list-rows.ts";

/** Mistakes beyond this many are only counted: whoever mends the first fifty mends the others with them. */
export const PROBLEMS_MAX = 50;

/** Where in a file something stands. */
export interface Place {
  readonly file: string;
  /** From 1, the headings included; null where the file as a whole is meant. */
  readonly row: number | null;
  readonly column: string | null;
}

/** The mistakes of a list folder, collected until all files are read. */
export class ListProblems {
  readonly #found: ListProblem[] = [];
  #count = 0;

  /** The first {@link PROBLEMS_MAX}, in the order in which they were found. */
  get found(): readonly ListProblem[] {
    return this.#found;
  }

  /** All of them. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param cause   what is wrong, as a sentence without its full stop; never a card number
   * @param remedy  what to write instead
   */
  add({ file, row, column }: Place, cause: string, remedy: string): void {
    this.#count++;
    if (this.#found.length < PROBLEMS_MAX) this.#found.push({ file, row, column, cause, remedy });
  }
}

/** A cell's text for a message: short, in quotes, without anything that a terminal would obey. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "?");
}
