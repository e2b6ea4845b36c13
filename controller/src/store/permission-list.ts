import {
  type Capability,
  type Credential,
  type CredentialRow,
  type CredentialId,
  type CredentialKind,
  type Permission,
  type Schedule,
  scheduleContext,
  type ScheduleContext,
  type UnixSeconds,
  unixSeconds,
  type Weekday,
} from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { OperatorAct } from "../core/door-operation.ts";
import type { ControllerDatabase } from "./database.ts";
import type { EventLog, EventTime } from "./event-log.ts";
import type { ListContent } from "./list-content.ts";
import { CHANGED_IN_PLACE_MAX, compareLists, ListDigest, type ListComparison } from "./list-comparison.ts";
import { ALWAYS, AlteredRow, credentialKey, profileGrants, storedRow } from "./credential-row.ts";
import { ListLines } from "./list-lines.ts";
import { ListRebuild } from "./list-rebuild.ts";
import { checkReferences } from "./list-references.ts";
import { type ListLoad, type ListVersion, type LoadRecord, replaceList } from "./list-replacement.ts";
import { ListRows } from "./list-rows.ts";
import { type CalendarDay, LIST_TABLE_NAMES, readSchedule, type TermPhase } from "./list-tables.ts";
import { atOnce, type ListWork } from "./list-work.ts";

export type { ListLoad, ListVersion } from "./list-replacement.ts";

/** One credential with everything the list says of it, for a technician. */
export interface ListEntry {
  readonly credential: Credential;
  readonly person: string;
  /** Physical cards that stand for it. */
  readonly cards: number;
  readonly accessProfiles: readonly { readonly accessProfile: string; readonly validFrom: UnixSeconds; readonly validUntil: UnixSeconds }[];
}

/** How many there are of each. */
export type ListCounts = Readonly<Record<"credentials" | "persons" | "cards" | "accessProfiles" | "schedules", number>>;

/** A line of an access profile at one access point. */
type Policy = Pick<Permission, "accessProfile" | "capability" | "schedule">;

/** Schedules, calendar and access profiles: few, and part of every decision. Kept in memory from load to load. */
interface Rules {
  readonly context: ScheduleContext;
  readonly schedules: ReadonlyMap<string, Schedule>;
  /** Ids of the access profiles, by number. */
  readonly profiles: ReadonlyMap<number, string>;
  /** By access point, which is the same from scan to scan, then by the profile's number. */
  readonly policies: ReadonlyMap<string, ReadonlyMap<number, readonly Policy[]>>;
}

/** Who may do what here, found by credential or card. Synchronous; a search takes the same time in a thousand credentials and in a million. */
export class PermissionList {
  readonly #database: ControllerDatabase;
  readonly #zone: string;
  readonly #inPlaceMax: number;
  readonly #rows: ListRows;
  readonly #byId: Statement<[bigint], Uint8Array>;
  readonly #byToken: Statement<[Uint8Array], readonly [id: string, row: Uint8Array]>;
  readonly #counts: Statement<[], ListCounts>;
  /** The row read last: whoever looks up a credential asks for its permissions next. */
  #read: CredentialRow | undefined;
  #cached: Rules | undefined;
  /** Null: there is none. */
  #version: ListVersion | null | undefined;

