import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Gives a file this content, all of it or none: a new file takes the old one's place. On the disk when it returns.
 *
 * @param mode  permissions, whatever the umask leaves of them; 0o600 for what holds a key
 * @throws the system's error; the file is then as it was
 */
export function writeDurably(path: string, content: string | Uint8Array, mode: number): void {
  const next = `${path}.next`;
  rmSync(next, { force: true }); // one that was left behind would keep its own mode
  const file = openSync(next, "wx", mode);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
