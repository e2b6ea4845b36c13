import { type Credential, type SuspensionReason, unixSeconds } from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";
import { FLAG_BIT, KIND_CODE, SUSPENSION_CODE, TAKES_BIT, wordOf, wordsOf } from "./list-codes.ts";
import type { OrderedList } from "./list-comparison.ts";
import type { ListTableName } from "./list-tables.ts";

/** A row of the table `credential` as {@link SELECT_CREDENTIAL} reads it. */
export type CredentialRow = readonly [
  id: string,
  holder: number,
  kind: number,
  suspension: number | null,
  takes: number,
  flags: number,
  validFrom: number,
  validUntil: number,
  takesIssuedUntil: number | null,
  publicKey: Buffer | null,
];
/** The id as text: cheaper to hand over than bytes, and what everybody wants. */
export const SELECT_CREDENTIAL = `SELECT lower(hex(id)), holder, kind, suspension, takes, flags, valid_from, valid_until, takes_issued_until, public_key FROM credential`;

/** What a row says. Made field by field, so that all phones have one shape: it stands in the path of every scan. */
export function credentialOf(row: CredentialRow): Credential {
  const [id, holder, kind, suspension, takes, flags, validFrom, validUntil, takesIssuedUntil, publicKey] = row;
  const credential: { -readonly [Key in keyof Credential]: Credential[Key] } = {
    id,
    holder,
    kind: wordOf(KIND_CODE, kind),
    validFrom: unixSeconds(validFrom),
    validUntil: unixSeconds(validUntil),
    takes: wordsOf(TAKES_BIT, takes),
    flags: wordsOf(FLAG_BIT, flags),
  };
  if (publicKey !== null) credential.publicKey = new Uint8Array(publicKey);
  if (suspension !== null) credential.suspension = wordOf<SuspensionReason>(SUSPENSION_CODE, suspension);
  if (takesIssuedUntil !== null) credential.takesIssuedUntil = unixSeconds(takesIssuedUntil);
  return credential;
}

/** A line of each table's item as `LIST_TABLES` spells it, in the order of the keys: SQLite's order of bytes is that of the keys' text. */
const LINES: Readonly<Record<ListTableName, string>> = {
  credential: `
    SELECT lower(hex(c.id)) || char(9) || p.person || char(9) || c.kind || char(9) || ifnull(c.suspension, '') || char(9) || c.takes || char(9) || c.flags
      || char(9) || c.valid_from || char(9) || c.valid_until || char(9) || ifnull(c.takes_issued_until, '') || char(9) || ifnull(lower(hex(c.public_key)), '')
    FROM credential c CROSS JOIN person p ON p.holder = c.holder WHERE c.id >= ? AND c.id < ? ORDER BY c.id`,
  card: "SELECT lower(hex(token)) || char(9) || lower(hex(credential)) FROM card_number WHERE token >= ? AND token < ? ORDER BY token",
  policy: `
    SELECT p.id || char(9) || a.access_point || char(9) || a.capability || char(9) || a.schedule || char(9)
    FROM access_policy a JOIN access_profile p ON p.number = a.access_profile ORDER BY p.id, a.access_point, a.capability, a.schedule`,
  grant: `
    SELECT lower(hex(g.credential)) || char(9) || p.id || char(9) || printf('%010d', g.valid_from) || char(9) || g.valid_until
    FROM credential_access_profile g CROSS JOIN access_profile p ON p.number = g.access_profile
    WHERE g.credential >= ? AND g.credential < ? ORDER BY g.credential, p.id, g.valid_from`,
  schedule: "SELECT id || char(9) || definition FROM schedule ORDER BY id",
  specialDayGroup: "SELECT id || char(9) || days FROM special_day_group ORDER BY id",
  calendarDay: "SELECT date || char(9) || kind || char(9) || ifnull(runs_as, '') FROM calendar_day ORDER BY date",
  termPhase: "SELECT phase || char(9) || from_date || char(9) || until_date FROM term_phase ORDER BY phase, from_date",
};
/** Tables with a row for each credential are read in 256 slices, by the first byte of the random key: 400 rows of 100,000. */
const SLICED: readonly ListTableName[] = ["credential", "card", "grant"];
const SLICES = 256;
/** Behind every key. */
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
    const lines = this.#database.prepare<Uint8Array[], string>(LINES[table]).pluck();
    if (!SLICED.includes(table)) yield lines.all();
    else for (let first = 0; first < SLICES; first++) yield lines.all(Uint8Array.of(first), first === SLICES - 1 ? END : Uint8Array.of(first + 1));
  }
}
