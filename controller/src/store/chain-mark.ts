import { closeSync, constants, existsSync, fdatasync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { bytesToHex, type ChainEnd, hexToBytes } from "@portico/card-protocol";

/** What a run leaves word of beside the database, where no damage of the database or of its WAL takes it along. */
export interface MarkedEnd extends ChainEnd {
  /** The disk refused to record when this was written: events that were owed may be lost. */
  readonly isSuspended: boolean;
}

/** Events that are missing from the log, as the next start tells of them in an AuditGap. Null: not known. */
export interface Loss {
  readonly cause: string;
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
}

/** One line of fixed length, so that it is overwritten in place: that needs no room on the disk, and lies within one sector. */
const LINE = /^portico-mark 1 (\d{10}) ([0-9a-f]{64}) ([01]) ([0-9a-f]{8})\n$/;
const LINE_BYTES = 102;
const lineOf = (text: string): string => `${text} ${crc32(text).toString(16).padStart(8, "0")}\n`;

/** Where the mark of a database lies. */
export const markFile = (databasePath: string): string => `${databasePath}-mark`;

/** The mark of a file; undefined where there is none, `unreadable` where it is none. */
export function readChainMark(path: string): MarkedEnd | "unreadable" | undefined {
  const line = existsSync(path) ? readFileSync(path, "latin1") : "";
  if (line === "") return undefined; // a crash came between its making and its first word
  const [, seq, hash, isSuspended] = LINE.exec(line) ?? [];
  if (seq === undefined || hash === undefined || lineOf(line.slice(0, line.lastIndexOf(" "))) !== line) return "unreadable";
  return { seq: Number(seq), hash: hexToBytes(hash)!, isSuspended: isSuspended === "1" };
}

/**
 * Says how far the chain of events has been on the disk for certain. It never says too much: it is written behind each sync, so a log that ends in front of it,
 * or has another event in its place, has lost something. What a disk refuses to write of it is left out: then it says less.
 */
export class ChainMark {
  readonly #path: string;
  #file: number | undefined;
  #says: MarkedEnd | undefined;
  #hasBegun = false;

  /** Touches nothing before the first word. */
  constructor(databasePath: string) {
    this.#path = markFile(databasePath);
    const says = readChainMark(this.#path);
    this.#says = says === "unreadable" ? undefined : says;
  }

  /** True where the disk refused to record when the last word was written. */
  get isSuspended(): boolean {
    return this.#says?.isSuspended === true;
  }

  /** Everything up to this event is on the disk. Nothing is written before a run begins. */
  reached({ seq, hash }: ChainEnd): void {
    if (this.#hasBegun && this.#says?.seq !== seq) this.#write({ seq, hash, isSuspended: this.isSuspended });
  }

  /** From now on the disk refuses to record, or takes writes again. Before the first word of a new chain there is nothing to lose. */
  suspended(isSuspended: boolean): void {
    if (this.#says === undefined || this.#says.isSuspended === isSuspended) return;
    this.#write({ ...this.#says, isSuspended });
    this.#sync();
  }

  /** A run begins here. */
  begin(end: ChainEnd): void {
    this.#hasBegun = true;
    this.#write({ ...end, isSuspended: false });
    this.#attempt(() => this.#file !== undefined && ftruncateSync(this.#file, LINE_BYTES)); // whatever lay there before
    this.#sync();
  }

  /** Lets go of the file. Closing twice is harmless. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #write(says: MarkedEnd): void {
    this.#says = says;
    const line = lineOf(`portico-mark 1 ${String(says.seq).padStart(10, "0")} ${bytesToHex(says.hash)} ${says.isSuspended ? 1 : 0}`);
    this.#attempt(() => {
      this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      writeSync(this.#file, line, 0, "latin1");
    });
  }

  /** Brings it to the disk, so that it outlives a power cut. Nobody waits for it: until then it says less. */
  #sync(): void {
    if (this.#file !== undefined) fdatasync(this.#file, () => {});
  }

  #attempt(work: () => unknown): void {
    try {
      work();
    } catch {
      // A disk that refuses this refuses to record as well, and says so there.
    }
  }
}
