/**
 * Puts the built program into few files, cli/bundle: `portico` is there in half the time, because Node opens a few dozen modules instead of some 460.
 *
 * cli/bin/portico.js runs it as long as it was made from what the compiler has written last, and the compiler's own files otherwise.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtFrom } from "../cli/bin/built-from.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "cli", "bundle");
const stampFile = join(folder, "built-from.json");

/** Packages that bring binaries or look for files beside themselves: they are loaded from node_modules. */
const APART = ["avr8js", "avrgirl-arduino", "better-sqlite3", "johnny-five", "node-ble", "pg", "serialport"];

/** Makes the bundle where there is none of this build. */
export function bundle() {
  const stamp = JSON.stringify(builtFrom());
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  rmSync(stampFile, { force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  const { buildSync } = createRequire(join(root, "package.json"))("esbuild");
  buildSync({
    absWorkingDir: root,
    // The thread that reads lists is a program of its own, started by its file's name.
    entryPoints: { main: "cli/dist/main.js", "list-thread": "controller/dist/list/list-thread.js" },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    // What the bundle holds of CommonJS asks for Node's own modules by `require`.
    banner: { js: 'import { createRequire as portico_createRequire } from "node:module";\nconst require = portico_createRequire(import.meta.url);' },
    external: APART.flatMap((name) => [name, `${name}/*`]),
    logLevel: "warning",
  });
  writeFileSync(stampFile, stamp);
}
