import {
  type ChainBreak,
  type ChainEnd,
  CHAIN_START,
  type ControllerEvent,
  type CredentialId,
  decodeEvent,
  encodeEvent,
  eventCredential,
  type EventName,
  eventOf,
  type EventPosition,
  type EventRecord,
  eventSource,
  hexToBytes,
  nextLink,
  type Result,
  type Sha256,
  type UnixSeconds,
  type WholeChain,
} from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { SetMode } from "../core/door-operation.ts";
import type { ModeStanding } from "../core/door-schedule.ts";
import { DoorModes } from "./door-modes.ts";
import { alteredColumn, type EventRow } from "./event-row.ts";
import { newestOfEach } from "./newest-of-each.ts";
import { type OpenGrant, OpenGrants } from "./open-grants.ts";
import type { ControllerDatabase } from "./database.ts";
import { type SiteStanding, siteStanding } from "./site-standing.ts";

/** When something happened: null while the clock is untrusted, else Unix seconds and the milliseconds behind them. */
export type EventTime = Pick<EventPosition, "at" | "ms">;

/** An event as it stands in the log. */
export interface LoggedEvent {
  readonly seq: number;
  /** SHA-256 that the next event names, 32 bytes. */
  readonly hash: Uint8Array;
  /** The bytes that are hashed and handed upstream. */
  readonly bytes: Uint8Array;
  /** As the column beside the bytes says, for whoever wants some events alone: it costs no reading. */
  readonly name: string;
  /**
   * The bytes with their meaning; `EventMalformed` where they were altered or come from a newer version. Read when it is first asked for: those who watch
   * a decision's event do not ask, and somebody waits at the door.
   */
  readonly record: Result<EventRecord, "EventMalformed">;
}

/** Which events to read. */
export interface EventFilter {
  /** Only events behind this one; 0 for all. */
  readonly after: number;
  /** At most so many, oldest first. */
  readonly limit: number;
  readonly name?: EventName;
  /** The access point, door or device that the event is about. */
  readonly source?: string;
  readonly credential?: CredentialId;
  /** Only events in front of this one. */
  readonly before?: number;
}

/** How far a verification has come, or what it found in the end. */
export type VerifyStep = { readonly kind: "verified"; readonly records: number; readonly of: number } | WholeChain | ChainBreak;

/** What a statement is given, which copies it: small bytes of their own have no memory outside of V8 until they are handed out, and making it takes longer than this. */
const HASH = new Uint8Array(new ArrayBuffer(32));
const CREDENTIAL = new Uint8Array(new ArrayBuffer(8));

/** Records read between two steps of {@link EventLog.verify}: about 10 ms of work. */
const VERIFY_STEP = 1000;

/**
 * What happened at this controller: append-only, hash-chained, numbered without gaps. docs/feed-and-events.md.
 *
 * Columns beside the record's bytes exist for searching; the bytes are what counts.
 */
export class EventLog {
  readonly #database: ControllerDatabase;
  readonly #sha256: Sha256;
  readonly #insert: Statement<[number, number | null, number, string, string | null, Uint8Array | null, Uint8Array, Uint8Array]>;
  readonly #open: OpenGrants;
  readonly #modes: DoorModes;
  readonly #listeners = new Set<(event: LoggedEvent) => void>();
  #appended: LoggedEvent[] = [];
  #end: ChainEnd | undefined;

