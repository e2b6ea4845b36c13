import { hexToBytes } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { ControllerDatabase } from "./database.ts";
import { bitsOf, FLAG_BIT, KIND_CODE, SUSPENSION_CODE, TAKES_BIT } from "./list-codes.ts";
import type { ListComparison } from "./list-comparison.ts";
import { type ListItems, type ListTableName, scheduleDefinition, sortedDays } from "./list-tables.ts";

/** What is named comes before what names it; it is taken away in the opposite order. */
const PUT_ORDER: readonly ListTableName[] = ["schedule", "specialDayGroup", "calendarDay", "termPhase", "policy", "credential", "card", "grant"];

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
    this.#run("UPDATE holders_given SET count = ?", this.#holdersGiven);
    this.#forgetUnused(tables);
  }

  #putAll<Name extends ListTableName>(name: Name, tables: Pick<ListComparison["tables"], Name>): void {
    const put: (item: ListItems[Name]) => void = this.#put[name];
    for (const item of tables[name].changed) put(item);
    for (const item of tables[name].added) put(item);
  }

  /** Adds an item, or changes the one of its key. */
  readonly #put: { readonly [Name in ListTableName]: (item: ListItems[Name]) => void } = {
    credential: (c) =>
      this.#run(
        `INSERT OR REPLACE INTO credential (id, holder, kind, suspension, takes, flags, valid_from, valid_until, takes_issued_until, public_key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        bytes(c.id),
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
    card: ({ token, credential }) => this.#run("INSERT OR REPLACE INTO card_number (token, credential) VALUES (?, ?)", bytes(token), bytes(credential)),
    policy: (p) =>
      this.#run(
        "INSERT INTO access_policy (access_profile, access_point, capability, schedule) VALUES (?, ?, ?, ?)",
        this.#profile(p.accessProfile),
        p.accessPoint,
        p.capability,
        p.schedule,
      ),
    grant: (g) =>
      this.#run(
        "INSERT OR REPLACE INTO credential_access_profile (credential, access_profile, valid_from, valid_until) VALUES (?, ?, ?, ?)",
        bytes(g.credential),
        this.#profile(g.accessProfile),
        g.validFrom,
        g.validUntil,
      ),
    schedule: (s) => this.#run("INSERT OR REPLACE INTO schedule (id, definition) VALUES (?, ?)", s.id, scheduleDefinition(s)),
    specialDayGroup: (g) => this.#run("INSERT OR REPLACE INTO special_day_group (id, days) VALUES (?, ?)", g.id, sortedDays(g.days).join(" ")),
    calendarDay: (day) =>
      this.#run("INSERT OR REPLACE INTO calendar_day (date, kind, runs_as) VALUES (?, ?, ?)", day.date, day.kind, day.kind === "makeUpDay" ? day.runsAs : null),
    termPhase: ({ phase, from, until }) => this.#run("INSERT OR REPLACE INTO term_phase (phase, from_date, until_date) VALUES (?, ?, ?)", phase, from, until),
  };

  /** Takes away the item whose key has these parts. */
  readonly #remove: Readonly<Record<ListTableName, (...key: string[]) => void>> = {
    credential: (id) => this.#run("DELETE FROM credential WHERE id = ?", bytes(id)),
    card: (token) => this.#run("DELETE FROM card_number WHERE token = ?", bytes(token)),
    policy: (profile, accessPoint, capability, schedule) =>
      this.#run(
        "DELETE FROM access_policy WHERE access_profile = ? AND access_point = ? AND capability = ? AND schedule = ?",
        this.#profile(profile),
        accessPoint,
        capability,
        schedule,
      ),
    grant: (credential, profile, from) =>
      this.#run(
        "DELETE FROM credential_access_profile WHERE credential = ? AND access_profile = ? AND valid_from = ?",
        bytes(credential),
        this.#profile(profile),
        Number(from),
      ),
    schedule: (id) => this.#run("DELETE FROM schedule WHERE id = ?", id),
    specialDayGroup: (id) => this.#run("DELETE FROM special_day_group WHERE id = ?", id),
    calendarDay: (date) => this.#run("DELETE FROM calendar_day WHERE date = ?", date),
    termPhase: (phase, from) => this.#run("DELETE FROM term_phase WHERE phase = ? AND from_date = ?", phase, from),
  };

  /** A person who is listed again later gets another handle. */
  #forgetUnused({ credential, policy, grant }: ListComparison["tables"]): void {
    if (credential.removed.length + credential.changed.length > 0) this.#run("DELETE FROM person WHERE holder NOT IN (SELECT holder FROM credential)");
    if (policy.removed.length + grant.removed.length === 0) return;
    this.#run(
      `DELETE FROM access_profile WHERE number NOT IN (SELECT access_profile FROM access_policy)
       AND number NOT IN (SELECT access_profile FROM credential_access_profile)`,
    );
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

  #run(sql: string, ...parameters: unknown[]): void {
    this.#statement(sql).run(...parameters);
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}

function bytes(text: string): Uint8Array {
  const read = hexToBytes(text);
  if (read === undefined) throw new RangeError("a credential id or token is lower-case hex");
  return read;
}
