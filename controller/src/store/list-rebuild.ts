import { encodeCredentialRow, hexToBytes, type RowGrant } from "@portico/card-protocol";
import { credentialKey } from "./credential-row.ts";
import type { ControllerDatabase } from "./database.ts";
import { ListPersons, slice } from "./list-persons.ts";
import { fields, LIST_TABLES } from "./list-tables.ts";
import { LineReader, type ListWork } from "./list-work.ts";

/** The tables with a row for each credential or card, and their keys. */
const REBUILT = { credential: "id", card_number: "token" } as const;
const TABLES = Object.keys(REBUILT) as readonly (keyof typeof REBUILT)[];
/** What a table is called before it is in force, and afterwards. */
const nextOf = (table: string): string => `${table}_next`;
const oldOf = (table: string): string => `${table}_old`;
/** Rows taken away between two pauses. */
const CLEARED = 256;
/** Transactions between two checkpoints: what one of them has to move stays at a MiB or so. */
const CHECKPOINT_EVERY = 50;

/**
 * A load of many rows: the tables are made anew beside those in force, in small transactions between which everything else goes on, and take their names
 * within the one transaction that puts the list into force. Neither a decision nor a power cut ever sees a half of either.
 *
 *     credential ──────────────────────────────┐ switchOver ┌──▶ credential_old ──clear──▶
 *                     build ──▶ credential_next ┘            └──▶ credential
 */
export class ListRebuild {
  readonly #database: ControllerDatabase;
  readonly #persons: ListPersons;
  readonly #profiles: Map<string, number>;
  readonly #newProfiles: string[] = [];
  readonly #usedProfiles = new Set<string>();

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#persons = new ListPersons(database);
    this.#profiles = new Map(database.prepareRaw<[], readonly [string, number]>("SELECT id, number FROM access_profile").all());
  }

  /** Takes away whatever a load has left behind that did not come to its end, and one that did. */
  static clear(database: ControllerDatabase): ListWork<void> {
    return withCheckpoints(database, cleared(database));
  }

  /** Makes the new tables. */
  build(): ListWork<void> {
    return withCheckpoints(this.#database, this.#build());
  }

  *#build(): ListWork<void> {
    this.#database.transaction("quick", () => {
      for (const table of TABLES) this.#database.prepare(layoutOf(this.#database, table)).run();
    });
    yield* this.#persons.addWanted();
    yield* this.#buildCredentials();
    yield* this.#buildCards();
    yield* this.#usePolicies();
  }

  /** Puts the new tables into the place of the old ones. Within the transaction that puts the list into force, in front of everything else that it writes. */
  switchOver(): void {
    const name = this.#database.prepare<[number, string]>("INSERT INTO access_profile (number, id) VALUES (?, ?)");
    for (const id of this.#newProfiles) name.run(this.#profiles.get(id)!, id);
    for (const table of TABLES) {
      this.#database.prepare(`ALTER TABLE ${table} RENAME TO ${oldOf(table)}`).run();
      this.#database.prepare(`ALTER TABLE ${nextOf(table)} RENAME TO ${table}`).run();
    }
  }

  /** Access profiles that no row of the new list names. */
  get unusedProfiles(): string[] {
    return [...this.#profiles.keys()].filter((id) => !this.#usedProfiles.has(id));
  }

  /** What is left to do once the list is in force. */
  *finish(): ListWork<void> {
    yield* ListRebuild.clear(this.#database);
    yield* withCheckpoints(this.#database, this.#persons.forgetOthers());
  }

  *#buildCredentials(): ListWork<void> {
    const insert = this.#database.prepare<[bigint, number, Uint8Array]>(`INSERT INTO ${nextOf("credential")} (id, holder, row) VALUES (?, ?, ?)`);
    const credentials = new LineReader("credential");
    const grants = new LineReader("grant");
    yield* grants.next();
    for (let lines = yield* slice(credentials); lines.length > 0; lines = yield* slice(credentials)) {
      const rows: { readonly line: string; readonly grants: RowGrant[] }[] = [];
      for (const line of lines) {
        const own: RowGrant[] = [];
        for (const prefix = line.slice(0, line.indexOf("\t") + 1); grants.line?.startsWith(prefix) === true; yield* grants.next())
          own.push(this.#grantOf(grants.line));
        rows.push({ line, grants: own });
      }
      this.#database.transaction("quick", () => {
        for (const { line, grants: own } of rows) {
          const { person, ...credential } = LIST_TABLES.credential.read(line);
          const holder = this.#persons.holder(person);
          const row = encodeCredentialRow({ credential: { ...credential, holder }, grants: own });
          insert.run(credentialKey(credential.id)!, holder, row);
        }
      });
      yield "pause";
    }
  }

  *#buildCards(): ListWork<void> {
    const insert = this.#database.prepare<[Uint8Array, bigint]>(`INSERT INTO ${nextOf("card_number")} (token, credential) VALUES (?, ?)`);
    const cards = new LineReader("card");
    for (let lines = yield* slice(cards); lines.length > 0; lines = yield* slice(cards)) {
      this.#database.transaction("quick", () => {
        for (const { token, credential } of lines.map(LIST_TABLES.card.read)) insert.run(hexToBytes(token)!, credentialKey(credential)!);
      });
      yield "pause";
    }
  }

  *#usePolicies(): ListWork<void> {
    const policies = new LineReader("policy");
    for (let line = yield* policies.next(); line !== undefined; line = yield* policies.next()) this.#usedProfiles.add(fields(line, 5)[0]!);
  }

  #grantOf(line: string): RowGrant {
    const { accessProfile, validFrom, validUntil } = LIST_TABLES.grant.read(line);
    this.#usedProfiles.add(accessProfile);
    return { kind: "profileFor", profile: this.#profileNumber(accessProfile), validFrom, validUntil };
  }

  #profileNumber(id: string): number {
    const known = this.#profiles.get(id);
    if (known !== undefined) return known;
    const number = Math.max(0, ...this.#profiles.values()) + 1;
    this.#profiles.set(id, number);
    this.#newProfiles.push(id);
    return number;
  }
}

