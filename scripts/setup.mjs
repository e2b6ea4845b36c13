/**
 * Makes a checkout ready to run: installs what the lock file names, then builds and bundles. Needs nothing but Node and npm.
 *
 * Installing is skipped while the stamp in node_modules matches lock file, Node ABI and platform; building is incremental.
 * An interrupted install leaves no stamp, so the next run starts it again.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = join(root, "node_modules", ".portico-setup");

/** Installs and builds where needed. Ends the process with the failed step's exit code when one fails. */
export function setUp() {
  requireNode();
  const wanted = stamp();
  if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== wanted) {
    say("installing packages (once; two minutes where the database driver must be compiled) …");
    rmSync(stampFile, { force: true });
    run(
      "npm",
      ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"],
      "the packages could not be installed. Check the network to the npm registry and that make and g++ are there (apt install build-essential python3), then run the command again.",
    );
    writeFileSync(stampFile, wanted);
  }
  run(
    process.execPath,
    [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", "tsconfig.build.json"],
    "the build failed; the lines above name file and line.",
  );
  bundle();
}

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(
    `portico: Node ${process.versions.node} is too old\nneeds: Node 20.19 or newer\nnext: install it (Debian 13: apt install nodejs) and run the command again\n`,
  );
  process.exit(2);
}

function stamp() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return `${lock} abi ${process.versions.modules} ${process.platform} ${process.arch}\n`;
}

/** What npm and the compiler say is talk: standard output carries what was asked for behind them, JSON lines of the bench for one. */
function run(command, args, whenItFails) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  say(`${whenItFails}${error ? ` (${error.message})` : signal ? ` (ended by ${signal})` : ""}`);
  process.exit(status ?? 1);
}

const say = (line) => process.stderr.write(`portico setup: ${line}\n`);

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
