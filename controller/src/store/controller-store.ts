import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type ControllerEvent, eventOf, type RandomBytes, SetupError, U32_MAX } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { ChainMark, type Loss } from "./chain-mark.ts";
import { ChargeStore } from "./charge-store.ts";
import { ClockRecordStore } from "./clock-record-store.ts";
import { ControllerDatabase, SYNC_WITHIN_MS } from "./database.ts";
import { missingDatabase } from "./database-inspection.ts";
import { PrintReleaseStore } from "./print-releases.ts";
import { CommissioningStore } from "./commissioning-store.ts";
import { DenySetStore } from "./deny-set-store.ts";
import { Durability } from "./durability.ts";
import { EventLog, type EventTime } from "./event-log.ts";
import { EventUploadMark } from "./event-upload-mark.ts";
import { LockStandings } from "./lock-standings.ts";
import { LaneCounts } from "./lane-counts.ts";
import { PermissionList } from "./permission-list.ts";
import type { RecordingFailed } from "./recording-failed.ts";
import { PIN_KEY_FILE, PinStore } from "./pin-store.ts";
import { RunRecord, type StartCause } from "./run-record.ts";
import { spendOf, SpentCounters } from "./spent-counters.ts";
import { TrustStore } from "./trust-store.ts";
import { missingZoneKey, readZoneKey, type ZoneKey } from "./zone-key.ts";

/** Names of the files in a data folder. */
export const DATABASE_FILE = "controller.db";
export const ZONE_KEY_FILE = "zone.key";

export interface ControllerStoreOptions {
  /** The data folder; made with mode 0700 where there is none. */
  readonly folder: string;
  /** The campus time zone, an IANA name. */
  readonly zone: string;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  readonly randomBytes: RandomBytes;
  /** Called once when the disk could not keep what was written: the program should end, for a fresh start. */
  readonly onSyncFailure?: (failure: RecordingFailed) => void;
  /** A ceiling for the database in pages of 4 KiB. Absent: none. */
  readonly pagesMax?: number;
  /** N of the scrypt that keeps PINs. Absent: {@link PinStore}'s; less in tests alone. */
  readonly pinCost?: number;
  /** Names the machine's present boot, as {@link Start} does. Absent: damage that a run of this boot cannot have left is taken for that of a power cut. */
  readonly bootId?: string;
  /** Something that whoever watches the controller should know, as a sentence. */
  readonly onWarning?: (warning: string) => void;
}

/** What a start finds and says. */
export interface Start {
  /** /proc/sys/kernel/random/boot_id, or another name for the machine's present boot. */
  readonly bootId: string;
  /** Of this program. */
  readonly version: string;
  /** Hash of the configuration in use, lower-case hex. */
  readonly configurationHash: string;
  readonly time: EventTime;
}

/** An event to record with others; one that has to know the number of the event before it is made as soon as that is known. */
export type Recording = ControllerEvent | ((before: number) => ControllerEvent);

/** Everything a controller keeps, in one folder that one controller owns. */
export class ControllerStore {
  readonly database: ControllerDatabase;
  readonly durability: Durability;
  readonly events: EventLog;
  readonly upload: EventUploadMark;
  readonly spent: SpentCounters;
  readonly list: PermissionList;
  readonly trust: TrustStore;
  readonly clockRecord: ClockRecordStore;
  readonly zoneKey: ZoneKey;
  readonly pins: PinStore;
  readonly laneCounts: LaneCounts;
  readonly commissioning: CommissioningStore;
  readonly charges: ChargeStore;
  readonly printReleases: PrintReleaseStore;
  readonly lockStandings: LockStandings;
  readonly denySets: DenySetStore;
  readonly #run: RunRecord;
  readonly #mark: ChainMark;
  readonly #losses: readonly Loss[];

  private constructor(database: ControllerDatabase, zoneKey: ZoneKey, losses: readonly Loss[], options: ControllerStoreOptions) {
    const { folder, zone, clock, randomBytes, pinCost, onSyncFailure, onWarning } = options;
    this.database = database;
    this.zoneKey = zoneKey;
    this.#losses = losses;
    this.#mark = new ChainMark(database.path);
    this.durability = new Durability(database, clock, onSyncFailure, undefined, () => {
      const end = this.events.last();
      return () => this.#mark.reached(end);
    });
    this.events = new EventLog(database, nodeSha256);
    this.upload = new EventUploadMark(database);
    this.spent = new SpentCounters(database, clock, (credential, replayGroup) =>
      onWarning?.(
        `the disk altered what credential ${credential} has spent at ${replayGroup} (${database.path}): its passes are refused there. Replace the disk; give that person another credential.`,
      ),
    );
    this.list = new PermissionList(database, zone);
    this.pins = new PinStore(database, join(folder, PIN_KEY_FILE), randomBytes, pinCost);
    this.laneCounts = new LaneCounts(database);
    this.commissioning = new CommissioningStore(database);
    this.charges = new ChargeStore(database);
    this.printReleases = new PrintReleaseStore(database);
    this.lockStandings = new LockStandings(database);
    this.denySets = new DenySetStore(database);
    this.trust = new TrustStore(database);
    this.clockRecord = new ClockRecordStore(database);
    this.#run = new RunRecord(database);
  }

