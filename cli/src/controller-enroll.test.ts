import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";
import { serveCloud, type ServedCloud, SERVED_SITE } from "./served-cloud.ts";

let folder: string;
let cloud: ServedCloud;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  cloud = await serveCloud(folder);
});
afterEach(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true });
});

const operator = (...words: string[]): Promise<CommandRecord> => cloud.surroundings().run("controller", ...words);
const lines = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const machine = (name: string) => join(folder, name);

/** A machine that asks, and what it shows once it waits. Each wait of its command passes as soon as it begins, when the operator has done `act`. */
async function asking(name: string, act: (shown: { readonly words: string; readonly enrolment: string }) => Promise<unknown>, ...words: string[]) {
  const randomBytes = (length: number): Uint8Array => new Uint8Array(length).fill(name.charCodeAt(0));
  const surroundings = new RecordedSurroundings({ workingFolder: folder, env: { PORTICO_DATA: machine(name) }, randomBytes });
  let waits = 0;
  let failure: unknown;
  surroundings.onWait = () => {
    const shown = lines(surroundings.out)[0] as { words: string; enrolment: string };
    void (async () => {
      if (++waits > 1) return surroundings.interrupt();
      await act(shown).catch((cause: unknown) => (failure = cause));
      surroundings.passTime();
    })();
  };
  const record = await surroundings.run("controller", "enroll", "--cloud", cloud.url, ...words);
  expect([failure, waits]).toEqual([undefined, expect.any(Number)]);
  return record;
}

test("a machine asks, an operator types the words that it shows, and it is told what its configuration needs", async () => {
  const listed: CommandRecord[] = [];
  const record = await asking("pi", async ({ words }) => {
    listed.push(await operator("list"));
    listed.push(await new RecordedSurroundings({ workingFolder: folder, env: { PORTICO_DATA: machine("pi") } }).run("controller", "key"));
    listed.push(await operator("enroll", "--approve", "gate-house", "--words", words, "--zone", "east", "--reason", "new gate"));
  }, "--id", "gate-house"); // prettier-ignore
  const [waiting, approved] = lines(record.out);
  const [list, key, approval] = listed;
  expect([record.exitCode, record.err]).toEqual([0, expect.stringMatching(/^These are the six words of gate-house at demo-campus: read them out/)]);
  expect(lines(list!.out)).toMatchObject([{ kind: "enrolment", controller: "gate-house", words: waiting!["words"], replaces: false }]);
  expect(lines(key!.out)).toMatchObject([{ controller: "gate-house", words: waiting!["words"] }]);
  expect([approval!.exitCode, lines(approval!.out)]).toMatchObject([0, [{ id: "gate-house", zones: ["east"], publicKey: lines(key!.out)[0]!["publicKey"] }]]);
  const trustListFile = join(machine("pi"), "trust-list.cose");
  const roots = { version: 1, threshold: 1, keys: [bytesToHex(cloud.root.publicKey)] };
  expect(approved).toEqual({ state: "approved", controller: "gate-house", site: SERVED_SITE, url: cloud.url, zones: ["east"], trustListFile, roots });
  expect(readFileSync(trustListFile)).toEqual(readFileSync(join(folder, "cloud", "trust-lists", "1.cose")));
  expect(existsSync(join(machine("pi"), "enrolment.json"))).toBe(false);
  const again = await asking("pi", () => Promise.resolve(), "--id", "gate-house");
  expect([again.exitCode, again.err]).toEqual([1, expect.stringMatching(/^portico: the cloud says no: AlreadyEnrolled.*\non: controller gate-house\nnext: nothing more is to be done/)]); // prettier-ignore
});

test("people see a table, the words by themselves, and in the end the text of the configuration", async () => {
  const surroundings = new RecordedSurroundings({ workingFolder: folder, env: { PORTICO_DATA: machine("pi") }, isTty: true });
  let list = "";
  surroundings.onWait = () =>
    void (async () => {
      const words = surroundings.out.split("\n")[0]!;
      list = (await cloud.surroundings({ isTty: true }).run("controller", "list")).out;
      const approved = await operator("enroll", "--approve", "gate-house", "--words", words, "--zone", "west", "--zone", "east");
      if (approved.exitCode === 0) surroundings.passTime();
      else surroundings.interrupt();
    })();
  const { exitCode, out } = await surroundings.run("controller", "enroll", "--cloud", `${cloud.url}/`, "--id", "gate-house");
  expect(exitCode).toBe(0);
  expect(out).toContain(`[cloud]\nurl = "${cloud.url}"\nzones = ["east", "west"]\n`);
  expect(out).toContain(`root_keys = ["${bytesToHex(cloud.root.publicKey)}"]\nroot_version = 1\nroot_threshold = 1\n`);
  expect(list).toMatch(/^CONTROLLER +STATE +ZONES +MACHINE +BEHIND +SINCE +HEARD\n\nASKS TO BE +WAITS +FROM +SIX WORDS +ENROLMENT\ngate-house +\d+s +127\.0\.0\.1 +(\w+ ){6} +[0-9a-f-]{36}\n$/); // prettier-ignore
});

