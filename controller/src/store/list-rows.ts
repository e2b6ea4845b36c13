import { credentialKey, profileGrants, storedRow } from "./credential-row.ts";
import type { ControllerDatabase } from "./database.ts";
import { hexToBytes } from "@portico/card-protocol";
import { lineOf, type ListTableName, order } from "./list-tables.ts";

/** A line of each table's item as `LIST_TABLES` spells it, in the order of the keys. Those that may be long are read in slices. */
const LINES: Readonly<Record<Exclude<ListTableName, "credential" | "grant">, string>> = {
  card: "SELECT lower(hex(token)) || char(9) || printf('%016x', credential) FROM card_number WHERE token > ? ORDER BY token LIMIT 128",
  policy: `
    SELECT p.id || char(9) || a.access_point || char(9) || a.capability || char(9) || a.schedule || char(9)
    FROM access_policy a JOIN access_profile p ON p.number = a.access_profile WHERE p.id = ? ORDER BY a.access_point, a.capability, a.schedule`,
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
  "SELECT printf('%016x', c.id), p.person, hex(c.row) FROM credential c CROSS JOIN person p ON p.holder = c.holder WHERE c.id BETWEEN ? AND ? ORDER BY c.id LIMIT 64";
/** Of a token, in a line. */
const TOKEN_DIGITS = 32;
/** No row is longer. docs/feed-and-events.md. */
const ROW_BYTES_MAX = 4_096;
/** Credentials by their keys, in the order of the ids' text: those from `80` on are the negative ones. */
const KEY_RANGES = [
  { from: 0n, to: 2n ** 63n - 1n },
  { from: -(2n ** 63n), to: -1n },
] as const;

/** The list in the database. */
export class ListRows {
  readonly #database: ControllerDatabase;

  constructor(database: ControllerDatabase) {
    this.#database = database;
  }

  /** The lines `key, tab, rest` of a table in the order of the keys, in portions; between two of them the database is free for anything else. */
  *slices(table: ListTableName): Generator<readonly string[]> {
    if (table === "credential" || table === "grant") return yield* this.#ofCredentials(table);
    const lines = this.#database.prepare<unknown[], string>(LINES[table]).pluck();
    if (table === "card")
      for (let slice = lines.all(new Uint8Array()); slice.length > 0; slice = lines.all(hexToBytes(slice.at(-1)!.slice(0, TOKEN_DIGITS))!)) yield slice;
    else if (table === "policy")
      for (const profile of this.#database.prepare<[], string>("SELECT id FROM access_profile ORDER BY id").pluck().all()) yield lines.all(profile);
    else yield lines.all();
  }

  *#ofCredentials(table: "credential" | "grant"): Generator<readonly string[]> {
    const profiles = new Map(this.#database.prepareRaw<[], readonly [number, string]>("SELECT number, id FROM access_profile").all());
    const rows = this.#database.prepareRaw<[bigint, bigint], readonly [id: string, person: string, row: string]>(CREDENTIALS);
    const bytes = Buffer.alloc(ROW_BYTES_MAX);
    for (const { from, to } of KEY_RANGES) {
      let slice: readonly (readonly [id: string, person: string, row: string])[];
      for (let first = from; (slice = rows.all(first, to)).length > 0; first = credentialKey(slice.at(-1)![0])! + 1n)
        yield slice.flatMap(([id, person, hex]) => {
          const { credential, grants } = storedRow(id, bytes.subarray(0, bytes.write(hex, "hex")));
          // Not spread: V8 takes copies made so for long-lived, and tens of MiB of them lie about until the next full collection.
          if (table === "credential") return lineOf("credential", Object.assign(credential, { person }));
          return profileGrants(grants)
            .map(({ profile, validFrom, validUntil }) => lineOf("grant", { credential: id, accessProfile: profiles.get(profile) ?? "", validFrom, validUntil }))
            .sort(order);
        });
    }
  }
}
