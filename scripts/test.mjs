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
// One checker each: what several of them know of a type, each finds out for itself. Both at once take what two cores have.
const checks = [
  ["types, those of the tests too", "tsc", ["--checkers", "1"]],
  ["lint", "oxlint", ["--type-aware", "--quiet"]],
  ["format", "oxfmt", ["--check", "."]],
];
const checked = await Promise.all(checks.map(([, command, args]) => run(command, args)));
const failures = checks.filter((_, nth) => !checked[nth]).map(([name]) => name);
const tests = runVitest("vitest.config.ts", process.argv.slice(2));
close({
  passed: tests.passed + checks.length - failures.length,
  failed: tests.failed + failures.length,
  failures: [...failures, ...tests.failures],
});

/** Whether a program from node_modules ends well; what it says is on the terminal. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(join(root, "node_modules", ".bin", command), args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", () => resolve(false));
    child.once("close", (status) => resolve(status === 0));
  });
}
