import { profileGrants, storedRow } from "./credential-row.ts";
import type { ControllerDatabase } from "./database.ts";
import type { OrderedList } from "./list-comparison.ts";
import { LIST_TABLES, type ListItems, type ListTable, type ListTableName, order } from "./list-tables.ts";

/** A line of each table's item as `LIST_TABLES` spells it, in the order of the keys. Those with a row for each credential are read in slices. */
const LINES: Readonly<Record<Exclude<ListTableName, "credential" | "grant">, string>> = {
  card: "SELECT lower(hex(token)) || char(9) || printf('%016x', credential) FROM card_number WHERE token >= ? AND token < ? ORDER BY token",
  policy: `
    SELECT p.id || char(9) || a.access_point || char(9) || a.capability || char(9) || a.schedule || char(9)
    FROM access_policy a JOIN access_profile p ON p.number = a.access_profile ORDER BY p.id, a.access_point, a.capability, a.schedule`,
  schedule: "SELECT id || char(9) || definition FROM schedule ORDER BY id",
  specialDayGroup: "SELECT id || char(9) || days FROM special_day_group ORDER BY id",
  calendarDay: "SELECT date || char(9) || kind || char(9) || ifnull(runs_as, '') FROM calendar_day ORDER BY date",
  termPhase: "SELECT phase || char(9) || from_date || char(9) || until_date FROM term_phase ORDER BY phase, from_date",
};
/**
 * Rows are handed over as hex and read from one place in memory: as bytes each of them would be a buffer of its own outside of the heap, and those of a whole
 * list pile up to tens of MiB before anything collects them.
 */
const CREDENTIALS =
  "SELECT printf('%016x', c.id), p.person, hex(c.row) FROM credential c CROSS JOIN person p ON p.holder = c.holder WHERE c.id BETWEEN ? AND ? ORDER BY c.id";
/** No row is longer. docs/feed-and-events.md. */
const ROW_BYTES_MAX = 4_096;
/** Of tokens, by their first byte: 400 rows of 100,000 in each. */
const TOKEN_SLICES = 256;
/** Of credentials, by the first 12 bits of their random keys: 25 rows of 100,000 in each, gone before they grow old in the heap. */
const KEY_SLICES = 4_096;
/** Behind every token. */
const END = new Uint8Array(32).fill(0xff);

/** The list in the database. */
export class ListRows implements OrderedList {
  readonly #database: ControllerDatabase;

  constructor(database: ControllerDatabase) {
    this.#database = database;
  }

  *lines(table: ListTableName): Generator<string> {
    for (const slice of this.slices(table)) yield* slice;
  }

  /** The lines of a table in portions; between two of them the database is free for anything else. */
  *slices(table: ListTableName): Generator<readonly string[]> {
    if (table === "credential" || table === "grant") return yield* this.#ofCredentials(table);
    const lines = this.#database.prepare<unknown[], string>(LINES[table]).pluck();
    if (table === "card")
      for (let first = 0; first < TOKEN_SLICES; first++) yield lines.all(Uint8Array.of(first), first === TOKEN_SLICES - 1 ? END : Uint8Array.of(first + 1));
    else yield lines.all();
  }

  *#ofCredentials(table: "credential" | "grant"): Generator<readonly string[]> {
    const profiles = new Map(this.#database.prepareRaw<[], readonly [number, string]>("SELECT number, id FROM access_profile").all());
    const rows = this.#database.prepareRaw<[bigint, bigint], readonly [id: string, person: string, row: string]>(CREDENTIALS);
    const bytes = Buffer.alloc(ROW_BYTES_MAX);
    for (const [first, last] of keySlices())
      yield rows.all(first, last).flatMap(([id, person, hex]) => {
        const { credential, grants } = storedRow(id, bytes.subarray(0, bytes.write(hex, "hex")));
        // Not spread: V8 takes copies made so for long-lived, and tens of MiB of them lie about until the next full collection.
        if (table === "credential") return lineOf("credential", Object.assign(credential, { person }));
        return profileGrants(grants)
          .map(({ profile, validFrom, validUntil }) => lineOf("grant", { credential: id, accessProfile: profiles.get(profile) ?? "", validFrom, validUntil }))
          .sort(order);
      });
  }
}

function lineOf<Name extends "credential" | "grant">(name: Name, item: ListItems[Name]): string {
  const table: ListTable<ListItems[Name]> = LIST_TABLES[name];
  return `${table.key(item)}\t${table.rest(item)}`;
}

/** The credential keys of each slice, in the order of the ids' text: those from `80` on are the negative ones. */
function* keySlices(): Generator<readonly [first: bigint, last: bigint]> {
  for (let slice = 0; slice < KEY_SLICES; slice++) {
    const first = BigInt.asIntN(64, BigInt(slice) << 52n);
    yield [first, first + (1n << 52n) - 1n];
  }
}
