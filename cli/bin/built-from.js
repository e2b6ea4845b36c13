import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const WORKSPACES = ["card-protocol", "firmware-ts", "controller", "cloud-sync", "simulator", "cli"];

/** When the compiler has written last: each workspace's build files with their times, ms. A workspace that is not built has none. */
export function builtFrom() {
  return WORKSPACES.flatMap((workspace) =>
    buildFiles(`${root}${workspace}/dist`).map((file) => [`${workspace}/${file}`, statSync(`${root}${workspace}/dist/${file}`).mtimeMs]),
  );
}

function buildFiles(folder) {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".tsbuildinfo"));
  } catch {
    return [];
  }
}
