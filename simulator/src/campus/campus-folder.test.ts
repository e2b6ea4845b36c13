import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unixSeconds } from "@portico/card-protocol";
import { readConfiguration } from "@portico/controller";
import { seededRandom, seededRandomBytes } from "@portico/firmware-ts";
import { expect, onTestFinished, test } from "vitest";
import { readPhoneFile } from "../phone-file.ts";
import { type CampusFolder, openCampusFolder, writeCampusConfiguration } from "./campus-folder.ts";
import type { CampusPart } from "./campus.ts";
import { smallCampus } from "./small-campus.ts";

const NOW = unixSeconds(1_800_000_000);

function emptyFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "portico-campus-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}
const open = (path: string, seed = 1): CampusFolder => openCampusFolder(path, smallCampus, seededRandomBytes(seededRandom(seed)), NOW);
/** Every file of the folder with its content. */
const contents = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(path.length + 1), readFileSync(file, "hex")]),
  );

test("a new folder holds phones, keys and trust list; keys and phones are the owner's alone", () => {
  const path = emptyFolder();
  open(path);
  const files = Object.keys(contents(path));
  expect(files.filter((file) => file.startsWith("keys/"))).toEqual(
    ["campus", "issuer", "operator", "root-1", "root-2", "root-3"].map((key) => `keys/${key}.key`),
  );
  expect(files).toContain("trust-list.cose");
  for (const file of files.filter((name) => name !== "trust-list.cose")) expect(statSync(join(path, file)).mode & 0o077, file).toBe(0);
});

test("a folder that is made is the owner's alone, for the controller's database will lie in it; one that was there stays as it is", () => {
  const path = emptyFolder();
  chmodSync(path, 0o755);
  open(join(path, ".portico"));
  open(path);
  expect([statSync(join(path, ".portico")).mode & 0o777, statSync(path).mode & 0o777]).toEqual([0o700, 0o755]);
});

test("tomorrow the same people are there, whatever chance says then", () => {
  const path = emptyFolder();
  const first = open(path, 1);
  const before = contents(path);
  const second = open(path, 2);
  expect(second.campus).toEqual(first.campus);
  expect(contents(path)).toEqual(before);
  expect(open(emptyFolder(), 2).campus).not.toEqual(first.campus);
});

test("a first start that was cut short behind any file is finished as if nothing had happened", () => {
  const path = emptyFolder();
  open(path);
  const whole = contents(path);
  for (const missing of Object.keys(whole).filter((file) => file !== "keys/campus.key")) {
    rmSync(join(path, missing));
    writeFileSync(join(path, `${missing}.next`), "half of");
    open(path, 2);
    expect(contents(path), missing).toEqual(whole);
  }
});

test("phones are files that a phone can be made of, and the slow one knows that it is slow", () => {
  const { campus, phoneFile } = open(emptyFolder());
  const withPhone = campus.people.filter(({ phone }) => phone !== undefined);
  expect(withPhone).toHaveLength(11);
  for (const { id, phone } of withPhone)
    expect(readPhoneFile(phoneFile(id))).toMatchObject({ person: id, site: "demo-campus", seed: phone!.seed, clockErrorS: id === "chen" ? -90 : 0 });
});

test.each(["keys/issuer.key", "keys/root-2.key", "phones/zhang.json"])("%s of another campus is refused with what to do", (file) => {
  const [path, other] = [emptyFolder(), emptyFolder()];
  open(path, 1);
  open(other, 2);
  writeFileSync(join(path, file), readFileSync(join(other, file)));
  expect(() => open(path)).toThrow(expect.objectContaining({ name: "SetupError", where: join(path, file), what: expect.stringContaining("another campus") }));
});

test("a key that others may read is refused", () => {
  const path = emptyFolder();
  open(path);
  chmodSync(join(path, "keys", "campus.key"), 0o644);
  expect(() => open(path)).toThrow("others may read this key");
});

test("the configurations that are written for the controllers can be run: each follows its zone, and both believe the one trust list", () => {
  const folder = open(emptyFolder());
  const [gates, library] = folder.campus.parts as [CampusPart, CampusPart];
  for (const part of [gates, library])
    writeCampusConfiguration(folder, part, { addressOf: (wire) => `/dev/pts/${wire}`, cloud: { url: "http://127.0.0.1:8480", zone: part.zone } });
  const configurationOf = (part: CampusPart) => readConfiguration(folder.configurationOf(part), { dataFolder: folder.path, socket: join(folder.path, "s") });
  const site = { id: "demo-campus", trust: { listFile: join(folder.path, "trust-list.cose") } };
  expect(configurationOf(gates)).toMatchObject({ ok: true, configuration: { site, controller: { id: "gate-house" }, cloud: { zones: ["gates"] }, doors: [] } });
  expect(configurationOf(library)).toMatchObject({
    ok: true,
    configuration: { site, controller: { id: "library-house" }, cloud: { zones: ["library"] }, turnstiles: [] },
  });
  expect([folder.configurationOf(gates), folder.configurationOf(library)]).toEqual([
    join(folder.path, "portico.toml"),
    join(folder.path, "library", "portico.toml"),
  ]);
});
