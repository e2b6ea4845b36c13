import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { CounterStore } from "@portico/card-protocol/phone";
import { EXIT, Failure } from "./failure.ts";

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
}

/**
 * Reads a phone file, JSON: `{credential, person, site, seed, nextCounter}`, the seed as 64 hex digits.
 *
 * @throws Failure  usage: not there, not of that form, or readable by others
 */
export function readPhoneFile(path: string): PhoneFile {
  const fields = readFields(path);
  const { credential, person, site, seed } = fields;
  const malformed = (what: string): Failure =>
    new Failure(
      EXIT.usage,
      `${what} in this phone file`,
      path,
      "a phone file is JSON: {credential, person, site, seed, nextCounter}; the simulator writes such files",
    );
  if (typeof credential !== "string" || !/^[0-9a-f]{16}$/.test(credential)) throw malformed("no credential of 16 lower-case hex digits");
  if (typeof site !== "string" || !/^[a-z0-9-]{1,32}$/.test(site)) throw malformed("no site id");
  if (typeof seed !== "string" || !/^[0-9a-f]{64}$/.test(seed)) throw malformed("no seed of 64 lower-case hex digits");
  return {
    path,
    site,
    credential,
    person: typeof person === "string" ? person : credential,
    seed: Uint8Array.from(seed.match(/../g)!, (pair) => Number.parseInt(pair, 16)),
  };
}

/** Reads a key file: 64 hex digits, nothing else but a line end. Refused when others may read it. */
export function readSeedFile(path: string): Uint8Array {
  const text = readPrivate(path).trim();
  if (!/^[0-9a-fA-F]{64}$/.test(text))
    throw new Failure(EXIT.usage, "not an Ed25519 seed of 64 hex digits", path, "make one: (umask 077; openssl rand -hex 32 > phone.key)");
  return Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16));
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
        replace(path, `${JSON.stringify({ ...readFields(path), nextCounter: end }, null, 2)}\n`);
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
      const file = openSync(lockFile, "wx", 0o600);
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

function replace(path: string, text: string): void {
  const next = `${path}.next`;
  const file = openSync(next, "w", 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(next, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

function readFields(path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readPrivate(path));
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Failure(EXIT.usage, "not a phone file", path, "a phone file is JSON: {credential, person, site, seed, nextCounter}");
}

function readPrivate(path: string): string {
  const { mode } = statSync(path);
  if ((mode & 0o077) !== 0) throw new Failure(EXIT.usage, "others may read this key", path, `chmod 600 ${path}, and treat the key as known: enrol a new one`);
  return readFileSync(path, "utf8");
}
