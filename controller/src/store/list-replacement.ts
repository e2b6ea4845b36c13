import { bytesToHex, eventOf, type UnixSeconds } from "@portico/card-protocol";
import type { OperatorAct } from "../core/door-operation.ts";
import type { ControllerDatabase } from "./database.ts";
import type { EventLog, EventTime } from "./event-log.ts";
import { compareLists, type ListChanges, type ListComparison } from "./list-comparison.ts";
import { ListRebuild } from "./list-rebuild.ts";
import type { ListRows } from "./list-rows.ts";
import { fields } from "./list-tables.ts";
import { LineReader, type ListWork } from "./list-work.ts";
import { ListWriter, type UnusedNames } from "./list-writer.ts";

/** Which list this controller goes by. */
export interface ListVersion {
  /** 1, 2, 3 …: one more with each load that changed something. */
  readonly version: number;
  /** SHA-256 of the content, 32 bytes: see `ListDigest`. */
  readonly digest: Uint8Array;
  /** When this version was loaded; null when the clock was untrusted then. */
  readonly loadedAt: UnixSeconds | null;
  /** When a list of this content was last loaded: what freshness is judged by. Null when the clock was untrusted then. */
  readonly confirmedAt: UnixSeconds | null;
}

/** What a load did. `unchanged`: the list said the same already; it only counts as confirmed. */
export interface ListLoad extends ListComparison {
  readonly kind: "changed" | "unchanged";
  readonly version: number;
}

/** The list that is replaced. */
export interface ReplacedList {
  readonly database: ControllerDatabase;
  readonly rows: ListRows;
  /** See `CHANGED_IN_PLACE_MAX`. */
  readonly inPlaceMax: number;
  version(): ListVersion | undefined;
  /** What is kept of the database beside it: read again from now on. */
  forget(): void;
}

/** Where and when a load is recorded, and who asked for it. */
export interface LoadRecord {
  readonly events: EventLog;
  /** Asked when the list is put into force. */
  readonly time: () => EventTime;
  readonly act: OperatorAct;
}

/**
 * Makes the stored list say what the new one says. It is put into force in one durable transaction with its ListLoaded event: all of it or nothing. A few
 * rows are changed where they stand; for many, see {@link ListRebuild}. One replacement at a time.
 *
 * @throws RecordingFailed when the disk refuses: before the list is in force it is then the old one
 */
export function* replaceList(list: ReplacedList, record: LoadRecord): ListWork<ListLoad> {
  const { database } = list;
  yield* ListRebuild.clear(database);
  const before = list.version();
  const { comparison, changes } = yield* compareLists(list.rows, list.inPlaceMax);
  if (before !== undefined && comparison.added + comparison.changed + comparison.removed === 0) {
    database.transaction("durable", () => {
      list.forget();
      database.prepare<[number | null]>("UPDATE list_version SET confirmed_at = ?").run(record.time().at);
    });
    return { kind: "unchanged", version: before.version, ...comparison };
  }
  const version = (before?.version ?? 0) + 1;
  if (changes.areMany) {
    // The rows stand in the WAL and then in the file, and the old ones beside them.
    yield { room: 2 * changes.size };
    const rebuild = new ListRebuild(database);
    yield* rebuild.build();
    putIntoForce(list, record, version, comparison, () => {
      rebuild.switchOver();
      new ListWriter(database).apply(changes.tables, { persons: [], accessProfiles: rebuild.unusedProfiles });
    });
    yield* rebuild.finish();
  } else {
    const unused = yield* unusedNames(changes);
    putIntoForce(list, record, version, comparison, () => new ListWriter(database).apply(changes.tables, unused));
  }
  return { kind: "changed", version, ...comparison };
}

function putIntoForce(list: ReplacedList, { events, time, act }: LoadRecord, version: number, comparison: ListComparison, write: () => void): void {
  const { digest, added, changed, removed } = comparison;
  list.database.transaction("durable", () => {
    const { at, ms } = time();
    list.forget();
    write();
    list.database
      .prepare<[number, Uint8Array, number | null, number | null]>(
        "INSERT OR REPLACE INTO list_version (only, version, digest, loaded_at, confirmed_at) VALUES (1, ?, ?, ?, ?)",
      )
      .run(version, digest, at, at);
    events.append(eventOf("ListLoaded", { version, added, changed, removed, digest: bytesToHex(digest), ...act }), { at, ms });
    list.forget();
  });
}

/** Persons and access profiles that stood in the rows that go or change, and stand in no row of the new list. */
function* unusedNames({ tables: { credential, policy, grant } }: ListChanges): ListWork<UnusedNames> {
  const persons = new Set([...credential.removed, ...credential.before].map((line) => fields(line, 10)[1]!));
  const accessProfiles = new Set([...policy.removed.map((line) => fields(line, 5)[0]!), ...grant.removed.map((line) => fields(line, 4)[1]!)]);
  if (persons.size > 0) yield* dropNamed(persons, "person", (line) => line);
  if (accessProfiles.size > 0) yield* dropNamed(accessProfiles, "policy", (line) => line.slice(0, line.indexOf("\t")));
  if (accessProfiles.size > 0) yield* dropNamed(accessProfiles, "grant", (line) => fields(line, 4)[1]!);
  return { persons, accessProfiles };
}

function* dropNamed(names: Set<string>, lines: "person" | "policy" | "grant", nameOf: (line: string) => string): ListWork<void> {
  const reader = new LineReader(lines);
  for (let line = yield* reader.next(); line !== undefined && names.size > 0; line = yield* reader.next()) names.delete(nameOf(line));
}