  /**
   * Opens the folder.
   *
   * @throws SetupError naming the path, the cause and the remedy; what is in the folder is then left as it was
   */
  static open(options: ControllerStoreOptions): ControllerStore {
    const { folder, randomBytes, pagesMax, bootId } = options;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new SetupError(`the data folder cannot be made: ${(error as Error).message}`, folder, "Make it, and let the user who runs the controller own it.", {
        cause: error,
      });
    }
    const path = join(folder, DATABASE_FILE);
    const keyPath = join(folder, ZONE_KEY_FILE);
    const hadKey = existsSync(keyPath);
    // A key that is there is looked at first, a new one made last: a folder with a key and no database has lost it.
    if (hadKey) readZoneKey(keyPath, randomBytes);
    let losses: readonly Loss[] = existsSync(path) ? [] : missingDatabase(path, hadKey);
    const database = ControllerDatabase.open(path, {
      ...(pagesMax === undefined ? {} : { pagesMax }),
      bootId,
      onInspected: (found) => {
        if (!hadKey && found.cards > 0) throw missingZoneKey(keyPath, found.cards);
        losses = found.losses;
      },
    });
    try {
      return new ControllerStore(database, readZoneKey(keyPath, randomBytes), losses, options);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** How the last run ended. @param bootId  of the machine's present boot */
  cause(bootId: string): StartCause {
    return this.#run.cause(bootId);
  }

  /**
   * Records that the controller starts, what the log has lost, and what the last run left open. To be called once, before the first scan, and followed by
   * {@link begun}. Durable when it returns, or with the transaction that it is a part of.
   *
   * @returns how the last run ended, and how many grants it left of which nobody knows whether somebody passed
   * @throws RecordingFailed when the disk refuses
   */
  start({ bootId, version, configurationHash, time }: Start): { readonly cause: StartCause; readonly interrupted: number } {
    return this.database.transaction("durable", () => {
      const cause = this.#run.cause(bootId);
      this.#run.begin(bootId);
      const windowMs = this.#sinceLastMs(time);
      for (const loss of this.#losses) this.events.append(eventOf("AuditGap", { ...loss, windowMs }), time);
      if (cause === "power cut") this.events.append(eventOf("AuditGap", { cause, firstSeq: null, lastSeq: null, windowMs: SYNC_WITHIN_MS }), time);
      this.events.append(eventOf("ControllerStarted", { version, cause, configurationHash }), time);
      return { cause, interrupted: this.events.closeInterrupted(time) };
    });
  }

  /** The start was recorded: moves it into the database itself, where a run shows that was not stopped, whatever becomes of the WAL. Waits for the disk. */
  begun(): void {
    this.database.checkpoint();
    this.#mark.begin(this.events.last());
  }

  /** The disk refuses to record, or takes writes again: what it was not given may be lost, and the next start tells so. */
  suspended(isSuspended: boolean): void {
    this.#mark.suspended(isSuspended);
  }

  /**
   * Records a decision; a grant's event spends its pass, so it is both or neither. What is decided may be acted on when this returns.
   *
   * @returns the event's number
   * @throws RecordingFailed when the disk refuses: then nobody is let in
   */
  recordDecision(event: ControllerEvent, time: EventTime): number {
    const seq = this.events.append(event, time);
    const spend = spendOf(event);
    if (spend !== undefined) this.spent.spent(spend, seq);
    return seq;
  }

  /** Records the grants of holders who are let in together, or a grant and what it opens: all or none. @throws RecordingFailed when the disk refuses: then nobody is let in */
  recordDecisions(events: readonly Recording[], time: EventTime): readonly number[] {
    const written = this.database.transaction("quick", () => {
      const rows: { readonly seq: number; readonly event: ControllerEvent }[] = [];
      for (const recording of events) {
        const event = typeof recording === "function" ? recording(rows.at(-1)!.seq) : recording;
        rows.push({ seq: this.events.append(event, time), event });
      }
      return rows;
    });
    for (const { seq, event } of written) {
      const spend = spendOf(event);
      if (spend !== undefined) this.spent.spent(spend, seq);
    }
    return written.map(({ seq }) => seq);
  }

  /** Older events are not needed any more to know what is spent and which grants are open. @throws RecordingFailed when the disk refuses */
  settle(): void {
    this.spent.settle(this.events.last().seq);
    this.events.settle();
  }

  /** Records an orderly stop, brings everything to the disk and closes. @throws RecordingFailed when the disk refuses; closed all the same */
  stop(time: EventTime): void {
    try {
      this.spent.write();
      this.database.transaction("durable", () => {
        this.events.append(eventOf("ControllerStopped", {}), time);
        this.#run.end();
      });
      this.durability.flush();
    } finally {
      this.close();
    }
  }

  /** Lets go of the folder without a word: what a crash does. Closing twice is harmless. */
  close(): void {
    this.spent.close();
    this.durability.close();
    this.database.close();
    this.#mark.close();
  }

  /** How long it has been since the last event, in ms; {@link U32_MAX} where no clock says so. */
  #sinceLastMs({ at }: EventTime): number {
    const [last] = this.events.newest({ limit: 1 });
    const before = last?.record.ok === true ? last.record.value.at : null;
    return at === null || before === null ? U32_MAX : Math.min(U32_MAX, Math.max(0, at - before) * 1_000);
  }
}
