import type { ListContent } from "./list-content.ts";
import { CREDENTIAL_FIELDS_MAX, fields, lineOf, LIST_TABLES, LIST_TABLE_NAMES, type ListItems, type ListTableName } from "./list-tables.ts";

/** What can be asked of a list in lines: a table, or the names of its persons. */
export type LinesName = ListTableName | "person";

/** So many lines are handed over at a time. */
const PORTION = 256;

/** A list as the lines of its digest: all that it says, in little memory, in order, and fit to be handed from one thread to another. */
export class ListLines {
  readonly #lines = Object.fromEntries(LIST_TABLE_NAMES.map((name) => [name, [] as string[]])) as Record<ListTableName, string[]>;
  #persons: readonly string[] | undefined;
  #isSorted = false;

  /** The lines of a whole list. */
  static of(content: ListContent): ListLines {
    const lines = new ListLines();
    for (const name of LIST_TABLE_NAMES) {
      const { items } = LIST_TABLES[name];
      for (const item of items(content)) lines.put(name, item);
    }
    return lines;
  }

  /** To be called before anything is asked. */
  put<Name extends ListTableName>(name: Name, item: ListItems[Name]): void {
    // Written out at once: as it comes it is a rope, which keeps each of its parts alive and takes five times the memory.
    this.#lines[name].push(Buffer.from(lineOf(name, item)).toString());
  }

  /** The next few lines, in the order of the keys; empty behind the last. Persons: each name once, in order. */
  portion(name: LinesName, from: number): readonly string[] {
    if (!this.#isSorted) for (const each of LIST_TABLE_NAMES) this.#lines[each].sort();
    this.#isSorted = true;
    return (name === "person" ? (this.#persons ??= this.#readPersons()) : this.#lines[name]).slice(from, from + PORTION);
  }

  #readPersons(): readonly string[] {
    return [...new Set(this.#lines.credential.map((line) => fields(line, 10, CREDENTIAL_FIELDS_MAX)[1]!))].sort();
  }
}
