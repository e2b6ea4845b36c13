import { SetupError } from "@portico/card-protocol";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIGURATION_MARK } from "../campus/campus-configuration.ts";

/** What only a simulated campus has. */
const CAMPUS_KEY_FILE = "keys/campus.key";
/** What every controller has. Source: the controller's store. */
const DATABASE_FILE = "controller.db";

/** A configuration that somebody wrote for real doors is not overwritten, and no campus is loaded into a real controller's database. @throws SetupError */
export function requireOwnFolder(folder: string): void {
  const file = join(folder, "portico.toml");
  const isOwn = existsSync(file) ? readFileSync(file, "utf8").startsWith(CONFIGURATION_MARK) : existsSync(join(folder, CAMPUS_KEY_FILE));
  if (!isOwn && (existsSync(file) || existsSync(join(folder, DATABASE_FILE))))
    throw new SetupError("this folder belongs to a controller of real doors", existsSync(file) ? file : folder, "name another folder with --data");
}
