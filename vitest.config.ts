import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

/**
 * Workspaces resolve to their TypeScript sources: no build stands between a change and its test. `import` and `require` are added by whoever loads, and must
 * not stand here: a package that requires another would be given its module.
 */
const conditions = ["portico-source", "node"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["*/src/**/*.test.ts", "simulator/scenarios/**/*.scenario.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.peer.test.ts"],
    setupFiles: ["./test/every-test-asserts.ts", "./test/same-inputs.ts"],
    testTimeout: 60_000,
    // Files share a process and what it has loaded: nothing of ours keeps state in a module, and loading everything anew took a third of all time.
    isolate: false,
    // Half as many again as there are cores: a few files wait for programs of their own, and the others go on meanwhile.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    sequence: { sequencer: LongestFirst },
    // Its imports name no extensions: only a bundler finds them.
    server: { deps: { inline: ["@ldclabs/cose-ts"] } },
  },
});
