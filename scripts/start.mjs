/**
 * `npm start`: sets up, then runs `portico sim run` with the arguments given (`npm start -- --once`), in this very program: Ctrl-C reaches it,
 * and its exit code is the command's.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, setUp } from "./setup.mjs";

setUp();
const portico = join(root, "cli", "bin", "portico.js");
process.argv = [process.execPath, portico, "sim", "run", ...process.argv.slice(2)];
await import(pathToFileURL(portico).href);
