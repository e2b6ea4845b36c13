import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeSigner } from "@portico/card-protocol/node";
import { addController, putZone } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CloudInMemory, cloudInMemory } from "./cloud-in-memory.ts";
import { makeRootKey } from "./root-key.ts";

let folder: string;
let rig: CloudInMemory;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  rig = await cloudInMemory(folder);
});
afterEach(async () => {
  await rig.close();
  rmSync(folder, { recursive: true });
});

const NOTE = { actor: "set-up", action: "set up", target: "", reason: "" };
async function controllers(...ids: string[]): Promise<void> {
  await putZone(rig.cloud, NOTE, "east", { zh: "东", en: "East" });
  for (const [nth, id] of ids.entries()) await addController(rig.cloud, NOTE, { id, publicKey: nodeSigner(new Uint8Array(32).fill(nth + 1)).publicKey, zones: ["east"] }); // prettier-ignore
}
async function trustList(): Promise<void> {
  const root = makeRootKey(join(rig.desk, "root.key"), undefined, () => new Uint8Array(32).fill(9));
  for (const words of [
    ["key", "rotate", "--root", Buffer.from(root).toString("hex"), "--threshold", "1", "--out", "first.json"],
    ["key", "sign", "first.json", "--root", "root.key"],
    ["key", "install", "first.json", "--reason", "begin"],
  ])
    expect((await rig.run(...words)).err).toBe("");
}
const access = (...more: string[]) => rig.run("command", "access", "library", ...more);

test("a controller that is not connected is unheard: exit code 3, and the command can no longer be carried out", async () => {
  await controllers("library-house");
  await trustList();
  const given = await access("--reason", "parcel");
  expect(given).toMatchObject({ exitCode: 3, err: expect.stringMatching(/^portico: the controller was not heard: it is not connected; .*\non: access at library of controller library-house\n/) }); // prettier-ignore
  expect(JSON.parse(given.out)).toMatchObject({ controller: "library-house", target: "library", verb: "access", outcome: "unheard" });
});

test("which controller, a reason and a key that may sign are asked for", async () => {
  await controllers("gate-house", "library-house");
  expect(await access("--reason", "parcel")).toMatchObject({ exitCode: 2, err: expect.stringContaining("name one of gate-house, library-house") });
  expect((await access("--controller", "library-house")).err).toContain("ReasonRequired");
  expect((await access("--controller", "library-house", "--reason", "parcel")).err).toContain("CommandUnsigned");
  await trustList();
  expect((await access("--controller", "nowhere", "--reason", "parcel")).err).toContain("ControllerUnknown");
});
