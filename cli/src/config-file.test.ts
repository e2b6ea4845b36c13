import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleConfiguration } from "@portico/controller";
import { readConfigurationRecord } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { CloudClient, readSigningKey } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RecordedSurroundings } from "./recorded-surroundings.ts";
import { SERVED_SITE, serveCloud, type ServedCloud } from "./served-cloud.ts";
import { json, standIn } from "./stand-in-controller.ts";

let folder: string;
let cloud: ServedCloud | undefined;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "portico-"))));
afterEach(async () => {
  await cloud?.close();
  cloud = undefined;
  rmSync(folder, { recursive: true });
});

const TOML = exampleConfiguration({ site: SERVED_SITE, controller: "gate-house", scanner: "/dev/a", board: "/dev/b", protocol: "modbus-rtu", rootKeys: [] });
const KEY = Buffer.from(nodeSigner(new Uint8Array(32).fill(0x31)).publicKey).toString("hex");

test("the cloud signs a configuration for a controller that it knows, each with a higher number, into a file of its owner's alone", async () => {
  cloud = await serveCloud(folder);
  writeFileSync(join(folder, "gate.toml"), TOML);
  const typed = (...words: string[]) => cloud!.surroundings().run("config", "export", ...words);
  const words = ["gate.toml", "--controller", "gate-house", "--out", "gate.configuration"];
  expect(await typed(...words)).toMatchObject({ exitCode: 1, err: expect.stringContaining("ControllerUnknown") });
  let drawn = 0;
  const client = new CloudClient({ url: cloud.url, signer: nodeSigner(new Uint8Array(32).fill(0x72)), nowMs: () => Number(cloud!.surroundings().now()) * 1000, randomBytes: (length) => new Uint8Array(length).fill(0x40 + drawn++), fetch }); // prettier-ignore
  expect(await client.ask("PUT /v1/controllers/{id}", { params: { id: "gate-house" }, body: { publicKey: KEY, zones: ["east"] } })).toMatchObject({ ok: true });
  const [first, second] = [JSON.parse((await typed(...words)).out), JSON.parse((await typed(...words)).out)] as { number: number }[]; // prettier-ignore
  expect(second!.number).toBeGreaterThan(first!.number);
  const path = join(folder, "gate.configuration");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { publicKey } = readSigningKey(join(folder, "cloud"), () => new Uint8Array());
  const read = readConfigurationRecord(new Uint8Array(readFileSync(path)), SERVED_SITE, () => ({ ok: true, value: publicKey }), nodeVerifier);
  expect(read.ok && [read.value.controller, read.value.number, Buffer.from(read.value.text).toString()]).toEqual(["gate-house", second!.number, TOML]);
});

test.each([
  ["with a mistake", TOML.replace("[site]", "[sight]"), "gate-house", 2, "the configuration has mistakes"],
  ["for another controller", TOML, "library", 2, "the file is for controller gate-house"],
])("a configuration %s is not even sent to be signed", async (_, text, controller, exitCode, what) => {
  writeFileSync(join(folder, "gate.toml"), text);
  const surroundings = new RecordedSurroundings({ workingFolder: folder, fetch: () => Promise.reject(new Error("nobody is to be asked")) });
  const record = await surroundings.run("config", "export", "gate.toml", "--controller", controller, "--out", "x");
  expect(record).toMatchObject({ exitCode, err: expect.stringContaining(what) });
});

const TAKEN = { epoch: 1, number: 7, hash: "ab", file: "/etc/portico/portico.toml", former: "/etc/portico/portico.toml.former", isInForce: false };

test("a file is handed to the running controller by its absolute path; when it holds is told", async () => {
  const controller = await standIn(json(TAKEN));
  const record = await controller.run({ workingFolder: "/media" }, "config", "import", "stick/gate.configuration");
  expect(record).toEqual({
    exitCode: 0,
    out: `${JSON.stringify(TAKEN)}\n`,
    err: "next: it holds from the controller's next start on: systemctl restart portico\n",
  });
  expect(controller.asked).toEqual([{ route: "POST /v1/configuration/import", body: { file: "/media/stick/gate.configuration", by: "zhang" } }]);
  await controller.end();
});
