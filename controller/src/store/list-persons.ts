import type { Statement } from "better-sqlite3";
import type { ControllerDatabase } from "./database.ts";
import { LineReader, type ListWork } from "./list-work.ts";

/** So many names are looked up, added or forgotten between two pauses. */
const SLICE = 64;

/** The handles of persons: numbers that are never given twice. */
export class ListPersons {
  readonly #database: ControllerDatabase;
  readonly #byName: Statement<[string], number>;
  readonly #next: Statement<[], number>;
  readonly #insert: Statement<[number, string]>;
  readonly #remove: Statement<[string]>;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#byName = database.prepare<[string], number>("SELECT holder FROM person WHERE person = ?").pluck();
    this.#next = database.prepare<[], number>("UPDATE holders_given SET count = count + 1 RETURNING count").pluck();
    this.#insert = database.prepare("INSERT INTO person (holder, person) VALUES (?, ?)");
    this.#remove = database.prepare("DELETE FROM person WHERE person = ?");
  }

  /** The person's handle; a new person gets one that nobody had before. To be called within a transaction. */
  holder(person: string): number {
    const known = this.#byName.get(person);
    if (known !== undefined) return known;
    const holder = this.#next.get()!;
    this.#insert.run(holder, person);
    return holder;
  }

  forget(person: string): void {
    this.#remove.run(person);
  }

  /** Gives everybody in the new list a handle, in transactions of their own: nobody sees a handle that no credential has. */
  *addWanted(): ListWork<void> {
    const wanted = new LineReader("person");
    for (let names = yield* slice(wanted); names.length > 0; names = yield* slice(wanted)) {
      if (names.some((name) => this.#byName.get(name) === undefined)) this.#database.transaction("quick", () => names.forEach((name) => this.holder(name)));
      yield "pause";
    }
  }

  /** Forgets whoever is not in the new list any more, in transactions of their own. */
  *forgetOthers(): ListWork<void> {
    const behind = this.#database.prepare<[string, number], string>("SELECT person FROM person WHERE person > ? ORDER BY person LIMIT ?").pluck();
    const wanted = new LineReader("person");
    yield* wanted.next();
    let last = "";
    for (let names = behind.all(last, SLICE); names.length > 0; names = behind.all(last, SLICE)) {
      const unused: string[] = [];
      for (const name of names) {
        while (wanted.line !== undefined && wanted.line < name) yield* wanted.next();
        if (wanted.line !== name) unused.push(name);
      }
      if (unused.length > 0) this.#database.transaction("quick", () => unused.forEach((name) => this.forget(name)));
      last = names.at(-1)!;
      yield "pause";
    }
  }
}

/** The next few lines; none behind the last. */
export function* slice(reader: LineReader): ListWork<string[]> {
  const lines: string[] = [];
  while (lines.length < SLICE) {
    const line = yield* reader.next();
    if (line === undefined) break;
    lines.push(line);
  }
  return lines;
}
