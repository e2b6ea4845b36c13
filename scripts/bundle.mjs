/**
 * Puts the built program into one file, cli/bundle/main.cjs, and beside it what the engine makes of it: `portico` is there in a third of the time, because
 * Node neither opens some 460 modules nor compiles what a start runs. What a controller runs of it is a file of its own, controller-program.cjs: all of a
 * bundle stays in the memory of whoever runs it.
 *
 * cli/bin/portico.js runs them as long as they were made from what the compiler has written last, and the compiler's own files otherwise.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtFrom } from "../cli/bin/built-from.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "cli", "bundle");
const stampFile = join(folder, "built-from.json");

/** Packages that bring binaries or look for files beside themselves: they are loaded from node_modules. */
export const APART = [
  "@jellybrick/dbus-next",
  "avr8js",
  "avrgirl-arduino",
  "better-sqlite3",
  "file-type",
  "johnny-five",
  "node-ble",
  "nodemailer",
  "pg",
  "serialport",
];

/** Makes the bundle where there is none of this build. */
export function bundle() {
  const stamp = JSON.stringify(builtFrom());
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  rmSync(stampFile, { force: true });
  mkdirSync(folder, { recursive: true });
  // The engine tells its own form of one bundle from that of another by the length alone: none stays.
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  const { buildSync } = createRequire(join(root, "package.json"))("esbuild");
  buildSync({
    absWorkingDir: root,
    // The threads that read lists and count pages are programs of their own, started by their files' names.
    entryPoints: {
      main: "cli/dist/main.js",
      "controller-program": "cli/dist/controller-program.js",
      "list-thread": "controller/dist/list/list-thread.js",
      "page-thread": "controller/dist/printing/page-thread.js",
    },
    outdir: folder,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20.19",
    define: { "import.meta.url": "portico_url" },
    banner: { js: 'const portico_url = require("node:url").pathToFileURL(__filename).href;' },
    external: APART.flatMap((name) => [name, `${name}/*`]),
    // Comments and indentation would stay in the memory of every program for as long as it runs.
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: "none",
    logLevel: "warning",
  });
  for (const name of readdirSync(folder)) {
    lendImport(join(folder, name));
    requireAscii(join(folder, name));
  }
  keepCode();
  writeFileSync(stampFile, stamp);
}

/** Packages that are loaded when they are needed: a bundle imports them as whoever compiled it does (cli/bin/compile-bundle.js). */
function lendImport(file) {
  const text = readFileSync(file, "utf8");
  const lent = text.replaceAll(/(?<![\w$.])import\(("[^"]+")\)/g, "portico_import($1)");
  if (lent === text) return;
  if (file.endsWith("-thread.cjs")) throw new Error(`${file} imports when it runs: a thread is compiled by Node itself, and nobody lends it a way to`);
  writeFileSync(file, lent);
}

/** The bundler escapes texts, but no regular expression; and what is read as single bytes would mean something else then. */
function requireAscii(file) {
  const found = /.{0,60}\P{ASCII}.{0,20}/u.exec(readFileSync(file, "utf8"));
  if (found !== null) throw new Error(`${file} holds a character that is not ASCII: write it as \\u… in the source: ${found[0]}`);
}

/** How `portico` is started: by its first line, and by `node`. What the engine keeps holds for the flags that it had. */
const [firstLine] = readFileSync(join(root, "cli", "bin", "portico.js"), "utf8").split("\n");
const WAYS = [firstLine.split(" ").filter((word) => word.startsWith("--")), []];
/** Long enough for a start; one that hangs leaves no cache, and later starts compile. */
const START_MS_MAX = 30_000;

/** Has the engine keep what it compiles of both bundles at the start of a controller, by starting one that has nothing on its wires. */
function keepCode() {
  const place = mkdtempSync(join(tmpdir(), "portico-start-"));
  const places = ["--config", join(place, "portico.toml"), "--data", join(place, "data")];
  const run = (program, flags, words) => {
    const file = join(folder, `${program}.cjs`);
    const options = { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"], timeout: START_MS_MAX };
    const { status, stderr } = spawnSync(process.execPath, [...flags, join(root, "scripts", "code-cache.mjs"), file, ...words], options);
    // What the engine keeps of a program that did not start helps no start; nothing else would show it.
    if (status !== 0)
      process.stderr.write(`portico setup: \`portico ${words.slice(0, 2).join(" ")}\` fails in the new ${program}.cjs, so starts stay slow: ${stderr}\n`);
  };
  try {
    run("main", [], ["config", "init", "--scanner", "127.0.0.1:9", "--board", "127.0.0.1:10", ...places]);
    for (const program of ["main", "controller-program"]) for (const flags of WAYS) run(program, flags, ["controller", "run", ...places]);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
