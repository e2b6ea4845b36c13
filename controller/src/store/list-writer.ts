import { hexToBytes } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import { credentialKey, packGrants, unpackGrants } from "./credential-row.ts";
import type { ControllerDatabase } from "./database.ts";
import type { ListedGrant } from "./list-content.ts";
import { bitsOf, FLAG_BIT, KIND_CODE, SUSPENSION_CODE, TAKES_BIT } from "./list-codes.ts";
import type { ListComparison } from "./list-comparison.ts";
import { type ListItems, type ListTableName, scheduleDefinition, sortedDays } from "./list-tables.ts";

/** A grant stands in its credential's row. */
type OwnTableName = Exclude<ListTableName, "grant">;

/** What is named comes before what names it; it is taken away in the opposite order. */
const PUT_ORDER: readonly OwnTableName[] = ["schedule", "specialDayGroup", "calendarDay", "termPhase", "policy", "credential", "card"];

/** Writes items of a list into their tables. Made for one load, within its transaction. */
export class ListWriter {
  readonly #database: ControllerDatabase;
  readonly #statements = new Map<string, Statement>();
  readonly #profiles = new Map<string, number>();
  #holdersGiven: number;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#holdersGiven = this.#number("SELECT count FROM holders_given")!;
  }

  /** Does what a comparison found, and forgets the persons and access profiles that nothing names any more. */
  apply(tables: ListComparison["tables"]): void {
    for (const name of [...PUT_ORDER].reverse()) for (const key of tables[name].removed) this.#remove[name](...key.split("\t"));
    for (const name of PUT_ORDER) this.#putAll(name, tables);
    this.#writeGrants(tables.grant);
    this.#run("UPDATE holders_given SET count = ?", this.#holdersGiven);
    this.#forgetUnused(tables);
  }

  #putAll<Name extends OwnTableName>(name: Name, tables: Pick<ListComparison["tables"], Name>): void {
    const put: (item: ListItems[Name]) => void = this.#put[name];
    for (const item of tables[name].changed) put(item);
    for (const item of tables[name].added) put(item);
  }

  /** Adds an item, or changes the one of its key. */
  readonly #put: { readonly [Name in OwnTableName]: (item: ListItems[Name]) => void } = {
    credential: (c) =>
      this.#run(
        `INSERT INTO credential (id, holder, kind, suspension, takes, flags, valid_from, valid_until, takes_issued_until, public_key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET holder = excluded.holder, kind = excluded.kind, suspension = excluded.suspension, takes = excluded.takes,
           flags = excluded.flags, valid_from = excluded.valid_from, valid_until = excluded.valid_until,
           takes_issued_until = excluded.takes_issued_until, public_key = excluded.public_key`,
        key(c.id),
        this.#holder(c.person),
        KIND_CODE[c.kind],
        c.suspension === undefined ? null : SUSPENSION_CODE[c.suspension],
        bitsOf(TAKES_BIT, c.takes),
        bitsOf(FLAG_BIT, c.flags),
        c.validFrom,
        c.validUntil,
        c.takesIssuedUntil ?? null,
        c.publicKey ?? null,
      ),
    card: ({ token, credential }) => this.#run("INSERT OR REPLACE INTO card_number (token, credential) VALUES (?, ?)", bytes(token), key(credential)),
    policy: (p) =>
      this.#run(
        "INSERT INTO access_policy (access_profile, access_point, capability, schedule) VALUES (?, ?, ?, ?)",
        this.#profile(p.accessProfile),
        p.accessPoint,
        p.capability,
        p.schedule,
      ),
    schedule: (s) => this.#run("INSERT OR REPLACE INTO schedule (id, definition) VALUES (?, ?)", s.id, scheduleDefinition(s)),
    specialDayGroup: (g) => this.#run("INSERT OR REPLACE INTO special_day_group (id, days) VALUES (?, ?)", g.id, sortedDays(g.days).join(" ")),
    calendarDay: (day) =>
      this.#run("INSERT OR REPLACE INTO calendar_day (date, kind, runs_as) VALUES (?, ?, ?)", day.date, day.kind, day.kind === "makeUpDay" ? day.runsAs : null),
    termPhase: ({ phase, from, until }) => this.#run("INSERT OR REPLACE INTO term_phase (phase, from_date, until_date) VALUES (?, ?, ?)", phase, from, until),
  };

  /** Takes away the item whose key has these parts. */
  readonly #remove: Readonly<Record<OwnTableName, (...key: string[]) => void>> = {
    credential: (id) => this.#run("DELETE FROM credential WHERE id = ?", key(id)),
    card: (token) => this.#run("DELETE FROM card_number WHERE token = ?", bytes(token)),
    policy: (profile, accessPoint, capability, schedule) =>
      this.#run(
        "DELETE FROM access_policy WHERE access_profile = ? AND access_point = ? AND capability = ? AND schedule = ?",
        this.#profile(profile),
        accessPoint,
        capability,
        schedule,
      ),
    schedule: (id) => this.#run("DELETE FROM schedule WHERE id = ?", id),
    specialDayGroup: (id) => this.#run("DELETE FROM special_day_group WHERE id = ?", id),
    calendarDay: (date) => this.#run("DELETE FROM calendar_day WHERE date = ?", date),
    termPhase: (phase, from) => this.#run("DELETE FROM term_phase WHERE phase = ? AND from_date = ?", phase, from),
  };

  /** Each credential's row once, with all that changes in it. */
  #writeGrants({ added, changed, removed }: ListComparison["tables"]["grant"]): void {
    const byCredential = new Map<string, { readonly put: ListedGrant[]; readonly gone: Set<string> }>();
    const of = (credential: string): { readonly put: ListedGrant[]; readonly gone: Set<string> } => {
      let found = byCredential.get(credential);
      if (found === undefined) byCredential.set(credential, (found = { put: [], gone: new Set() }));
      return found;
    };
    for (const grant of [...changed, ...added]) of(grant.credential).put.push(grant);
    for (const line of removed) {
      const [credential, profile, from] = line.split("\t") as [string, string, string];
      of(credential).gone.add(`${this.#profile(profile)} ${Number(from)}`);
    }
    for (const [credential, { put, gone }] of byCredential) {
      const packed = this.#statement("SELECT grants FROM credential WHERE id = ?").pluck().get(key(credential)) as Buffer | undefined;
      if (packed === undefined) continue; // it went with its grants
      const grants = new Map(unpackGrants(packed).map((grant) => [`${grant.profile} ${grant.validFrom}`, grant]));
      for (const place of gone) grants.delete(place);
      for (const { accessProfile, validFrom, validUntil } of put) {
        const profile = this.#profile(accessProfile);
        grants.set(`${profile} ${validFrom}`, { profile, validFrom, validUntil });
      }
      this.#run("UPDATE credential SET grants = ? WHERE id = ?", packGrants([...grants.values()]), key(credential));
    }
  }

  /** A person who is listed again later gets another handle. */
  #forgetUnused({ credential, policy, grant }: ListComparison["tables"]): void {
    if (credential.removed.length + credential.changed.length > 0) this.#run("DELETE FROM person WHERE holder NOT IN (SELECT holder FROM credential)");
    if (policy.removed.length + grant.removed.length === 0) return;
    const used = new Set(this.#numbers("SELECT access_profile FROM access_policy"));
    const rows = this.#database.prepare<[], Buffer>("SELECT grants FROM credential").pluck();
    for (const packed of rows.iterate()) for (const { profile } of unpackGrants(packed)) used.add(profile);
    for (const number of this.#numbers("SELECT number FROM access_profile"))
      if (!used.has(number)) this.#run("DELETE FROM access_profile WHERE number = ?", number);
  }

  /** The person's handle; a new person gets one that nobody had before. */
  #holder(person: string): number {
    const known = this.#number("SELECT holder FROM person WHERE person = ?", person);
    if (known !== undefined) return known;
    this.#run("INSERT INTO person (holder, person) VALUES (?, ?)", ++this.#holdersGiven, person);
    return this.#holdersGiven;
  }

  #profile(id: string): number {
    let number = this.#profiles.get(id);
    if (number !== undefined) return number;
    number =
      this.#number("SELECT number FROM access_profile WHERE id = ?", id) ?? this.#number("INSERT INTO access_profile (id) VALUES (?) RETURNING number", id)!;
    this.#profiles.set(id, number);
    return number;
  }

  #number(sql: string, ...parameters: unknown[]): number | undefined {
    return this.#statement(sql)
      .pluck()
      .get(...parameters) as number | undefined;
  }

  #numbers(sql: string): number[] {
    return this.#database.prepare<[], number>(sql).pluck().all();
  }

  #run(sql: string, ...parameters: unknown[]): void {
    this.#statement(sql).run(...parameters);
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}

function key(id: string): bigint {
  const read = credentialKey(id);
  if (read === undefined) throw new RangeError("a credential id is 16 lower-case hex digits");
  return read;
}

function bytes(text: string): Uint8Array {
  const read = hexToBytes(text);
  if (read === undefined) throw new RangeError("a token is lower-case hex");
  return read;
}
