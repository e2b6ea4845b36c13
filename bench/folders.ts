import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { REPLAY_GROUP } from "./campus.ts";

const made: string[] = [];
/** Data folders by how many people are in their list, untouched. */
const templates = new Map<number, string>();
process.once("exit", () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder that lives as long as this process. TMPDIR says on which disk. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "portico-bench-"));
  made.push(folder);
  return folder;
}

/** Makes `folder` a controller's data folder with the list of so many people, each of whom has passed the gate before. */
export function fillDataFolder(folder: string, people: number): void {
  let template = templates.get(people);
  if (template === undefined) {
    template = temporaryFolder();
    const program = fileURLToPath(new URL("fill-store.js", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [program, template, String(people), REPLAY_GROUP], { encoding: "utf8" });
    if (status !== 0) throw new Error(`the list of ${people} people could not be made: ${stderr.trim()}`);
    templates.set(people, template);
  }
  cpSync(template, folder, { recursive: true });
}
