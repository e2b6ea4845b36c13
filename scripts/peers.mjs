/** The peers' tests: against real programs from Debian, which `.ci/run` installs. Closes with `N passed, N failed`. */
import { setUp } from "./setup.mjs";
import { runVitest } from "./vitest-run.mjs";

setUp();
const { passed, failed } = runVitest("vitest.peers.config.ts", process.argv.slice(2));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
