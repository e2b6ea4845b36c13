import { encodeCredentialRow, hexToBytes, type RowGrant } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import { credentialKey, profileGrants, storedRow } from "./credential-row.ts";
import type { ControllerDatabase } from "./database.ts";
import type { ListedCredential, ListedGrant } from "./list-content.ts";
import type { ListChanges, TableChanges } from "./list-comparison.ts";
import { ListPersons } from "./list-persons.ts";
import { LIST_TABLES, type ListItems, type ListTable, type ListTableName, scheduleDefinition, sortedDays } from "./list-tables.ts";

/** A credential and its grants are one row. */
type OwnTableName = Exclude<ListTableName, "credential" | "grant">;

/** What is named comes before what names it; it is taken away in the opposite order. */
const PUT_ORDER: readonly OwnTableName[] = ["schedule", "specialDayGroup", "calendarDay", "termPhase", "policy", "card"];

/** Names that stand in the database and in no row of the list that is to be. */
export interface UnusedNames {
  readonly persons: Iterable<string>;
  readonly accessProfiles: Iterable<string>;
}

/** Writes the rows that differ where they stand. Made for one load, within its transaction. */
export class ListWriter {
  readonly #database: ControllerDatabase;
  readonly #statements = new Map<string, Statement>();
  readonly #profiles = new Map<string, number>();
  readonly #persons: ListPersons;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#persons = new ListPersons(database);
  }

  /** Does what a comparison found, and forgets the persons and access profiles that nothing names any more. A person who is listed again later gets another handle. */
  apply(tables: ListChanges["tables"], unused: UnusedNames): void {
    for (const name of [...PUT_ORDER].reverse()) for (const line of tables[name].removed) this.#remove[name](...line.split("\t"));
    for (const name of PUT_ORDER) this.#putAll(name, tables[name]);
    this.#writeCredentials(tables);
    for (const person of unused.persons) this.#persons.forget(person);
    for (const profile of unused.accessProfiles) this.#run("DELETE FROM access_profile WHERE id = ?", profile);
  }

  #putAll(name: OwnTableName, { changed, added }: TableChanges): void {
    const { read } = LIST_TABLES[name] as ListTable<unknown>;
    const put = this.#put[name] as (item: unknown) => void;
    for (const line of [...changed, ...added]) put(read(line));
  }

  /** Adds an item, or changes the one of its key. */
  readonly #put: { readonly [Name in OwnTableName]: (item: ListItems[Name]) => void } = {
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

  /** Takes away the item whose line begins with these parts. */
  readonly #remove: Readonly<Record<OwnTableName, (...key: string[]) => void>> = {
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
  #writeCredentials({ credential, grant }: Pick<ListChanges["tables"], "credential" | "grant">): void {
    const { read: readCredential } = LIST_TABLES.credential;
    const { read: readGrant } = LIST_TABLES.grant;
    for (const line of credential.removed) this.#run("DELETE FROM credential WHERE id = ?", key(readCredential(line).id));
    const changes = new Map<string, { listed?: ListedCredential; readonly put: ListedGrant[]; readonly gone: Set<string> }>();
    const of = (id: string): { listed?: ListedCredential; readonly put: ListedGrant[]; readonly gone: Set<string> } => {
      let found = changes.get(id);
      if (found === undefined) changes.set(id, (found = { put: [], gone: new Set() }));
      return found;
    };
    for (const listed of [...credential.changed, ...credential.added].map(readCredential)) of(listed.id).listed = listed;
    for (const put of [...grant.changed, ...grant.added].map(readGrant)) of(put.credential).put.push(put);
    for (const { credential: id, accessProfile, validFrom } of grant.removed.map(readGrant)) of(id).gone.add(place(this.#profile(accessProfile), validFrom));
    for (const [id, { listed, put, gone }] of changes) {
      const bytes = this.#statement("SELECT row FROM credential WHERE id = ?").pluck().get(key(id)) as Uint8Array | undefined;
      const before = bytes && storedRow(id, bytes);
      const after = listed === undefined ? before?.credential : { ...listed, holder: this.#persons.holder(listed.person) };
      if (after === undefined) continue; // it went with its grants
      const grants = new Map(profileGrants(before?.grants ?? []).map((each) => [place(each.profile, each.validFrom), each]));
      for (const each of gone) grants.delete(each);
      for (const { accessProfile, validFrom, validUntil } of put) {
        const profile = this.#profile(accessProfile);
        grants.set(place(profile, validFrom), { profile, validFrom, validUntil });
      }
      const row = encodeCredentialRow({ credential: after, grants: [...grants.values()].map((each): RowGrant => ({ kind: "profileFor", ...each })) });
      this.#run("INSERT OR REPLACE INTO credential (id, holder, row) VALUES (?, ?, ?)", key(id), after.holder, row);
    }
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

/** A profile from an instant on: a credential has it at most once. */
const place = (profile: number, from: number): string => `${profile} ${from}`;

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
