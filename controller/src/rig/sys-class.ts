import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A `/sys/class` with these files. @param atEnd  is given what removes it  @returns its folder */
export function sysClass(files: Readonly<Record<string, string>>, atEnd: (remove: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  atEnd(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
  return folder;
}
