import type { LinesName, ListLines } from "./list-lines.ts";

/**
 * What work on a list stops for: so that something else can be done meanwhile; for lines of the list that is to be, from the nth of a table on; or, once, for
 * somebody to see that the disk has room for so many bytes.
 */
export type ListStep = "pause" | { readonly lines: LinesName; readonly from: number } | { readonly room: number };
/** Work on a list in steps that take a millisecond or so. It is given the lines that it asked for; what it is given otherwise does not matter. */
export type ListWork<T> = Generator<ListStep, T, readonly string[]>;

/** Does the work without a pause. */
export function atOnce<T>(work: ListWork<T>, list: ListLines): T {
  let step = work.next([]);
  while (step.done !== true) {
    const { value } = step;
    step = work.next(typeof value === "object" && "lines" in value ? list.portion(value.lines, value.from) : []);
  }
  return step.value;
}

/** The lines of a table, one by one. */
export class LineReader {
  readonly #name: LinesName;
  #portion: readonly string[] = [];
  #at = 0;
  #asked = 0;
  /** The line that is to be looked at; undefined behind the last, and before the first {@link next}. */
  line: string | undefined;

  constructor(name: LinesName) {
    this.#name = name;
  }

  /** Goes on to the next line. */
  *next(): ListWork<string | undefined> {
    if (this.#at === this.#portion.length) {
      this.#portion = yield { lines: this.#name, from: this.#asked };
      this.#asked += this.#portion.length;
      this.#at = 0;
    }
    this.line = this.#portion[this.#at];
    if (this.line !== undefined) this.#at++;
    return this.line;
  }
}
