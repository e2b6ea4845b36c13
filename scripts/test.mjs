/**
 * `npm test`: sets up, checks types, lint and format, runs every test that needs no Debian program, and closes with `N passed, N failed`.
 * A failed static check counts as one failed; arguments go to vitest (`npm test -- decide`).
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { close } from "./closing-lines.mjs";
import { root, setUp } from "./setup.mjs";
import { runVitest } from "./vitest-run.mjs";

setUp();
// One checker: what several of them know of a type, each finds out for itself.
const checks = [
  ["types, those of the tests too", "tsc", ["--checkers", "1"]],
  ["lint", "oxlint", ["--type-aware", "--quiet"]],
  ["format", "oxfmt", ["--check", "."]],
];
// Beside the tests: some of these wait for programs of theirs, and leave a core meanwhile.
const [tests, ...checked] = await Promise.all([runVitest("vitest.config.ts", process.argv.slice(2)), ...checks.map(([, command, args]) => run(command, args))]);
const failures = checks.filter((_, nth) => !checked[nth]).map(([name]) => name);
close({
  passed: tests.passed + checks.length - failures.length,
  failed: tests.failed + failures.length,
  failures: [...failures, ...tests.failures],
});

/** Whether a program from node_modules ends well. What it says comes in one piece when it ends: the tests talk meanwhile. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(join(root, "node_modules", ".bin", command), args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(chunk));
    child.once("error", (cause) => {
      process.stdout.write(`${command} could not be started: ${cause.message}\n`);
      resolve(false);
    });
    child.once("close", (status) => {
      process.stdout.write(Buffer.concat(said));
      resolve(status === 0);
    });
  });
}
