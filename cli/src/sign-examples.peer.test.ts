import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

const BIN = fileURLToPath(new URL("../bin/portico.js", import.meta.url));
const EXAMPLES = fileURLToPath(new URL("../../docs/examples/", import.meta.url));
/** Debian's own, for its packages are. */
const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
/** How each example is run, once it is compiled into a folder. */
const RUNTIMES: readonly (readonly [name: string, words: (built: string) => readonly string[]])[] = [
  ["Python", () => [PYTHON, "sign.py"]],
  ["Go", (built) => [join(built, "sign")]],
  ["Java", (built) => ["java", "-Dfile.encoding=UTF-8", "-cp", built, "Sign"]],
  ["openssl and curl", () => ["sh", "sign.sh"]],
];

let folder: string;
let cloud: ChildProcess;
let url: string;
let keyId: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  execFileSync("go", ["build", "-o", join(folder, "sign"), "sign.go"], { cwd: EXAMPLES });
  execFileSync("javac", ["-encoding", "UTF-8", "-d", folder, "Sign.java"], { cwd: EXAMPLES });
  execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", join(folder, "backend.pem")]);
  execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", join(folder, "stranger.pem")]);
  execFileSync("openssl", ["pkey", "-in", join(folder, "backend.pem"), "-pubout", "-out", join(folder, "backend.pub.pem")]);
  const { x } = createPublicKey(readFileSync(join(folder, "backend.pub.pem"), "utf8")).export({ format: "jwk" });
  keyId = Buffer.from(x!, "base64url").toString("hex");
  const scopes = ["people:read", "people:write", "places:read", "places:write", "audit:read"].flatMap((scope) => ["--scope", scope]);
  const added = await new RecordedSurroundings({ workingFolder: folder }).run("cloud", "key", "add", "--data", "cloud", "--name", "backend", "--public-key", "backend.pub.pem", ...scopes); // prettier-ignore
  expect(JSON.parse(added.out)).toMatchObject({ publicKey: keyId });
  cloud = spawn(process.execPath, [BIN, "cloud", "run", "--data", join(folder, "cloud"), "--site", "demo", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "ignore"] }); // prettier-ignore
  const [line] = (await new Promise<string[]>((resolve) => createInterface({ input: cloud.stdout! }).once("line", (told: string) => resolve([told])))) as [
    string,
  ];
  ({ url } = JSON.parse(line) as { url: string });
}, 120_000);
afterAll(() => {
  cloud.kill("SIGTERM");
  rmSync(folder, { recursive: true });
});

/** What an example prints, and how it ends. */
function run(words: (built: string) => readonly string[], key: string, env: Readonly<Record<string, string>>, ...request: string[]) {
  const [program, ...rest] = words(folder);
  return new Promise<{ readonly code: number; readonly answer: Record<string, unknown> }>((resolve) => {
    const given = { ...process.env, LC_ALL: "C.UTF-8", KEY: join(folder, key), KEY_ID: keyId, ...env };
    execFile(program!, [...rest, ...request], { cwd: EXAMPLES, env: given, timeout: 120_000 }, (error, out, err) => {
      const isJson = out.trimStart().startsWith("{");
      resolve({ code: error === null ? 0 : Number(error.code), answer: isJson ? (JSON.parse(out) as Record<string, unknown>) : { out, err } });
    });
  });
}

test.each(RUNTIMES)(
  "a request that the example in %s signs is taken by a cloud of its own process, with body, query and what stands beside it",
  async (name, words) => {
    const zone = name.replace(/\W/g, "-").toLowerCase();
    const body = JSON.stringify({ names: { zh: "东区", en: `East, of ${name}` } });
    const put = await run(words, "backend.pem", { REASON: "drill, door 3 + 4" }, "PUT", `${url}/v1/zones/${zone}`, body);
    expect(put).toMatchObject({ code: 0, answer: { value: { id: zone, names: { zh: "东区", en: `East, of ${name}` } } } });
    expect(await run(words, "backend.pem", {}, "GET", `${url}/v1/persons?limit=1&phone=%2B8613800138000`)).toEqual({
      code: 0,
      answer: { items: [], next: null },
    });
    expect(await run(words, "backend.pem", {}, "GET", `${url}/v1/persons?limit=1`)).toEqual({ code: 0, answer: { items: [], next: null } });
  },
);

test.each(RUNTIMES.filter(([name]) => name !== "openssl and curl"))(
  "the example in %s sends reason and idempotency key so that they are taken as covered",
  async (name, words) => {
    const body = JSON.stringify({ account: null, name: "张三", phone: null, mail: null, flags: [], partySize: 1 });
    const key = `post-of-${name}-1`;
    const post = () => run(words, "backend.pem", { REASON: "报修 42", IDEMPOTENCY_KEY: key }, "POST", `${url}/v1/persons`, body);
    const first = await post();
    expect(first.code).toBe(0);
    expect((await post()).answer, "done once").toEqual(first.answer);
    const { answer } = await run(words, "backend.pem", {}, "GET", `${url}/v1/changes?after=${Number(first.answer["change"]) - 1}&limit=1`);
    expect(answer).toMatchObject({ items: [{ action: "person create", reason: "报修 42" }] });
    await run(words, "backend.pem", {}, "DELETE", `${url}/v1/persons/${(first.answer["value"] as { id: string }).id}`);
  },
);

test.each(RUNTIMES)("another key than the one that is named is refused, and the example in %s says so", async (_, words) => {
  const refused = { code: expect.any(Number), answer: { status: 401, reason: "SignatureRefused" } };
  const outcome = await run(words, "stranger.pem", {}, "GET", `${url}/v1/zones`);
  expect(outcome).toMatchObject(refused);
  expect(outcome.code).not.toBe(0);
});
