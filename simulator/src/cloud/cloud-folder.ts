import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RandomBytes, sameBytes, SetupError } from "@portico/card-protocol";
import { openCloud, SIGNING_KEY_FILE, STORE_FILE } from "@portico/cloud-sync";
import { readControllerKey } from "@portico/controller";
import { allReaders } from "../campus/campus.ts";
import { TRUST_LIST_FILE } from "../campus/campus-configuration.ts";
import { type CampusFolder, partFolder } from "../campus/campus-folder.ts";
import { writeCloudKeys } from "./cloud-keys.ts";
import { type CampusFilling, fillCloud } from "./fill-cloud.ts";

/** The cloud's folder within the campus's. */
export const CLOUD_FOLDER = "cloud";
/** The access points that the cloud was filled with. */
const READERS_FILE = "readers";
/** What every controller that has ever run has. Source: the controller's store. */
const DATABASE_FILE = "controller.db";

/**
 * The folder of a campus's cloud: made with the whole campus in it where no controller has run yet, used again where it is there. One that was made by half
 * is made anew.
 *
 * @param more  what a new one has beside the campus
 * @returns its path
 * @throws SetupError  it is gone while the controllers still hold what the old one has signed, or it is that of another campus, or of one with other readers
 */
export async function openCloudFolder(folder: CampusFolder, randomBytes: RandomBytes, more: CampusFilling = {}): Promise<string> {
  const { campus, path: campusPath } = folder;
  const path = join(campusPath, CLOUD_FOLDER);
  if (existsSync(join(path, STORE_FILE))) {
    const key = join(path, SIGNING_KEY_FILE);
    if (existsSync(key) && !sameBytes(new Uint8Array(readFileSync(key)), campus.keys.cloud))
      throw new SetupError("this cloud belongs to another campus", path, `put back the folder that was there, or begin a new campus: rm -rf ${campusPath}`);
    if (!existsSync(join(path, READERS_FILE)) || readFileSync(join(path, READERS_FILE), "utf8") !== readersOf(folder))
      throw new SetupError("this cloud knows another campus: readers have come or gone since it was made", path, `begin a new campus: rm -rf ${campusPath}`);
    return path;
  }
  const held = campus.parts.map((part) => join(partFolder(campusPath, campus, part), DATABASE_FILE)).find((file) => existsSync(file));
  if (held !== undefined)
    throw new SetupError(
      "the cloud's folder is gone, and the controllers would refuse another cloud: its lists would begin before those that they hold",
      path,
      `put it back from a copy, or begin a new campus: rm -rf ${campusPath}`,
    );
  const making = `${path}.new`;
  rmSync(making, { recursive: true, force: true });
  writeCloudKeys(making, campus, new Uint8Array(readFileSync(join(campusPath, TRUST_LIST_FILE))));
  const keys = new Map(campus.parts.map((part) => [part.controller, readControllerKey(partFolder(campusPath, campus, part), randomBytes).publicKey]));
  const cloud = await openCloud({ dataFolder: making, site: campus.site, timeZone: campus.timeZone });
  try {
    await fillCloud(cloud, campus, keys, more);
  } finally {
    await cloud.database.close();
  }
  writeFileSync(join(making, READERS_FILE), readersOf(folder));
  renameSync(making, path);
  return path;
}

const readersOf = ({ campus }: CampusFolder): string => `${allReaders(campus).join("\n")}\n`;
