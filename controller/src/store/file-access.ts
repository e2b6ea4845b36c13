import { SetupError } from "@portico/card-protocol";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { markFile } from "./chain-mark.ts";

/** What the system says to the use of a file: undefined where it allows it, else its code for why not, e.g. `EACCES`. */
export type AskAccess = (path: string, mode: number) => string | undefined;

/**
 * Asks, before anything is opened, whether the folder of a database and each file of it that is there may be used as a controller has to: what SQLite says
 * instead sounds like a broken disk.
 *
 * @param ask  the system's own answer unless a test stands in for it
 * @throws SetupError naming the file, whose it is and whose it must be
 */
export function requireAccess(databasePath: string, ask: AskAccess = systemAccess): void {
  const { R_OK, W_OK, X_OK } = constants;
  const folder = dirname(databasePath);
  requireUse(folder, ask(folder, R_OK | W_OK | X_OK));
  for (const path of [databasePath, `${databasePath}-wal`, `${databasePath}-shm`, markFile(databasePath)]) {
    if (!existsSync(path)) continue;
    if (!statSync(path).isFile()) throw new SetupError("this is not a file", path, "Move it out of the folder: a file of the controller belongs here.");
    requireUse(path, ask(path, R_OK | W_OK));
  }
}

function requireUse(path: string, code: string | undefined): void {
  if (code === undefined) return;
  if (code === "EROFS")
    throw new SetupError(
      "the disk is mounted read-only",
      path,
      "Mount it for writing. A kernel does that to a disk that fails: look into `dmesg`, and replace it.",
    );
  const { uid, gid, mode } = statSync(path);
  const [user, group] = [process.getuid?.(), process.getgid?.()];
  throw new SetupError(
    `uid ${user} may not read and write this (${code}): it belongs to uid ${uid}, gid ${gid}, with mode ${(mode & 0o7777).toString(8).padStart(4, "0")}`,
    path,
    `It must belong to the user who runs the controller. If that is uid ${user}, run \`chown ${user}:${group} ${path}\` and \`chmod u+rwX ${path}\`; else run this as that user.`,
  );
}

function systemAccess(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
