/**
 * `npm test`: sets up, checks types, lint and format, runs every test that needs no Debian program, and closes with `N passed, N failed`.
 * A failed static check counts as one failed; arguments go to vitest (`npm test -- decide`).
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";
import { runVitest } from "./vitest-run.mjs";

setUp();
const bin = (name) => join(root, "node_modules", ".bin", name);
const checks = [
  ["types of the tests", bin("tsc"), ["-p", "tsconfig.test.json"]],
  ["lint", bin("oxlint"), ["--type-aware", "--quiet"]],
  ["format", bin("oxfmt"), ["--check", "."]],
];
let passed = 0;
let failed = 0;
for (const [name, command, args] of checks) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status === 0) passed++;
  else {
    failed++;
    process.stdout.write(`${String(name)}: failed\n`);
  }
}
const tests = runVitest("vitest.config.ts", process.argv.slice(2));
passed += tests.passed;
failed += tests.failed;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
