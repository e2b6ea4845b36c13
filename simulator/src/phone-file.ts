import { SetupError } from "@portico/card-protocol";
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import type { CounterStore } from "@portico/card-protocol/phone";
import { writeDurably } from "./durable-file.ts";

/** A phone that lives in a file: the key of one held credential and how far its counters may have been used. */
export interface PhoneFile {
  readonly path: string;
  readonly site: string;
  /** 16 lower-case hex digits. */
  readonly credential: string;
  /** Whose phone it is, for the caption. */
  readonly person: string;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** How far this phone's clock is off, seconds: + fast, − slow. 0 where the file says nothing. */
  readonly clockErrorS: number;
}

/** Only whoever owns a key may read it. */
const PRIVATE = 0o600;
const FORM = "a phone file is JSON: {credential, person, site, seed, nextCounter}";

/**
 * Reads a phone file, JSON: `{credential, person, site, seed, nextCounter}`, the seed as 64 hex digits; `clockErrorS` may stand beside them.
 *
 * @throws SetupError  not of that form, or readable by others
 */
export function readPhoneFile(path: string): PhoneFile {
  const { credential, person, site, seed, clockErrorS = 0 } = readFields(path);
  const malformed = (what: string): SetupError => new SetupError(`${what} in this phone file`, path, `${FORM}; the simulator writes such files`);
  if (typeof credential !== "string" || !/^[0-9a-f]{16}$/.test(credential)) throw malformed("no credential of 16 lower-case hex digits");
  if (typeof site !== "string" || !/^[a-z0-9-]{1,32}$/.test(site)) throw malformed("no site id");
  if (typeof seed !== "string" || !/^[0-9a-f]{64}$/.test(seed)) throw malformed("no seed of 64 lower-case hex digits");
  if (!Number.isInteger(clockErrorS)) throw malformed("no clockErrorS of whole seconds");
  return { path, site, credential, person: typeof person === "string" ? person : credential, seed: seedOf(seed), clockErrorS: clockErrorS as number };
}

/**
 * Writes the file of a new phone, mode 0600: none of its counters is used yet. On the disk when it returns.
 *
 * @throws SetupError  a file is there: whatever counters its phone has used must not be used again
 */
export function writePhoneFile(phone: PhoneFile): void {
  const { path, credential, person, site, seed, clockErrorS } = phone;
  if (existsSync(path)) throw new SetupError("there is a phone already", path, "remove the file if nobody needs this phone any more");
  const fields = { credential, person, site, seed: Buffer.from(seed).toString("hex"), nextCounter: 0, ...(clockErrorS === 0 ? {} : { clockErrorS }) };
  writeDurably(path, `${JSON.stringify(fields, null, 2)}\n`, PRIVATE);
}

/**
 * Reads a key file: 64 hex digits, nothing else but a line end.
 *
 * @throws SetupError  not of that form, or readable by others
 */
export function readSeedFile(path: string): Uint8Array {
  const text = readPrivate(path).trim();
  if (!/^[0-9a-fA-F]{64}$/.test(text))
    throw new SetupError("not an Ed25519 seed of 64 hex digits", path, "make one: (umask 077; openssl rand -hex 32 > phone.key)");
  return seedOf(text);
}

/** Writes a key file, mode 0600. On the disk when it returns. */
export function writeSeedFile(path: string, seed: Uint8Array): void {
  writeDurably(path, `${Buffer.from(seed).toString("hex")}\n`, PRIVATE);
}

/**
 * The counters of a phone file. An end is stored durably, by a new file that takes the old one's place; a lock file lets one program at a time do so,
 * so two that show passes of one phone never sign with one counter.
 */
export function phoneFileCounters(path: string): CounterStore {
  let loaded: number | undefined;
  const load = (): number | undefined => {
    const { nextCounter } = readFields(path);
    return (loaded = nextCounter as number | undefined);
  };
  return {
    load,
    store(end) {
      const expected = loaded;
      const unlock = lock(path);
      if (unlock === undefined) return false;
      try {
        if (load() !== expected) return false;
        writeDurably(path, `${JSON.stringify({ ...readFields(path), nextCounter: end }, null, 2)}\n`, PRIVATE);
        return true;
      } finally {
        unlock();
      }
    },
  };
}

/** Takes the lock of a phone file; undefined while a living program has it. */
function lock(path: string): (() => void) | undefined {
  const lockFile = `${path}.lock`;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(lockFile, "wx", PRIVATE);
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(lockFile, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (isHeld(lockFile)) return undefined;
      rmSync(lockFile, { force: true });
    }
  }
  return undefined;
}

function isHeld(lockFile: string): boolean {
  try {
    process.kill(Number(readFileSync(lockFile, "utf8")), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readFields(path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readPrivate(path));
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new SetupError("not a phone file", path, FORM);
}

function readPrivate(path: string): string {
  const { mode } = statSync(path);
  if ((mode & 0o077) !== 0) throw new SetupError("others may read this key", path, `chmod 600 ${path}, and treat the key as known: enrol a new one`);
  return readFileSync(path, "utf8");
}

const seedOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
