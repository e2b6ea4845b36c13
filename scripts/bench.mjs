/** `npm run bench`: sets up, then measures. `-- --json` prints JSON lines, `-- --only NAME` one goal. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

setUp();
/** Many short pauses of the one who measures instead of few long ones: they stand in every latency. */
const SHORT_PAUSES = "--max-semi-space-size=2";
const program = join(root, "bench", "dist", "main.js");
const { status } = spawnSync(process.execPath, [SHORT_PAUSES, program, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
