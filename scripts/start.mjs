/** `npm start`: sets up, then runs the main job on embedded defaults: `portico sim run` with the given options. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

setUp();
const child = spawn(process.execPath, [join(root, "cli", "bin", "portico.js"), "sim", "run", ...process.argv.slice(2)], { stdio: "inherit" });
// The terminal sends Ctrl-C to the whole group: this process only waits until the campus has shut down cleanly.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
