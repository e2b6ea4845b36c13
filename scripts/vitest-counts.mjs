import { writeFileSync } from "node:fs";

/** Where {@link VitestCounts} writes: a path in the environment. */
export const COUNTS_FILE = "PORTICO_TEST_COUNTS";

/** A vitest reporter that says nothing and leaves how many tests came to what, as JSON. */
export default class VitestCounts {
  onTestRunEnd(modules) {
    const counts = { passed: 0, failed: 0, unrun: 0 };
    for (const module of modules)
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === "passed" || state === "failed" ? state : "unrun"]++;
      }
    writeFileSync(process.env[COUNTS_FILE], JSON.stringify(counts));
  }
}
