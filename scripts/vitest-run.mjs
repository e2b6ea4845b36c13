import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./setup.mjs";
import { COUNTS_FILE } from "./vitest-counts.mjs";

/**
 * Runs vitest with one of the project's configurations, its output on the terminal.
 *
 * @returns {Promise<{ passed: number, failed: number, failures: string[] }>} tests, and a line for each that failed; a run that crashed, skipped a test or found none counts one more failed
 */
export async function runVitest(config, args) {
  const folder = mkdtempSync(join(tmpdir(), "portico-test-"));
  const file = join(folder, "counts.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", `--reporter=${join(root, "scripts", "vitest-counts.mjs")}`];
  const running = spawn(process.execPath, [vitest, "run", "--config", config, ...reporters, ...args], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, [COUNTS_FILE]: file },
  });
  const [status] = await once(running, "close");
  let counts = { passed: 0, failed: 0, unrun: 0, failures: [] };
  try {
    counts = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    process.stderr.write(`vitest left no counts: ${cause.message}\n`);
  }
  rmSync(folder, { recursive: true, force: true });
  const crashed = counts.failed === 0 && (status !== 0 || counts.passed === 0) ? 1 : 0;
  const failures = counts.failures.length === 0 && crashed > 0 ? [`vitest ended with ${String(status)}`] : counts.failures;
  return { passed: counts.passed, failed: counts.failed + counts.unrun + crashed, failures };
}