  constructor(database: ControllerDatabase, sha256: Sha256) {
    this.#database = database;
    this.#sha256 = sha256;
    this.#insert = database.prepare("INSERT INTO event (seq, at, ms, name, source, credential, record, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#open = new OpenGrants(database);
    this.#modes = new DoorModes(database, sha256);
    database.onRollback(() => {
      this.#end = undefined;
      this.#appended = [];
      this.#open.forget();
    });
    database.onCommit(() => this.#tell());
  }

  /**
   * Writes one event behind the last. Inside a transaction it stands or falls with it. What an operator did to a door is durable when it returns.
   *
   * @returns the event's number
   * @throws RecordingFailed when the disk refuses
   */
  append(event: ControllerEvent, time: EventTime): number {
    const write = (): number => {
      const end = this.last();
      const seq = end.seq + 1;
      const bytes = encodeEvent({ seq, prevHash: end.hash, at: time.at, ms: time.ms, event });
      const hash = this.#sha256(bytes);
      const credential = eventCredential(event);
      const source = eventSource(event);
      HASH.set(hash);
      if (credential !== null) CREDENTIAL.set(hexToBytes(credential)!);
      this.#insert.run(seq, time.at, time.at === null ? 0 : time.ms, event.name, source, credential === null ? null : CREDENTIAL, bytes, HASH);
      if (event.name === "AccessGranted") this.#open.opened(seq, event.fields.accessPoint);
      else if (event.name === "AccessTaken" || event.name === "AccessNotTaken") this.#open.closed(event.fields.grantedSeq, seq);
      else if (event.name === "DoorModeChanged") this.#modes.changed(event.fields.door, event.fields.mode, seq);
      this.#end = { seq, hash };
      if (this.#listeners.size > 0) this.#appended.push(new EventOfLog(seq, hash, bytes, event.name));
      return seq;
    };
    if (event.name === "DoorModeChanged") return this.#database.transaction("durable", write);
    // What ends a grant may move the mark of the open ones as well; everything else is one row.
    return event.name === "AccessTaken" || event.name === "AccessNotTaken" ? this.#database.transaction("quick", write) : this.#database.statement(write);
  }

  /** The end of the chain; seq 0 in an empty log. */
  last(): ChainEnd {
    return (this.#end ??= this.#database.prepare<[], ChainEnd>("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").get() ?? CHAIN_START);
  }

  /** Older events are not needed any more to know which grants are open. @throws RecordingFailed when the disk refuses */
  settle(): void {
    this.#database.statement(() => this.#open.settle(this.last().seq));
  }

  /** Events oldest first. A filter is searched for without an index: a rare one over 300,000 events takes a tenth of a second. */
  read(filter: EventFilter): LoggedEvent[] {
    return this.#select(filter, "ASC");
  }

  #select({ limit, ...filter }: EventFilter, order: "ASC" | "DESC"): LoggedEvent[] {
    return this.#database
      .prepare<[object], EventRow>(`SELECT * FROM event WHERE ${conditionOf(filter)} ORDER BY seq ${order} LIMIT @limit`)
      .all({ ...valuesOf(filter), limit })
      .map((row) => new EventOfLog(row.seq, new Uint8Array(row.hash), new Uint8Array(row.record), row.name));
  }

  /** The event of that number, if there is one. */
  event(seq: number): LoggedEvent | undefined {
    return this.read({ after: seq - 1, limit: 1 }).find((event) => event.seq === seq);
  }

  /** Called with each event once it is committed, in order. Returns the function that removes the listener. */
  onEvent(listener: (event: LoggedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Grants that neither AccessTaken nor AccessNotTaken has followed yet, oldest first. */
  openGrants(): OpenGrant[] {
    return this.#open.all();
  }

  /**
   * The mode that an operator or a schedule set last, of every door and turnstile direction (`<turnstile>/entry`) that ever had one set.
   *
   * @throws AlteredTable where it is not certain
   */
  doorStandings(): ReadonlyMap<string, ModeStanding> {
    return this.#modes.all();
  }

  /** The modes of {@link doorStandings} alone. @throws AlteredTable where it is not certain */
  doorModes(): ReadonlyMap<string, SetMode> {
    return new Map([...this.#modes.all()].map(([door, { mode }]) => [door, mode]));
  }

  /** The doors and turnstiles whose fire input was active when it was last told of. */
  fires(): ReadonlySet<string> {
    const last = newestOfEach(this.#database, "FireInput");
    return new Set(last.flatMap(({ event }) => (event.name === "FireInput" && event.fields.active ? [event.fields.door] : [])));
  }

  /** When a first person came in last, by door; those of whom no clock said when are left out. */
  firstPersons(): ReadonlyMap<string, UnixSeconds> {
    const last = newestOfEach(this.#database, "FirstPersonIn");
    return new Map(last.flatMap(({ event, at }) => (event.name === "FirstPersonIn" && at !== null ? [[event.fields.door, at]] : [])));
  }

  /** Which lockdowns and drills last, and what waits to be locked again. */
  siteStanding(): SiteStanding {
    return siteStanding(this.#database);
  }

  /** The newest events that fit, at most `limit`, oldest first. */
  newest(filter: Omit<EventFilter, "after">): LoggedEvent[] {
    return this.#select({ after: 0, ...filter }, "DESC").reverse();
  }

  /** The event behind which only the newest `limit` of those that fit stand: where to begin reading them in portions. */
  seqBeforeNewest({ limit, ...filter }: EventFilter): number {
    const oldest = this.#database
      .prepare<[object], number>(`SELECT seq FROM event WHERE ${conditionOf(filter)} ORDER BY seq DESC LIMIT 1 OFFSET @skipped`)
      .pluck()
      .get({ ...valuesOf(filter), skipped: limit - 1 });
    return oldest === undefined ? filter.after : oldest - 1;
  }

  /**
   * Says of every open grant that a restart came between: whether somebody passed is not known. To be called at the start, before the first scan.
   *
   * @returns how many there were
   * @throws RecordingFailed when the disk refuses
   */
  closeInterrupted(time: EventTime): number {
    return this.#database.transaction("quick", () => {
      const interrupted = this.openGrants();
      for (const { seq, accessPoint } of interrupted) this.append(eventOf("AccessNotTaken", { accessPoint, grantedSeq: seq, cause: "restart" }), time);
      return interrupted.length;
    });
  }

  /**
   * Checks every event from the first: numbers, hashes, records, and the columns beside them. Yields between stretches of about 10 ms, so that
   * scans are judged meanwhile; what is appended meanwhile is checked too. The last value is the outcome.
   */
  *verify(): Generator<VerifyStep, void> {
    const page = this.#database.prepare<[number, number], EventRow>("SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?");
    let end: ChainEnd = CHAIN_START;
    let records = 0;
    const gaps: { firstSeq: number; lastSeq: number }[] = [];
    for (;;) {
      const rows = page.all(end.seq, VERIFY_STEP);
      for (const row of rows) {
        const link = nextLink(end, row.record, this.#sha256);
        if (link.kind === "broken") return yield link;
        const altered = alteredColumn(row, link.record, link.end.hash);
        if (altered !== undefined)
          return yield { kind: "broken", seq: row.seq, cause: "EventMalformed", detail: `column ${altered} differs from the record`, end };
        if (link.record.event.name === "GapRecord") gaps.push({ firstSeq: link.record.event.fields.firstSeq, lastSeq: link.record.event.fields.lastSeq });
        end = link.end;
        records++;
      }
      if (rows.length < VERIFY_STEP) return yield { kind: "whole", records, gaps, end };
      yield { kind: "verified", records, of: this.last().seq };
    }
  }

  #tell(): void {
    if (this.#appended.length === 0) return;
    const appended = this.#appended;
    this.#appended = [];
    for (const event of appended) for (const listener of this.#listeners) listener(event);
  }
}

type Condition = Omit<EventFilter, "limit">;

function conditionOf({ before, name, source, credential }: Condition): string {
  const parts = ["seq > @after"];
  if (before !== undefined) parts.push("seq < @before");
  if (name !== undefined) parts.push("name = @name");
  if (source !== undefined) parts.push("source = @source");
  if (credential !== undefined) parts.push("credential = @credential");
  return parts.join(" AND ");
}

const valuesOf = ({ credential, ...plain }: Condition): object => ({
  ...plain,
  ...(credential === undefined ? {} : { credential: hexToBytes(credential) ?? null }),
});

class EventOfLog implements LoggedEvent {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly name: string;
  #record: LoggedEvent["record"] | undefined;

  constructor(seq: number, hash: Uint8Array, bytes: Uint8Array, name: string) {
    this.seq = seq;
    this.hash = hash;
    this.bytes = bytes;
    this.name = name;
  }

  get record(): LoggedEvent["record"] {
    return (this.#record ??= decodeEvent(this.bytes));
  }
}
