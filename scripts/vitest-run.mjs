import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./setup.mjs";

/**
 * Runs vitest with one of the project's configurations, its output on the terminal.
 *
 * @returns {{ passed: number, failed: number }} tests; a run that crashed, skipped a test or found none counts one more failed
 */
export function runVitest(config, args) {
  const folder = mkdtempSync(join(tmpdir(), "portico-test-"));
  const report = join(folder, "report.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const { status } = spawnSync(
    process.execPath,
    [vitest, "run", "--config", config, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
  );
  let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  try {
    counts = JSON.parse(readFileSync(report, "utf8"));
  } catch (cause) {
    process.stderr.write(`vitest left no report: ${cause.message}\n`);
  }
  rmSync(folder, { recursive: true, force: true });
  const unrun = counts.numPendingTests + counts.numTodoTests;
  const crashed = counts.numFailedTests === 0 && (status !== 0 || counts.numPassedTests === 0) ? 1 : 0;
  return { passed: counts.numPassedTests, failed: counts.numFailedTests + unrun + crashed };
}
