/** `npm start`: sets up, then makes a pass, shows its QR and judges it as a door does. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

setUp();
mkdirSync(join(root, ".portico"), { recursive: true });
const { status } = spawnSync(process.execPath, [join(root, "scripts", "first-pass.mjs")], { stdio: "inherit", cwd: root });
process.exit(status ?? 1);
