import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";

const BIN = fileURLToPath(new URL("../bin/portico.js", import.meta.url));
const HEX = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const run = (...words: string[]): Promise<CommandRecord> => new RecordedSurroundings({ workingFolder: folder }).run("cloud", ...words, "--data", "cloud");
const add = (...words: string[]): Promise<CommandRecord> => run("key", "add", "--name", "backend", "--scope", "people:read", ...words);
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const failed = (exitCode: number, ...lines: string[]) => ({ exitCode, out: "", err: lines.map((line) => `${line}\n`).join("") });

test("a key is added to a store that is not there yet, listed, and revoked; the table shows it to people", async () => {
  const added = await add("--public-key", HEX, "--scope", "audit:read", "--actor", "mini-program", "--reason", "go-live");
  const key = json(added.out);
  expect([added.exitCode, key]).toEqual([0, { id: key["id"], name: "backend", actor: "mini-program", publicKey: HEX, scopes: ["audit:read", "people:read"], createdAt: key["createdAt"], revokedAt: null }]); // prettier-ignore
  expect(json((await run("key", "list")).out)).toEqual(key);
  const revoked = await run("key", "revoke", String(key["id"]), "--by", "li", "--reason", "laptop stolen");
  expect(json(revoked.out)).toMatchObject({ id: key["id"], revokedAt: expect.any(Number) });
  const table = await new RecordedSurroundings({ workingFolder: folder, isTty: true }).run("cloud", "key", "list", "--data", "cloud");
  expect(table.out.split("\n")[0]).toMatch(/^KEY +NAME +ACTOR +SCOPES +SINCE +REVOKED$/);
  expect(table.out).toContain("audit:read people:read");
});

test("a public key comes from PEM or hex in a file as well; what is none is named, and a private key is turned away", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const files = {
    "good.pem": publicKey.export({ type: "spki", format: "pem" }),
    "private.pem": privateKey.export({ type: "pkcs8", format: "pem" }),
    "rsa.pem": rsa.publicKey.export({ type: "spki", format: "pem" }),
    "hex.txt": `${HEX.toUpperCase()}\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  expect(json((await add("--public-key", "good.pem")).out)["publicKey"]).toBe(Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url").toString("hex"));
  expect(json((await add("--public-key", "hex.txt")).out)["publicKey"]).toBe(HEX);
  const next = "next: openssl pkey -in <private key> -pubout writes one";
  expect(await add("--public-key", "rsa.pem")).toEqual(failed(2, "portico: this is no Ed25519 public key", `on: ${folder}/rsa.pem`, next));
  expect(await add("--public-key", "private.pem")).toEqual(
    failed(2, "portico: this is a private key, which belongs to its caller alone", `on: ${folder}/private.pem`, next),
  );
  expect((await add("--public-key", "nowhere.pem")).err).toContain("there is no such file or folder");
});

test("what a key must not be is refused in three lines: taken, without a scope, of an unknown scope, of small order; and no store is made by looking", async () => {
  await add("--public-key", HEX);
  const taken = await add("--public-key", HEX);
  expect([taken.exitCode, taken.err]).toEqual([1, expect.stringMatching(/^portico: this public key is known already\non: key .*\nnext: make a new key pair/)]);
  expect(await add("--public-key", HEX, "--scope", "everything")).toMatchObject({ exitCode: 2, err: expect.stringMatching(/^portico: there is no such scope\non: --scope everything\nnext: choose of people:read, /) }); // prettier-ignore
  expect(await run("key", "add", "--name", "b", "--public-key", HEX)).toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/^portico: a key without a scope opens nothing\n/),
  });
  expect(await add("--public-key", "00".repeat(32))).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("publicKey: no Ed25519 key, or one that anybody can sign with"),
  });
  expect(await run("key", "revoke", "nobody")).toMatchObject({
    exitCode: 1,
    err: "portico: there is no such key\non: key nobody\nnext: portico cloud key list --data cloud\n",
  });
  expect(await new RecordedSurroundings({ workingFolder: folder }).run("cloud", "key", "list", "--data", "elsewhere")).toEqual(
    failed(2, "portico: there is no store of a cloud", `on: ${folder}/elsewhere/cloud.db`, "next: name its folder with --data"),
  );
});

test.each([
  [["run", "--site", "Campus"], "1 to 32 of a-z, 0-9 and hyphen are wanted"],
  [["run", "--site", "demo", "--listen", "8480"], "host:port such as 127.0.0.1:8480 is wanted"],
  [["run", "--site", "demo", "--listen", "127.0.0.1:70000"], "host:port such as 127.0.0.1:8480 is wanted"],
  [["run"], "--site is missing"],
])("wrong usage of %j is told", async (words, what) => {
  expect(await run(...words)).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(what) });
});

test("it answers as a program until SIGTERM, says where, and refuses a time zone that is none, a store in use and a port in use", async () => {
  const program = start("--listen", "127.0.0.1:0");
  const { url, site } = await program.started;
  expect(site).toBe("demo");
  expect(await (await fetch(`${url}/v1/health`)).json()).toEqual({ site: "demo", publish: 0, calendarMissing: expect.any(Array), retention: { startedAt: null, finishedAt: null, dropped: {}, broken: [], isSigned: false } }); // prettier-ignore
  expect(await start("--listen", "127.0.0.1:0").ended).toEqual({
    code: 2,
    err: `portico: another process has the store open\non: ${folder}/cloud/cloud.db\nnext: Stop it first; one cloud serves one file.\n`,
  });
  expect((await run("key", "list")).err).toContain("another process has the store open");
  program.child.kill("SIGTERM");
  expect(await program.ended).toEqual({
    code: 0,
    err: expect.stringMatching(/^portico: the feed is not signed[^\n]*\nnext: have the root holders put the cloud.s key [0-9a-f]{64} into a trust list/),
  });

  const busy = createServer();
  await new Promise<void>((listening) => busy.listen(0, "127.0.0.1", listening));
  const { port } = busy.address() as AddressInfo;
  expect(await start("--listen", `127.0.0.1:${port}`).ended).toEqual({
    code: 2,
    err: `portico: the port is in use\non: --listen 127.0.0.1:${port}\nnext: Stop what listens there, or name another port with --listen.\n`,
  });
  busy.close();
  expect((await start("--time-zone", "Mars/Olympus").ended).err).toMatch(/^portico: there is no such time zone\non: --time-zone Mars\/Olympus\n/);
});

/** The built command as its own program. */
function start(...words: string[]) {
  const child = spawn(process.execPath, [BIN, "cloud", "run", "--data", join(folder, "cloud"), "--site", "demo", ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const started = new Promise<Record<string, string>>((resolve) =>
    createInterface({ input: child.stdout }).once("line", (line) => resolve(json(line) as Record<string, string>)),
  );
  return {
    child,
    started,
    ended: new Promise<{ readonly code: number | null; readonly err: string }>((resolve) => child.on("close", (code) => resolve({ code, err }))),
  };
}
