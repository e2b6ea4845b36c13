/** The peers' tests: against real programs from Debian, which `.ci/run` installs. Closes with `N passed, N failed`. */
import { setUp } from "./setup.mjs";
import { close } from "./closing-lines.mjs";
import { runVitest } from "./vitest-run.mjs";

setUp();
close(await runVitest("vitest.peers.config.ts", process.argv.slice(2)));
