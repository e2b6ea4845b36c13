import { createHmac, scryptSync, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { type RandomBytes, SetupError, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { readSecretFile, type SecretFile } from "@portico/card-protocol/node";
import type { Statement } from "better-sqlite3";
import { duressOf } from "../core/pin.ts";
import type { ControllerDatabase } from "./database.ts";
import { checkedRows, rowCheck } from "./row-check.ts";

/** Name of the file in a data folder; made with the first PIN, never before. */
export const PIN_KEY_FILE = "pin.key";
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/**
 * RFC 7914: 4 MiB, some 10 ms of this computer and 30 of a Pi 4. Whoever has database and key tries a million PINs of one holder in hours; every door waits so
 * long for a try, so it is no more.
 */
const SCRYPT_N = 4096;
const PROOF_BYTES = 32;

/** A holder by the number that the list of a zone gives them; zone empty: lists come from files. */
export interface PinHolder {
  readonly zone: string;
  readonly holder: number;
}

/** Who has a PIN, since when; null: no clock said. */
export interface KeptPin extends PinHolder {
  readonly setAt: UnixSeconds | null;
}

/** Wrong tries as they outlive a restart. */
export interface KeptTries {
  readonly subject: string;
  readonly count: number;
  readonly isLocked: boolean;
  /** When the last was; null: no clock said. */
  readonly at: UnixSeconds | null;
}

type PinRow = [zone: string, holder: number, salt: string, proof: string, duress: string, setAt: number | null];
type TriesRow = [subject: string, count: number, locked: number, at: number | null];

/** What typed digits are against what is kept. */
export type PinFit = "right" | "duress" | "wrong";

/**
 * PINs of one controller, so that nobody reads one: scrypt with a salt of its own, and HMAC-SHA256 of that under a key that lies beside the database and is of
 * this controller alone. Who has the database and not the key can try nothing.
 */
export class PinStore {
  readonly #database: ControllerDatabase;
  readonly #file: SecretFile;
  readonly #randomBytes: RandomBytes;
  readonly #cost: number;
  readonly #put: Statement<[...PinRow, number]>;
  readonly #get: Statement<[string, number], readonly [salt: string, proof: string, duress: string]>;
  readonly #drop: Statement<[string, number]>;
  readonly #putTries: Statement<[...TriesRow, number]>;
  readonly #dropTries: Statement<[string]>;

  /** @param cost  N of scrypt, a power of two; less than the preset in tests alone */
  constructor(database: ControllerDatabase, path: string, randomBytes: RandomBytes, cost: number = SCRYPT_N) {
    this.#database = database;
    this.#cost = cost;
    this.#randomBytes = randomBytes;
    this.#file = {
      path,
      what: "the key of the PINs",
      bytes: KEY_BYTES,
      whenRead: "If somebody may have read it, erase all PINs with `portico pin erase --all`, remove the file and have them set anew.",
      whenBroken: "Restore the file from the backup; without one, erase all PINs with `portico pin erase --all`, remove the file and have them set anew.",
    };
    this.#put = database.prepare("INSERT OR REPLACE INTO pin (zone, holder, salt, proof, duress, set_at, row_check) VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#get = database.prepareRaw("SELECT salt, proof, duress FROM pin WHERE zone = ? AND holder = ?");
    this.#drop = database.prepare("DELETE FROM pin WHERE zone = ? AND holder = ?");
    this.#putTries = database.prepare("INSERT OR REPLACE INTO pin_tries (subject, count, locked, at, row_check) VALUES (?, ?, ?, ?, ?)");
    this.#dropTries = database.prepare("DELETE FROM pin_tries WHERE subject = ?");
  }

  /** Everybody who has one, by zone and holder. */
  all(): readonly KeptPin[] {
    return checkedRows<PinRow>((sql) => this.#database.prepare(sql), "pin").map(([zone, holder, , , , at]) => ({
      zone,
      holder,
      setAt: at === null ? null : unixSeconds(at),
    }));
  }

  has({ zone, holder }: PinHolder): boolean {
    return this.#get.get(zone, holder) !== undefined;
  }

  /** False where there are PINs and the key that they are kept under is gone: none of them fits any more, and none can be set beside them. */
  get isUsable(): boolean {
    return existsSync(this.#file.path) || this.all().length === 0;
  }

  /**
   * Keeps a PIN instead of the one before. @throws RecordingFailed when the disk refuses, RangeError where the store is not usable
   *
   * @param pin  of the right form
   */
  set({ zone, holder }: PinHolder, pin: string, at: UnixSeconds | null): void {
    if (!this.isUsable) throw new RangeError("the key of the PINs is gone");
    const salt = this.#randomBytes(SALT_BYTES);
    const key = readSecretFile(this.#file, this.#randomBytes);
    const row: PinRow = [zone, holder, hex(salt), hex(this.#proof(key, salt, pin)), hex(this.#proof(key, salt, duressOf(pin))), at];
    this.#put.run(...row, rowCheck(...row));
  }

  /** @throws RecordingFailed when the disk refuses */
  erase({ zone, holder }: PinHolder): void {
    this.#drop.run(zone, holder);
  }

  /**
   * What digits are, in the same time whatever they are; `wrong` also where the holder has no PIN, or the key is gone.
   *
   * @param digits  at most some dozen characters
   */
  fit({ zone, holder }: PinHolder, digits: string): PinFit {
    const [salt, proof, duress] = this.#get.get(zone, holder) ?? [];
    if (salt === undefined || proof === undefined || duress === undefined || !existsSync(this.#file.path)) return "wrong";
    const shown = this.#proof(this.#key(), Buffer.from(salt, "hex"), digits);
    const [isRight, isDuress] = [timingSafeEqual(shown, Buffer.from(proof, "hex")), timingSafeEqual(shown, Buffer.from(duress, "hex"))];
    return isRight ? "right" : isDuress ? "duress" : "wrong";
  }

  tries(): readonly KeptTries[] {
    return checkedRows<TriesRow>((sql) => this.#database.prepare(sql), "pin_tries").map(([subject, count, locked, at]) => ({
      subject,
      count,
      isLocked: locked === 1,
      at: at === null ? null : unixSeconds(at),
    }));
  }

  /** @throws RecordingFailed when the disk refuses */
  keepTries({ subject, count, isLocked, at }: KeptTries): void {
    const row: TriesRow = [subject, count, isLocked ? 1 : 0, at];
    this.#putTries.run(...row, rowCheck(...row));
  }

  /** @throws RecordingFailed when the disk refuses */
  forgetTries(subject: string): void {
    this.#dropTries.run(subject);
  }

  #proof(key: Uint8Array, salt: Uint8Array, digits: string): Uint8Array {
    const slow = scryptSync(digits, salt, PROOF_BYTES, { N: this.#cost, r: 8, p: 1 });
    return new Uint8Array(createHmac("sha256", key).update(slow).digest());
  }

  #key(): Uint8Array {
    return readSecretFile(this.#file, () => {
      throw new SetupError("the key of the PINs is gone", this.#file.path, this.#file.whenBroken);
    });
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
