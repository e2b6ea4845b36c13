import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { SetupError } from "../setup-error.ts";

/** A file that holds one secret and nothing else, for its owner alone. */
export interface SecretFile {
  readonly path: string;
  /** As a sentence names it: `the zone key`. */
  readonly what: string;
  readonly bytes: number;
  /** What to do where somebody may have read it, as a sentence. */
  readonly whenRead: string;
  /** What to do where it is not whole, as a sentence. */
  readonly whenBroken: string;
}

/**
 * Reads the secret, or makes it where there is no file. Mode 0600.
 *
 * @throws SetupError when others may read it, when it is not whole, or when it cannot be read or written
 */
export function readSecretFile(file: SecretFile, make: (bytes: number) => Uint8Array): Uint8Array {
  const { path, what, bytes, whenRead, whenBroken } = file;
  if (!existsSync(path)) writeSecretFile(file, make(bytes));
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new SetupError(`others on this machine may read ${what} (mode ${mode.toString(8).padStart(4, "0")})`, path, `Run \`chmod 600 ${path}\`. ${whenRead}`);
  let secret: Uint8Array;
  try {
    secret = new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new SetupError(`${what} cannot be read: ${(error as Error).message}`, path, "Let the user who runs this program own the file.", { cause: error });
  }
  if (secret.length !== bytes) throw new SetupError(`${what} has ${secret.length} bytes instead of ${bytes}`, path, whenBroken);
  return secret;
}

/**
 * Writes the secret, under another name until it is whole and on the disk: half a key must never look like one.
 *
 * @throws SetupError when it cannot be written
 */
export function writeSecretFile({ path, what }: Pick<SecretFile, "path" | "what">, secret: Uint8Array): void {
  const unfinished = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(unfinished, { force: true });
    const descriptor = openSync(unfinished, "wx", 0o600);
    try {
      writeSync(descriptor, secret);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    chmodSync(unfinished, 0o600); // whatever the umask
    renameSync(unfinished, path);
  } catch (error) {
    throw new SetupError(`${what} cannot be written: ${(error as Error).message}`, path, "Let the user who runs this program own the folder.", {
      cause: error,
    });
  }
}
