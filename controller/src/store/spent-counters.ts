import {
  type Clock,
  type ControllerEvent,
  type CredentialId,
  decodeEvent,
  isPassPresentation,
  replayClass,
  type ReplayClass,
  type SpentCounter,
  U32_MAX,
  unixSeconds,
} from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import { CACHED_PLACE_MAX, CounterCache } from "../core/counter-cache.ts";
import { credentialKey } from "./credential-row.ts";
import type { ControllerDatabase } from "./database.ts";
import { RecordingFailed } from "./recording-failed.ts";
import { checkedMark, checkedRows, rowCheck, SPENT_CHECK } from "./row-check.ts";

/** A pass that was spent. */
export interface Spend extends SpentCounter {
  readonly credential: CredentialId;
  readonly replayClass: ReplayClass;
  /** Access points that spend together, e.g. all lanes of one gate in one direction. */
  readonly replayGroup: string;
}

/** The pass that an event spends: that of a grant. Undefined for a physical card and for any other event. */
export function spendOf({ name, fields }: ControllerEvent): Spend | undefined {
  if (name !== "AccessGranted") return undefined;
  const { credential, presentation, counter, signedAt, replayGroup } = fields;
  if (!isPassPresentation(presentation) || counter === null || signedAt === null) return undefined;
  return { credential, replayClass: replayClass(presentation), replayGroup, counter, signedAt };
}

/** Rows follow their events within this time, in ms. */
const WRITE_AFTER_MS = 1_000;
/** So many rows are written at once, about 2 ms; then scans are judged before the next. */
const ROWS_AT_ONCE = 500;
const NEXT_AFTER_MS = 10;

/** So many of the counters spent last are kept in memory, as powers of two: 131,072 in 2.1 MiB; where the table has more, as many as it has, up to 1,048,576 in 17 MiB. */
const CACHED_LOG2 = { least: 17, most: 20 } as const;

/** Stands for a row that cannot be read: no pass is newer than that, so none is taken twice. */
const EVERYTHING_SPENT: SpentCounter = { counter: U32_MAX, signedAt: unixSeconds(U32_MAX) };

/** A pass whose row is still to be written, and the event that spent it. */
interface UnwrittenSpend extends Spend {
  readonly seq: number;
}

type PlaceRow = [place: number, replayClass: ReplayClass, replayGroup: string];

/** Where passes of one class are spent together. */
interface Place {
  /** Its number in the table; undefined before its first row. */
  number: number | undefined;
  /** Its number in the cache; undefined where there are too many places for that. */
  readonly cached: number | undefined;
}

/**
 * What was spent, for refusing it the second time. Outlives the credential's row: a credential that is listed again cannot be replayed.
 *
 * The event of a grant is what spends its pass: one row, one commit, and so never one without the other. The table here is made of the events, within a
 * second and many at once; what it does not hold yet is kept in memory and, after a crash, read from the events behind the mark. docs/decisions/0006. In front
 * of it what was spent last is kept in memory, as much as fits: docs/decisions/0047.
 */
export class SpentCounters {
  readonly #database: ControllerDatabase;
  readonly #clock: Pick<Clock, "after">;
  readonly #onAltered: (credential: CredentialId, replayGroup: string) => void;
  readonly #find: Statement<[bigint, number], readonly [counter: number, signedAt: number, isWhole: number]>;
  readonly #write: Statement<[bigint, number, number, number]>;
  readonly #mark: Statement<[number, number]>;
  /** By class and group: few, and part of every decision. */
  readonly #places: Record<ReplayClass, Map<string, Place>> = { T: new Map(), H: new Map() };
  readonly #cache: CounterCache;
  #placesCached = 0;
  /** What was spent in the last second, in the order of the events, so that the mark leaves none behind. */
  #unwritten: UnwrittenSpend[] = [];
  #cancelWriting: (() => void) | undefined;

