/** `npm run bench`: sets up, then measures. `-- --json` prints JSON lines, `-- --only NAME` one goal. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

setUp();
const { status } = spawnSync(process.execPath, [join(root, "bench", "dist", "main.js"), ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