/** Work that writes much, with the WAL moved into the database every now and then: at its end there would be more to move than may be waited for at once. */
function* withCheckpoints<T>(database: ControllerDatabase, work: ListWork<T>): ListWork<T> {
  let pauses = 0;
  let step = work.next([]);
  while (step.done !== true) {
    const given = yield step.value;
    if (step.value === "pause" && ++pauses % CHECKPOINT_EVERY === 0) {
      database.checkpoint();
      yield "pause";
    }
    step = work.next(given);
  }
  return step.value;
}

function* cleared(database: ControllerDatabase): ListWork<void> {
  for (const table of TABLES.flatMap((name) => [nextOf(name), oldOf(name)])) {
    if (!isThere(database, table)) continue;
    const key = REBUILT[table.replace(/_(next|old)$/, "") as keyof typeof REBUILT];
    const remove = database.prepare<[number]>(`DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} ORDER BY ${key} DESC LIMIT ?)`);
    while (database.statement(() => remove.run(CLEARED)).changes > 0) yield "pause";
    const drop = database.prepare(`DROP TABLE ${table}`);
    database.transaction("quick", () => drop.run());
  }
}

const isThere = (database: ControllerDatabase, table: string): boolean =>
  database.prepare<[string], number>("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?").pluck().get(table)! > 0;

/** The statement that makes the next table: the layout stands in one place, the migrations. */
function layoutOf(database: ControllerDatabase, table: string): string {
  const sql = database.prepare<[string], string>("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?").pluck().get(table)!;
  return sql.replace(/^CREATE TABLE "?\w+"?/, `CREATE TABLE ${nextOf(table)}`);
}