  /**
   * @param onAltered   called when somebody is refused because the row of what he has spent was altered
   * @param cached      how many are kept in memory, {@link CACHED_LOG2} but in tests
   */
  constructor(
    database: ControllerDatabase,
    clock: Pick<Clock, "after">,
    onAltered: (credential: CredentialId, replayGroup: string) => void = () => {},
    { least, most }: { readonly least: number; readonly most: number } = CACHED_LOG2,
  ) {
    const rows = database.prepare<[], number>("SELECT count(*) FROM spent_counter").pluck().get()!;
    const cachedLog2 = Math.min(most, Math.max(least, Math.ceil(Math.log2(rows + 1))));
    this.#cache = new CounterCache(cachedLog2);
    this.#database = database;
    this.#clock = clock;
    this.#onAltered = onAltered;
    this.#find = database.prepareRaw(`SELECT counter, signed_at, row_check = ${SPENT_CHECK} FROM spent_counter WHERE credential = ? AND place = ?`);
    this.#write = database.prepare(
      `INSERT INTO spent_counter (credential, place, counter, signed_at, row_check)
       SELECT *, ${SPENT_CHECK} FROM (SELECT ? AS credential, ? AS place, ? AS counter, ? AS signed_at) WHERE true
       ON CONFLICT DO UPDATE SET counter = excluded.counter, signed_at = excluded.signed_at, row_check = excluded.row_check`,
    );
    this.#mark = database.prepare("UPDATE spent_mark SET seq = ?, row_check = ?");
    database.onRollback(() => {
      for (const places of Object.values(this.#places)) places.clear();
      this.#cache.clear();
      this.#placesCached = 0;
      this.#unwritten = [];
      this.#readEvents();
    });
    this.#fillCache(2 ** cachedLog2);
    this.#readEvents();
  }

  /**
   * The last pass of this credential spent here, or undefined when there was none. Where the disk altered its row, one that no pass is newer than: what was
   * spent is not forgotten with it.
   */
  last(credential: CredentialId, of: ReplayClass, replayGroup: string): SpentCounter | undefined {
    const place = this.#placeOf(of, replayGroup);
    const { cached } = place;
    const kept = cached === undefined ? undefined : this.#cache.get(credential, cached);
    if (kept !== undefined) return kept;
    const unwritten = this.#unwritten.findLast((each) => each.credential === credential && each.replayClass === of && each.replayGroup === replayGroup);
    if (unwritten !== undefined) return this.#keep(credential, place, { counter: unwritten.counter, signedAt: unwritten.signedAt });
    const row = place.number === undefined ? undefined : this.#find.get(credentialKey(credential)!, place.number);
    if (row === undefined) return undefined;
    const [counter, signedAt, isWhole] = row;
    if (isWhole === 1) return this.#keep(credential, place, { counter, signedAt: unixSeconds(signedAt) });
    this.#onAltered(credential, replayGroup);
    return EVERYTHING_SPENT;
  }

  /** A grant was committed as the event `seq`: its pass is spent from now on. */
  spent(spend: Spend, seq: number): void {
    this.#remember(spend, seq);
    this.#writeLater(WRITE_AFTER_MS);
  }

  /** Writes the rows of a few passages, the oldest first, all or none. @throws RecordingFailed when the disk refuses: they stay owed */
  write(count: number = this.#unwritten.length): void {
    const rows = this.#unwritten.slice(0, count);
    const last = rows.at(-1);
    if (last === undefined) return;
    this.#database.transaction("quick", () => {
      for (const { credential, replayClass: of, replayGroup, counter, signedAt } of rows) {
        const place = this.#placeOf(of, replayGroup);
        place.number ??= this.#newPlace(of, replayGroup);
        this.#write.run(credentialKey(credential)!, place.number, counter, signedAt);
      }
      this.#mark.run(last.seq, rowCheck(1, last.seq));
    });
    this.#unwritten = this.#unwritten.slice(rows.length);
  }

  /** Writes everything, and says that nothing up to the event `last`, the newest, has to be read for it any more. @throws RecordingFailed when the disk refuses */
  settle(last: number): void {
    this.write();
    this.#database.statement(() => this.#mark.run(last, rowCheck(1, last)));
  }

  /** Stops writing. What is not written is read from the events at the next start. */
  close(): void {
    this.#cancelWriting?.();
    this.#cancelWriting = undefined;
  }

  #writeLater(delayMs: number): void {
    this.#cancelWriting ??= this.#clock.after(delayMs, () => {
      this.#cancelWriting = undefined;
      let next = NEXT_AFTER_MS;
      try {
        this.write(ROWS_AT_ONCE);
      } catch (error) {
        if (!(error instanceof RecordingFailed)) throw error;
        next = WRITE_AFTER_MS;
      }
      if (this.#unwritten.length > 0) this.#writeLater(next);
    });
  }

  #remember({ credential, replayClass: of, replayGroup, counter, signedAt }: Spend, seq: number): void {
    const row: UnwrittenSpend = { credential, replayClass: of, replayGroup, counter, signedAt, seq };
    this.#unwritten.push(row);
    this.#keep(credential, this.#placeOf(of, replayGroup), row);
  }

  /** In the cache, where there is room for its place. */
  #keep(credential: CredentialId, { cached }: Place, spent: SpentCounter): SpentCounter {
    if (cached !== undefined) this.#cache.set(credential, cached, spent);
    return spent;
  }

  /** From the table, as many as fit. What the disk altered stays out of it, and is found altered when it is asked for. */
  #fillCache(entries: number): void {
    const cached = new Map<number, number>();
    for (const [number, of, replayGroup] of checkedRows<PlaceRow>((sql) => this.#database.prepare(sql), "replay_place")) {
      const place = this.#placeOf(of, replayGroup);
      if (place.cached !== undefined) cached.set(number, place.cached);
    }
    const rows = this.#database.prepareRaw<[number], readonly [place: number, high: number, low: number, counter: number, signedAt: number]>(
      `SELECT place, credential >> 32 & 4294967295, credential & 4294967295, counter, signed_at FROM spent_counter WHERE row_check = ${SPENT_CHECK} LIMIT ?`,
    );
    for (const [number, high, low, counter, signedAt] of rows.iterate(entries)) {
      const place = cached.get(number);
      if (place !== undefined) this.#cache.setHalves(high, low, place, counter, signedAt);
    }
  }

  /** What stands behind the mark: what a crash came before, or all that is to be written where something was undone. */
  #readEvents(): void {
    const mark = checkedMark((sql) => this.#database.prepare(sql), "spent_mark");
    const rows = this.#database.prepareRaw<[number], readonly [seq: number, record: Uint8Array]>(
      "SELECT seq, record FROM event WHERE seq > ? AND name = 'AccessGranted' ORDER BY seq",
    );
    for (const [seq, record] of rows.iterate(mark)) {
      const read = decodeEvent(record);
      const spend = read.ok ? spendOf(read.value.event) : undefined; // whoever altered a record shows in the chain
      if (spend !== undefined) this.#remember(spend, seq);
    }
    if (this.#unwritten.length > 0) this.#writeLater(WRITE_AFTER_MS);
  }

  #placeOf(of: ReplayClass, replayGroup: string): Place {
    const known = this.#places[of].get(replayGroup);
    if (known !== undefined) return known;
    const rows = checkedRows<PlaceRow>((sql) => this.#database.prepare(sql), "replay_place");
    const number = rows.find(([, replayClass, group]) => replayClass === of && group === replayGroup)?.[0];
    const cached = this.#placesCached < CACHED_PLACE_MAX ? ++this.#placesCached : undefined;
    const place: Place = { number, cached };
    this.#places[of].set(replayGroup, place);
    return place;
  }

  #newPlace(of: ReplayClass, replayGroup: string): number {
    const place = this.#database.prepare<[], number>("SELECT coalesce(max(place), 0) + 1 FROM replay_place").pluck().get()!;
    this.#database
      .prepare<[number, string, string, number]>("INSERT INTO replay_place (place, replay_class, replay_group, row_check) VALUES (?, ?, ?, ?)")
      .run(place, of, replayGroup, rowCheck(place, of, replayGroup));
    return place;
  }
}
