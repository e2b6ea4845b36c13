import { createHash } from "node:crypto";
import { keyOfLine, LIST_TABLES, LIST_TABLE_NAMES, type ListTableName } from "./list-tables.ts";
import { LineReader, type ListWork } from "./list-work.ts";

/** What a load does to a row. */
export const LIST_CHANGES = ["removed", "changed", "added"] as const;
export type ListChange = (typeof LIST_CHANGES)[number];

/** How many rows of one table a load would add, change and remove. */
export type TableDifference = Readonly<Record<ListChange, number>>;

/** What a load would do. */
export interface ListComparison {
  readonly tables: { readonly [Name in ListTableName]: TableDifference };
  /** Keys of the first {@link SHOWN_MAX} rows of each kind of change, in the order of the tables. */
  readonly shown: Readonly<Record<ListChange, readonly { readonly table: ListTableName; readonly key: string }[]>>;
  /** SHA-256 of the new content: see {@link ListDigest}. */
  readonly digest: Uint8Array;
  /** Rows of all tables together. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** Rows shown of each kind of change; more are only counted. */
export const SHOWN_MAX = 1_000;
/** So many rows of people, cards and grants at most are changed where they stand, within one transaction: about 5 ms. */
export const CHANGED_IN_PLACE_MAX = 128;
/** The tables that grow with the number of people. */
const LARGE: ReadonlySet<ListTableName> = new Set(["credential", "card", "grant"]);

/** Lines of one table that differ. */
export interface TableChanges {
  readonly added: string[];
  readonly changed: string[];
  /** What stands there now instead of the changed ones. */
  readonly before: string[];
  readonly removed: string[];
}

/** What has to be done to the tables. */
export interface ListChanges {
  readonly tables: { readonly [Name in ListTableName]: TableChanges };
  /** More rows of people, cards and grants than may be changed in place: none of their lines was kept. */
  readonly areMany: boolean;
  /** Length of all lines of the new list together. */
  readonly size: number;
}

/** A list to compare with. */
export interface StoredList {
  /** The lines `key, tab, rest` of a table in the order of the keys, a few at a time. */
  slices(table: ListTableName): Iterable<readonly string[]>;
}

/**
 * SHA-256 over what a list says, however it came to say it: for each table a line `#name`, then for each item in the order of the keys a line of
 * key, tab and the rest; UTF-8, each line ended by LF. Handles, versions and times of loading are not in it.
 */
export class ListDigest {
  readonly #hash = createHash("sha256");
  #text = "";

  line(line: string): void {
    this.#text += line;
    this.#text += "\n";
    if (this.#text.length > 65_536) this.#flush();
  }

  /** 32 bytes. Nothing can be added afterwards. */
  end(): Uint8Array {
    this.#flush();
    return new Uint8Array(this.#hash.digest());
  }

  #flush(): void {
    this.#hash.update(this.#text);
    this.#text = "";
  }
}

/**
 * What has to be done to `stored` so that it says what the new list says, and the digest that it has then. Rows that say the same are left alone.
 *
 * @param inPlaceMax  see {@link CHANGED_IN_PLACE_MAX}
 * @throws RangeError where a key stands twice in the new list, or out of order: whoever made it has to see to that
 */
export function* compareLists(stored: StoredList, inPlaceMax: number): ListWork<{ readonly comparison: ListComparison; readonly changes: ListChanges }> {
  const digest = new ListDigest();
  const found = new Found(inPlaceMax);
  for (const name of LIST_TABLE_NAMES) yield* compareTable(name, stored, digest, found);
  return { comparison: found.comparison(digest.end()), changes: found.changes() };
}

/** Walks both sides once, side by side. */
function* compareTable(name: ListTableName, stored: StoredList, digest: ListDigest, found: Found): ListWork<void> {
  const { keyParts } = LIST_TABLES[name];
  const wanted = new LineReader(name);
  /** Leaves a line behind. Returns the key of the next; undefined behind the last. */
  const next = function* (before: string): ListWork<string | undefined> {
    if (wanted.line !== undefined) {
      digest.line(wanted.line);
      found.size += wanted.line.length;
    }
    const line = yield* wanted.next();
    if (line === undefined) return undefined;
    const after = keyOfLine(line, keyParts);
    if (after <= before) throw new RangeError(`${name} ${after.replaceAll("\t", " ")} stands twice in the list`);
    return after;
  };
  digest.line(`#${name}`);
  let key = yield* next("");
  for (const slice of stored.slices(name)) {
    for (const there of slice) {
      const keyThere = keyOfLine(there, keyParts);
      while (key !== undefined && key < keyThere) {
        found.added(name, wanted.line!);
        key = yield* next(key);
      }
      if (key !== keyThere) found.removed(name, there);
      else {
        if (wanted.line! !== there) found.changed(name, wanted.line!, there);
        key = yield* next(key);
      }
    }
    yield "pause";
  }
  while (key !== undefined) {
    found.added(name, wanted.line!);
    key = yield* next(key);
  }
}

/** What a comparison has found so far. */
class Found {
  readonly #counts = tables((): Record<ListChange, number> => ({ removed: 0, changed: 0, added: 0 }));
  readonly #lines = tables((): TableChanges => ({ added: [], changed: [], before: [], removed: [] }));
  readonly #shown: Record<ListChange, { table: ListTableName; key: string }[]> = { removed: [], changed: [], added: [] };
  readonly #inPlaceMax: number;
  #large = 0;
  size = 0;

  constructor(inPlaceMax: number) {
    this.#inPlaceMax = inPlaceMax;
  }

  added(name: ListTableName, line: string): void {
    if (this.#isKept(name, "added", line)) this.#lines[name].added.push(line);
  }

  changed(name: ListTableName, line: string, before: string): void {
    if (!this.#isKept(name, "changed", line)) return;
    this.#lines[name].changed.push(line);
    this.#lines[name].before.push(before);
  }

  removed(name: ListTableName, line: string): void {
    if (this.#isKept(name, "removed", line)) this.#lines[name].removed.push(line);
  }

  comparison(digest: Uint8Array): ListComparison {
    const sum = (change: ListChange): number => LIST_TABLE_NAMES.reduce((count, name) => count + this.#counts[name][change], 0);
    return { tables: this.#counts, shown: this.#shown, digest, added: sum("added"), changed: sum("changed"), removed: sum("removed") };
  }

  changes(): ListChanges {
    return { tables: this.#lines, areMany: this.#large > this.#inPlaceMax, size: this.size };
  }

  #isKept(name: ListTableName, change: ListChange, line: string): boolean {
    this.#counts[name][change]++;
    if (this.#shown[change].length < SHOWN_MAX) this.#shown[change].push({ table: name, key: keyOfLine(line, LIST_TABLES[name].keyParts) });
    if (!LARGE.has(name)) return true;
    if (++this.#large <= this.#inPlaceMax) return true;
    for (const large of LARGE) for (const lines of Object.values(this.#lines[large])) lines.length = 0;
    return false;
  }
}

const tables = <T>(make: () => T): { readonly [Name in ListTableName]: T } =>
  Object.fromEntries(LIST_TABLE_NAMES.map((name) => [name, make()])) as Record<ListTableName, T>;