  /**
   * @param zone        the campus time zone: an IANA name for which `isTimeZone` holds
   * @param inPlaceMax  how many rows a load changes where they stand, {@link CHANGED_IN_PLACE_MAX} but in tests
   */
  constructor(database: ControllerDatabase, zone: string, inPlaceMax = CHANGED_IN_PLACE_MAX) {
    this.#database = database;
    this.#zone = zone;
    this.#inPlaceMax = inPlaceMax;
    this.#rows = new ListRows(database);
    this.#byId = database.prepare<[bigint], Uint8Array>("SELECT row FROM credential WHERE id = ?").pluck();
    this.#byToken = database.prepareRaw("SELECT printf('%016x', id), row FROM credential WHERE id = (SELECT credential FROM card_number WHERE token = ?)");
    const count = (table: string, as: keyof ListCounts): string => `(SELECT count(*) FROM ${table}) AS ${as}`;
    const counts = [
      count("credential", "credentials"),
      count("person", "persons"),
      count("card_number", "cards"),
      count("access_profile", "accessProfiles"),
      count("schedule", "schedules"),
    ];
    this.#counts = database.prepare(`SELECT ${counts.join()}`);
    database.onRollback(() => this.#forget());
  }

  /** The credential of that id, or undefined: not in the list. */
  credential(id: CredentialId): Credential | undefined {
    return this.#row(id)?.credential;
  }

  /** The credential of something that has a number. @param token  what the zone key made of that, 16 bytes */
  credentialByNumber(kind: CredentialKind, token: Uint8Array): Credential | undefined {
    const found = this.#byToken.get(token);
    this.#read = found && storedRow(...found);
    return this.#read?.credential.kind === kind ? this.#read.credential : undefined;
  }

  /** Every line of every access profile of the credential that names this access point, whatever the time. */
  permissions(id: CredentialId, accessPoint: string): readonly Permission[] {
    const row = this.#read?.credential.id === id ? this.#read : this.#row(id);
    if (row === undefined) return [];
    const byProfile = this.#rules().policies.get(accessPoint);
    const permissions: Permission[] = [];
    for (const grant of row.grants) {
      if (grant.kind === "own") continue; // a list from files has none
      const policies = byProfile?.get(grant.profile);
      if (policies === undefined) continue;
      const validFrom = grant.kind === "profile" ? ALWAYS.from : grant.validFrom;
      const validUntil = grant.kind === "profile" ? ALWAYS.until : grant.validUntil;
      for (const { accessProfile, capability, schedule } of policies) permissions.push({ accessProfile, capability, validFrom, validUntil, schedule });
    }
    return permissions;
  }

  /** The schedule of that id, or undefined: not in the list. */
  schedule(id: string): Schedule | undefined {
    return this.#rules().schedules.get(id);
  }

  /** What schedules are read against: special days, campus calendar, zone. The same object until the next load. */
  scheduleContext(): ScheduleContext {
    return this.#rules().context;
  }

  /** The version loaded last, or undefined before the first. */
  version(): ListVersion | undefined {
    if (this.#version === undefined) this.#version = this.#readVersion() ?? null;
    return this.#version ?? undefined;
  }

  /**
   * Whether the tables say exactly what was loaded: a value that the disk altered, or somebody by hand, shows here. Yields between portions of
   * about 1 ms, so that scans are judged meanwhile; 100,000 credentials take half a second in all.
   *
   * @returns `replaced` when another list was loaded meanwhile
   */
  *verify(): Generator<void, "whole" | "altered" | "replaced"> {
    const before = this.version();
    if (before === undefined) return "whole";
    const digest = new ListDigest();
    try {
      for (const name of LIST_TABLE_NAMES) {
        digest.line(`#${name}`);
        for (const slice of this.#rows.slices(name)) {
          for (const line of slice) digest.line(line);
          yield;
          if (this.version()?.version !== before.version) return "replaced";
        }
      }
    } catch (error) {
      if (error instanceof AlteredRow) return "altered";
      throw error;
    }
    return Buffer.compare(before.digest, digest.end()) === 0 ? "whole" : "altered";
  }

  /** What loading this list would do. Writes nothing. */
  compare(content: ListContent): ListComparison {
    checkReferences(content);
    return atOnce(this.comparison(), ListLines.of(content));
  }

  /** As {@link compare}, in steps. */
  *comparison(): ListWork<ListComparison> {
    return (yield* compareLists(this.#rows, this.#inPlaceMax)).comparison;
  }

  /**
   * Makes the list say what `content` says, in one durable transaction with its ListLoaded event: all of it or nothing. A credential that is not listed any
   * more goes with its permissions, and what it has spent is remembered. A list that says the same changes nothing and is remembered as confirmed.
   *
   * @param events  where ListLoaded is recorded; its counts are those of all tables together
   * @param act     who loads it and why
   * @throws RecordingFailed when the disk refuses; the list is then the old one
   */
  load(content: ListContent, events: EventLog, time: EventTime, act: OperatorAct): ListLoad {
    checkReferences(content);
    return atOnce(this.replacement({ events, time: () => time, act }), ListLines.of(content));
  }

  /** As {@link load}, in steps: see `replaceList`. */
  replacement(record: LoadRecord): ListWork<ListLoad> {
    const list = { database: this.#database, rows: this.#rows, inPlaceMax: this.#inPlaceMax, version: () => this.version(), forget: () => this.#forget() };
    return replaceList(list, record);
  }

  /** Takes away what a load that did not come to its end has left in the database, in steps. */
  cleared(): ListWork<void> {
    return ListRebuild.clear(this.#database);
  }

  /** How much the list holds. */
  summary(): ListCounts {
    return this.#counts.get()!;
  }

  /** What the list says of one credential, or of all credentials of one person; empty where it says nothing. Searches without an index. */
  entries(of: { readonly credential: CredentialId } | { readonly person: string }): ListEntry[] {
    const [where, value] =
      "person" in of ? ["holder = (SELECT holder FROM person WHERE person = ?)", of.person] : ["id = ?", credentialKey(of.credential) ?? null];
    const rows = this.#database.prepareRaw<[unknown], readonly [string, Uint8Array]>(`SELECT printf('%016x', id), row FROM credential WHERE ${where}`);
    const person = this.#database.prepare<[number], string>("SELECT person FROM person WHERE holder = ?").pluck();
    const cards = this.#database.prepare<[bigint], number>("SELECT count(*) FROM card_number WHERE credential = ?").pluck();
    const { profiles } = this.#rules();
    return rows.all(value).map(([id, bytes]) => {
      const { credential, grants } = storedRow(id, bytes);
      return {
        credential,
        person: person.get(credential.holder)!,
        cards: cards.get(credentialKey(id)!)!,
        accessProfiles: profileGrants(grants).map(({ profile, validFrom, validUntil }) => ({
          accessProfile: profiles.get(profile)!,
          validFrom,
          validUntil,
        })),
      };
    });
  }

  #row(id: CredentialId): CredentialRow | undefined {
    const key = credentialKey(id);
    const bytes = key === undefined ? undefined : this.#byId.get(key);
    return (this.#read = bytes && storedRow(id, bytes));
  }

  /** What is kept of the database beside it: read again from now on. */
  #forget(): void {
    this.#cached = undefined;
    this.#version = undefined;
    this.#read = undefined;
  }

  #readVersion(): ListVersion | undefined {
    const row = this.#database
      .prepare<[], { version: number; digest: Uint8Array; loaded_at: number | null; confirmed_at: number | null }>("SELECT * FROM list_version")
      .get();
    const time = (seconds: number | null): UnixSeconds | null => (seconds === null ? null : unixSeconds(seconds));
    return row && { version: row.version, digest: new Uint8Array(row.digest), loadedAt: time(row.loaded_at), confirmedAt: time(row.confirmed_at) };
  }

  #rules(): Rules {
    return (this.#cached ??= this.#readRules());
  }

  #readRules(): Rules {
    const all = <Row>(sql: string): Row[] => this.#database.prepare<[], Row>(sql).all();
    const schedules = new Map(
      all<{ id: string; definition: string }>("SELECT * FROM schedule").map(({ id, definition }) => [id, readSchedule(id, definition)]),
    );
    const profiles = new Map(all<{ number: number; id: string }>("SELECT * FROM access_profile").map(({ number, id }) => [number, id]));
    const policies = new Map<string, Map<number, Policy[]>>();
    type PolicyRow = { access_profile: number; access_point: string; capability: Capability; schedule: string };
    for (const row of all<PolicyRow>("SELECT * FROM access_policy")) {
      const policy = { accessProfile: profiles.get(row.access_profile)!, capability: row.capability, schedule: schedules.get(row.schedule)! };
      const byProfile = policies.get(row.access_point) ?? new Map<number, Policy[]>();
      policies.set(row.access_point, byProfile);
      const lines = byProfile.get(row.access_profile);
      if (lines === undefined) byProfile.set(row.access_profile, [policy]);
      else lines.push(policy);
    }
    const groups = all<{ id: string; days: string }>("SELECT * FROM special_day_group").map(({ id, days }) => ({
      id,
      days: days === "" ? [] : days.split(" "),
    }));
    const days = new Map(
      all<{ date: string; kind: CalendarDay["kind"]; runs_as: Weekday }>("SELECT * FROM calendar_day").map(({ date, kind, runs_as }) => [
        date,
        kind === "makeUpDay" ? { kind, runsAs: runs_as } : { kind },
      ]),
    );
    const termPhases = all<TermPhase>('SELECT phase, from_date AS "from", until_date AS until FROM term_phase ORDER BY from_date');
    return { context: scheduleContext(this.#zone, groups, { days, termPhases }), schedules, profiles, policies };
  }
}
