import { writeFileSync } from "node:fs";

/** Where {@link VitestCounts} writes: a path in the environment. */
export const COUNTS_FILE = "PORTICO_TEST_COUNTS";

/** A vitest reporter that says nothing and leaves how many tests came to what, and which failed why, as JSON. */
export default class VitestCounts {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: 0, unrun: 0, failures: errors.map((error) => `outside of every test: ${firstLineOf(error)}`) };
    for (const module of modules) {
      for (const error of module.errors()) counts.failures.push(`${module.relativeModuleId}: ${firstLineOf(error)}`);
      for (const test of module.children.allTests()) {
        const { state, errors: reasons = [] } = test.result();
        counts[state === "passed" || state === "failed" ? state : "unrun"]++;
        if (state !== "passed") counts.failures.push(`${module.relativeModuleId}, ${test.fullName}: ${state === "failed" ? firstLineOf(reasons[0]) : state}`);
      }
    }
    writeFileSync(process.env[COUNTS_FILE], JSON.stringify(counts));
  }
}

const firstLineOf = (error) => String(error?.message ?? "no reason given").split("\n")[0];
