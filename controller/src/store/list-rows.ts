import type { ControllerDatabase } from "./database.ts";
import { unpackGrants } from "./credential-row.ts";
import type { OrderedList } from "./list-comparison.ts";
import { type ListTableName, order } from "./list-tables.ts";

/** A line of each table's item as `LIST_TABLES` spells it, in the order of the keys. Those with a row for each credential are read in slices. */
const LINES: Readonly<Record<Exclude<ListTableName, "grant">, string>> = {
  credential: `
    SELECT printf('%016x', c.id) || char(9) || p.person || char(9) || c.kind || char(9) || ifnull(c.suspension, '') || char(9) || c.takes || char(9) || c.flags
      || char(9) || c.valid_from || char(9) || c.valid_until || char(9) || ifnull(c.takes_issued_until, '') || char(9) || ifnull(lower(hex(c.public_key)), '')
    FROM credential c CROSS JOIN person p ON p.holder = c.holder WHERE c.id BETWEEN ? AND ? ORDER BY c.id`,
  card: "SELECT lower(hex(token)) || char(9) || printf('%016x', credential) FROM card_number WHERE token >= ? AND token < ? ORDER BY token",
  policy: `
    SELECT p.id || char(9) || a.access_point || char(9) || a.capability || char(9) || a.schedule || char(9)
    FROM access_policy a JOIN access_profile p ON p.number = a.access_profile ORDER BY p.id, a.access_point, a.capability, a.schedule`,
  schedule: "SELECT id || char(9) || definition FROM schedule ORDER BY id",
  specialDayGroup: "SELECT id || char(9) || days FROM special_day_group ORDER BY id",
  calendarDay: "SELECT date || char(9) || kind || char(9) || ifnull(runs_as, '') FROM calendar_day ORDER BY date",
  termPhase: "SELECT phase || char(9) || from_date || char(9) || until_date FROM term_phase ORDER BY phase, from_date",
};
const GRANTS = "SELECT printf('%016x', id), grants FROM credential WHERE id BETWEEN ? AND ? ORDER BY id";
/** By the first byte of the random key: 400 rows of 100,000 in each. */
const SLICES = 256;
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
    if (table === "grant") return yield* this.#grants();
    const lines = this.#database.prepare<unknown[], string>(LINES[table]).pluck();
    if (table === "credential") for (const [first, last] of KEY_SLICES) yield lines.all(first, last);
    else if (table === "card")
      for (let first = 0; first < SLICES; first++) yield lines.all(Uint8Array.of(first), first === SLICES - 1 ? END : Uint8Array.of(first + 1));
    else yield lines.all();
  }

  *#grants(): Generator<readonly string[]> {
    const profiles = new Map(this.#database.prepareRaw<[], readonly [number, string]>("SELECT number, id FROM access_profile").all());
    const rows = this.#database.prepareRaw<[bigint, bigint], readonly [string, Buffer]>(GRANTS);
    for (const [first, last] of KEY_SLICES)
      yield rows.all(first, last).flatMap(([credential, packed]) =>
        unpackGrants(packed)
          .map(({ profile, validFrom, validUntil }) => `${credential}\t${profiles.get(profile) ?? ""}\t${String(validFrom).padStart(10, "0")}\t${validUntil}`)
          .sort(order),
      );
  }
}

/** The credential keys of each first byte, in the order of the ids' text: those from `80` on are the negative ones. */
const KEY_SLICES: readonly (readonly [first: bigint, last: bigint])[] = Array.from({ length: SLICES }, (_, byte) => {
  const first = BigInt.asIntN(64, BigInt(byte) << 56n);
  return [first, first + (1n << 56n) - 1n] as const;
});