test("other words than the machine's let nobody in; a refused machine is told so", async () => {
  const tried: CommandRecord[] = [];
  const record = await asking("pi", async ({ enrolment }) => {
    tried.push(await operator("enroll", "--approve", enrolment, "--words", "zoo zoo zoo zoo zoo zoo", "--zone", "east"));
    tried.push(await operator("enroll", "--approve", enrolment, "--words", "zoo", "--zone", "east"));
    tried.push(await operator("enroll", "--approve", enrolment, "--zone", "east"));
    tried.push(await operator("enroll", "--approve", "library", "--words", "zoo zoo zoo zoo zoo zoo", "--zone", "east"));
    tried.push(await operator("enroll", "--refuse", "gate-house", "--reason", "nobody knows it"));
  }, "--id", "gate-house"); // prettier-ignore
  expect(tried.map(({ exitCode }) => exitCode)).toEqual([1, 2, 2, 1, 0]);
  expect(tried.map(({ err }) => err.split("\n")[0])).toEqual([
    expect.stringMatching(/^portico: The machine shows other words: .*\(WordsDiffer\)$/),
    "body /words: six words of the list, see to their spelling",
    "portico: the six words that the machine shows are missing",
    "portico: no machine asks to be it",
    "",
  ]);
  expect([record.exitCode, record.err]).toEqual([1, expect.stringContaining("portico: an operator has refused this machine\non: controller gate-house\n")]);
  expect(lines((await operator("list")).out)).toEqual([]);
});

test("another machine takes the place of a dead one, and of a revoked one; its zones stay", async () => {
  await asking("old", ({ words }) => operator("enroll", "--approve", "gate-house", "--words", words, "--zone", "east"), "--id", "gate-house");
  expect(lines((await operator("revoke", "gate-house", "--reason", "stolen")).out)).toMatchObject([{ id: "gate-house", revokedAt: expect.any(String) }]);
  const said: CommandRecord[] = [];
  const record = await asking("new", async ({ words }) => {
    said.push(await operator("enroll", "--approve", "gate-house", "--words", words, "--zone", "east"));
    said.push(await operator("replace", "gate-house", "--words", words));
  }, "--id", "gate-house"); // prettier-ignore
  expect(said[0]).toMatchObject({ exitCode: 1, err: expect.stringContaining("IdTaken") });
  expect(lines(said[1]!.out)).toMatchObject([{ id: "gate-house", zones: ["east"], machine: 2, revokedAt: null }]);
  expect(lines(record.out)[1]).toMatchObject({ state: "approved", zones: ["east"] });
  const old = await asking("old", () => Promise.resolve(), "--id", "gate-house");
  expect(old.err).toMatch(/^portico: the cloud says no: KeyTaken.*\non: controller gate-house\nnext: this key is spent: move controller\.key out/);
});

test("who has not applied what was published is told, with how many have", async () => {
  await asking("pi", ({ words }) => operator("enroll", "--approve", "gate-house", "--words", words, "--zone", "east"), "--id", "gate-house");
  const lag = await operator("lag");
  expect(lag.err).toMatch(/^publication \d+: applied by 0 of 1\n$/);
  expect(lines(lag.out)).toMatchObject([{ id: "gate-house", state: "never", heardAt: null, lags: [{ partition: "zone/east", version: 0 }] }]);
  expect((await operator("lag", "--publish", "0")).err).toBe("publication 0: applied by 1 of 1\n");
  const table = await cloud.surroundings({ isTty: true }).run("controller", "list");
  expect(table.out).toMatch(/\ngate-house +never +east +1 +zone\/east nothing of \d+ +\d+s +never\n$/);
});

test("what pins roots goes to no cloud that lives by others, and asks it for nothing more", async () => {
  const other = bytesToHex(nodeSigner(new Uint8Array(32).fill(5)).publicKey);
  for (const [site, root, what] of [
    [SERVED_SITE, other, "the cloud lives by other root keys (version 1) than the configuration pins (version 1)"],
    ["elsewhere", bytesToHex(cloud.root.publicKey), "this is the cloud of another site: demo-campus"],
  ]) {
    writeFileSync(join(folder, "portico.toml"), toml(site!, root!));
    const record = await asking("pi", () => Promise.resolve(), "--config", "portico.toml");
    expect([record.exitCode, record.out, record.err]).toEqual([1, "", expect.stringContaining(`portico: ${what}\n`)]);
  }
});

test("wrong usage is told: no id, no cloud, one that does not answer", async () => {
  const run = (...words: string[]) =>
    new RecordedSurroundings({ workingFolder: folder, env: { PORTICO_DATA: machine("pi") } }).run("controller", "enroll", ...words);
  expect(await run("--cloud", cloud.url)).toMatchObject({ exitCode: 2, err: expect.stringContaining("portico: this machine has no id\n") });
  expect(await run("--id", "gate-house")).toMatchObject({ exitCode: 2, err: expect.stringContaining("portico: no cloud is named\n") });
  expect(await run("--id", "gate-house", "--cloud", "cloud")).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("portico: this is no address of a cloud\n"),
  });
  expect(await run("--id", "gate-house", "--cloud", "http://127.0.0.1:9")).toMatchObject({
    exitCode: 3,
    err: expect.stringContaining("portico: the cloud does not answer: "),
  });
  expect(await run("--id", "gate house", "--cloud", cloud.url)).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("portico: the cloud says no: RequestMalformed"),
  });
});

/** A controller with a configuration of its own, which pins a root. */
const toml = (site: string, root: string): string => `
[site]
id = "${site}"
trust_list = "trust-list.cose"
root_keys = ["${root}"]
root_threshold = 1
[controller]
id = "gate-house"
data = "pi"
[clock]
trusted_by = "system"
[cloud]
url = "https://cloud.example.edu"
zones = ["east"]
[[wire]]
id = "reader"
serial = "/dev/no-such-reader"
[[wire]]
id = "board"
tcp = "127.0.0.1:9"
[[scanner]]
id = "library-in"
wire = "reader"
[[relay_board]]
id = "board"
wire = "board"
protocol = "modbus-rtu"
relays = 8
[[door]]
id = "library"
strike = { board = "board", relay = 0 }
[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
`;
