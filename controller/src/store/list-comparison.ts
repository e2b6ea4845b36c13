import { createHash } from "node:crypto";
import type { ListContent } from "./list-content.ts";
import { keyOfLine, LIST_TABLES, LIST_TABLE_NAMES, type ListItems, type ListTable, type ListTableName, order } from "./list-tables.ts";

/** What a load would do to one table. */
export interface TableDifference<Item> {
  readonly added: readonly Item[];
  readonly changed: readonly Item[];
  /** Keys: see {@link ListTable.key}. */
  readonly removed: readonly string[];
}

/** What a load would do. */
export interface ListComparison {
  readonly tables: { readonly [Name in ListTableName]: TableDifference<ListItems[Name]> };
  /** SHA-256 of the new content: see {@link ListDigest}. */
  readonly digest: Uint8Array;
  /** Items of all tables together. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/** A list to compare with. */
export interface OrderedList {
  /** A line `key, tab, rest` for each item of a table, in the order of the keys. */
  lines(table: ListTableName): Iterable<string>;
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
 * What has to be done to `stored` so that it says what `content` says, and the digest it has then. Items that say the same are left alone.
 *
 * @throws RangeError where an item stands twice in `content`: whoever made it has to see to that
 */
export function compareLists(stored: OrderedList, content: ListContent): ListComparison {
  const digest = new ListDigest();
  const tables = Object.fromEntries(LIST_TABLE_NAMES.map((name) => [name, compareTable(name, stored, content, digest)])) as unknown as ListComparison["tables"];
  const sum = (change: "added" | "changed" | "removed"): number => LIST_TABLE_NAMES.reduce((count, name) => count + tables[name][change].length, 0);
  return { tables, digest: digest.end(), added: sum("added"), changed: sum("changed"), removed: sum("removed") };
}

/** Walks both sides once, side by side. */
function compareTable<Name extends ListTableName>(name: Name, stored: OrderedList, content: ListContent, digest: ListDigest): TableDifference<ListItems[Name]> {
  type Item = ListItems[Name];
  const table: ListTable<Item> = LIST_TABLES[name];
  const wanted = table
    .items(content)
    .map((item) => ({ key: table.key(item), item }))
    .sort((a, b) => order(a.key, b.key));
  const difference = { added: [] as Item[], changed: [] as Item[], removed: [] as string[] };
  digest.line(`#${name}`);
  let next = 0;
  let line = "";
  const take = (): void => {
    const { key, item } = wanted[next]!;
    if (wanted[next + 1]?.key === key) throw new RangeError(`${name} ${key.replaceAll("\t", " ")} stands twice in the list`);
    line = `${key}\t${table.rest(item)}`;
    digest.line(line);
    next++;
  };
  const add = (): void => {
    take();
    difference.added.push(wanted[next - 1]!.item);
  };
  for (const there of stored.lines(name)) {
    const key = keyOfLine(there, table.keyParts);
    while (next < wanted.length && wanted[next]!.key < key) add();
    if (wanted[next]?.key !== key) {
      difference.removed.push(key);
      continue;
    }
    take();
    if (line !== there) difference.changed.push(wanted[next - 1]!.item);
  }
  while (next < wanted.length) add();
  return difference;
}
