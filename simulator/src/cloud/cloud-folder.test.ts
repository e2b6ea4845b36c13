import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unixSeconds } from "@portico/card-protocol";
import { CloudKeys, keyFolder, openCloud, STORE_FILE } from "@portico/cloud-sync";
import { readControllerKey } from "@portico/controller";
import { seededRandom, seededRandomBytes } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { type CampusFolder, openCampusFolder } from "../campus/campus-folder.ts";
import { CLOUD_KID } from "../campus/campus.ts";
import { smallCampus } from "../campus/small-campus.ts";
import { openCloudFolder } from "./cloud-folder.ts";

const NOW = unixSeconds(1_800_000_000);

function campusFolder(seed = 1): CampusFolder {
  const path = mkdtempSync(join(tmpdir(), "portico-cloud-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return openCampusFolder(path, smallCampus, seededRandomBytes(seededRandom(seed)), NOW);
}
const opened = (folder: CampusFolder): Promise<string> => openCloudFolder(folder, seededRandomBytes(seededRandom(9)));

test("a new cloud has the campus, its key and a trust list that lets it sign; it is the owner's alone, and knows both controllers by the keys that they have made", async () => {
  const folder = campusFolder();
  const path = await opened(folder);
  expect([path, statSync(path).mode & 0o777, existsSync(`${path}.new`)]).toEqual([join(folder.path, "cloud"), 0o700, false]);
  const { campus } = folder;
  const cloud = await openCloud({ dataFolder: path, site: campus.site, timeZone: campus.timeZone });
  try {
    const { trustList, publicKeys } = await CloudKeys.open(cloud, keyFolder(path, cloud.randomBytes));
    expect([trustList?.sequence, trustList?.keys.get(CLOUD_KID)]).toEqual([
      1,
      expect.objectContaining({ publicKey: publicKeys[0], usages: ["feed", "command", "time"] }),
    ]);
    const rows = await cloud.database.queries.selectFrom("controller").select(["id", "public_key", "zones"]).orderBy("id").execute();
    const keyIn = (name: string): string => Buffer.from(readControllerKey(join(folder.path, name), () => new Uint8Array()).publicKey).toString("hex");
    expect(rows.map(({ id, zones, public_key }) => [id, zones, Buffer.from(public_key).toString("hex")])).toEqual([
      ["gate-house", '["gates"]', keyIn(".")],
      ["library-house", '["library"]', keyIn("library")],
    ]);
    const cards = await cloud.database.queries.selectFrom("credential").select(["id", "state"]).where("kind", "=", "card").orderBy("id").execute();
    expect(cards).toEqual(
      campus.people
        .flatMap(({ card }) => (card === undefined ? [] : [{ id: card.credential, state: card.suspension === undefined ? "active" : "lost" }]))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
  } finally {
    await cloud.database.close();
  }
});

test("it is used again, and one that was made by half is made anew", async () => {
  const folder = campusFolder();
  mkdirSync(join(folder.path, "cloud.new"));
  writeFileSync(join(folder.path, "cloud.new", STORE_FILE), "half of a store");
  const path = await opened(folder);
  const store = readFileSync(join(path, STORE_FILE));
  expect(await opened(folder)).toBe(path);
  expect(store.equals(readFileSync(join(path, STORE_FILE)))).toBe(true);
});

test("a cloud that is gone while a controller has run is not replaced: what to do is said", async () => {
  const folder = campusFolder();
  await opened(folder);
  rmSync(join(folder.path, "cloud"), { recursive: true });
  writeFileSync(join(folder.path, "library", "controller.db"), "");
  await expect(opened(folder)).rejects.toThrow(
    expect.objectContaining({
      name: "SetupError",
      what: expect.stringContaining("the cloud's folder is gone"),
      remedy: expect.stringContaining(`rm -rf ${folder.path}`),
    }),
  );
  expect(existsSync(join(folder.path, "cloud"))).toBe(false);
});

test("the cloud of another campus is refused", async () => {
  const [folder, other] = [campusFolder(1), campusFolder(2)];
  await opened(other);
  renameSync(join(other.path, "cloud"), join(folder.path, "cloud"));
  await expect(opened(folder)).rejects.toThrow(expect.objectContaining({ what: "this cloud belongs to another campus" }));
});
