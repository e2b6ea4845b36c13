import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CloudClient, type Outcome, type RouteAnswer } from "@portico/cloud-sync";
import type { Scanned, SandboxStatus } from "@portico/simulator/sandbox";
import { FAILURE_NAMES, FAILURES, REFUSALS } from "@portico/simulator/sandbox-tables";
import { systemClock, systemRandomBytes } from "@portico/firmware-ts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readOperatorKey } from "./operator-key.ts";
import { runRecorded } from "./recorded-surroundings.ts";

const BIN = fileURLToPath(new URL("../bin/portico.js", import.meta.url));
const ALL_HEALED = { failures: [], controllers: [{ id: "gate-house", isOn: true }, { id: "library-house", isOn: true }] }; // prettier-ignore

interface Started {
  readonly child: ChildProcess;
  readonly status: SandboxStatus;
  readonly ended: Promise<number | null>;
}
const clock = systemClock(() => "untrusted");
/** By what a sandbox's first answer said, and the time since. */
let nowMs: () => number;
let folder: string;
let sandbox: Started;
let backend: CloudClient;
/** A receiver of what is pushed. */
let receiver: Server;
let pushes: { readonly event: Promise<string>; readonly took: (text: string) => void }[];

const later = (): (typeof pushes)[number] => {
  let took: ((text: string) => void) | undefined;
  const event = new Promise<string>((resolve) => (took = resolve));
  return { event, took: took! };
};

/** The built program, as a backend's developer starts it. */
async function started(...words: string[]): Promise<Started> {
  const child = spawn(process.execPath, [BIN, "sandbox", "--listen", "127.0.0.1:0", ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    void ended.then((code) => reject(new Error(`it ended with ${code}`)));
  });
  return { child, status: JSON.parse(line) as SandboxStatus, ended };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  sandbox = await started("--data", join(folder, "box"), "--seed", "5");
  const [told, at] = [Date.parse((await fetch(`${sandbox.status.url}/v1/health`)).headers.get("date")!), clock.monotonic()];
  nowMs = () => told + clock.monotonic() - at;
  backend = clientOf(sandbox.status, nowMs);
  receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      response.writeHead(202).end();
      pushes.at(-1)!.took(text);
      pushes.push(later());
    });
  });
  pushes = [later()];
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
}, 60_000);
afterEach(async () => {
  expect(await ask("DELETE", "/failures"), "nothing is left wrong for the next test").toMatchObject(ALL_HEALED);
});
afterAll(async () => {
  sandbox.child.kill("SIGINT");
  await sandbox.ended;
  receiver.close();
  rmSync(folder, { recursive: true });
});

const clientOf = ({ url, keyFile }: SandboxStatus, nowMs: () => number): CloudClient =>
  new CloudClient({ url, signer: readOperatorKey(keyFile), nowMs, randomBytes: systemRandomBytes, fetch });

/** The sandbox's own API. */
async function ask<T = SandboxStatus>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${sandbox.status.url}/sandbox${path}`, body === undefined ? { method } : { method, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

/** The command, as typed in another terminal. */
/** A command of `portico` beside `sandbox`, by the operator's key of the sandbox. */
const cloudCommand = (...words: string[]) =>
  runRecorded({ now: Math.floor(nowMs() / 1000), randomBytes: systemRandomBytes }, ...words, "--data", join(folder, "box"), "--format", "jsonl");
const portico = (...words: string[]) => runRecorded({ workingFolder: folder }, "sandbox", ...words, "--data", "box");

const person = async (id: string): Promise<RouteAnswer<"GET /v1/persons">["items"][number]> => {
  const found = await backend.ask("GET /v1/persons", { query: { account: `${id}@sandbox.example` } });
  if (!found.ok) throw new Error(found.problem.reason);
  return found.value.items[0]!;
};

/** The first thing that callers are told behind a number, of a kind; waited for as a backend waits. */
async function toldAfter(after: number, kind: RouteAnswer<"GET /v1/notifications">["items"][number]["kind"]): Promise<Record<string, unknown>> {
  for (let next = after; ;) {
    const answer = await backend.ask("GET /v1/notifications", { query: { after: next, kind, waitS: 25 } });
    if (!answer.ok) throw new Error(answer.problem.reason);
    const [first] = answer.value.items;
    ({ next } = answer.value);
    if (first !== undefined) return JSON.parse(Buffer.from(first.token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;
  }
}
async function newest(): Promise<number> {
  const answer = await backend.ask("GET /v1/notifications", { query: { after: 0, limit: 500 } });
  if (!answer.ok) throw new Error(answer.problem.reason);
  return answer.value.next;
}

/** Resolves when every controller has durably applied a publication. */
async function everyDoorKnows(publish: number | undefined): Promise<void> {
  for (;;) {
    const answer = await backend.ask("GET /v1/feed/status", { query: publish === undefined ? {} : { publish } });
    if (!answer.ok) throw new Error(answer.problem.detail);
    if (answer.value.missing.length === 0) return;
  }
}

test("the backend's key was made at the first start, is its owner's alone, and signs requests that are taken", async () => {
  const { keyFile, keyId } = sandbox.status;
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  expect(Buffer.from(readOperatorKey(keyFile).publicKey).toString("hex")).toBe(keyId);
  expect(await person("zhaojun")).toMatchObject({ name: "赵军", audiences: [{ audience: "family", sponsor: (await person("zhao")).id }] });
  expect(await backend.ask("GET /v1/changes", {})).toMatchObject({ status: 403, problem: { reason: "ScopeMissing" } });
});

test("two sandboxes of one seed have the same people with the same ids, and other keys", async () => {
  const other = await started("--temporary", "--seed", "5");
  const theirs = clientOf(other.status, nowMs);
  const list = (client: CloudClient) => client.ask("GET /v1/persons", { query: { limit: 500 } });
  expect(await list(theirs)).toEqual(await list(backend));
  expect(other.status.keyId).not.toBe(sandbox.status.keyId);
  other.child.kill("SIGINT");
  expect(await other.ended).toBe(0);
  expect(existsSync(other.status.folder), "a temporary one leaves nothing").toBe(false);
});

test("whom a push brings may pass at the gate as soon as the push is applied", async () => {
  const audiences = [{ audience: "student", validity: { from: null, until: null }, sponsor: null }];
  const row = {
    key: "n-1",
    account: "new@sandbox.example",
    name: "新生",
    phone: null,
    mail: null,
    audiences,
    groups: ["campus"],
    cards: ["04a1b2c3d4e5f6"],
    qr: false,
  };
  const list = `${JSON.stringify(row)}\n`;
  const sha256 = createHash("sha256").update(list).digest("hex");
  const begun = await backend.ask("POST /v1/pushes", { body: { source: "registry", full: false, rows: 1, bytes: Buffer.byteLength(list), sha256 } });
  if (!begun.ok) throw new Error(JSON.stringify(begun.problem));
  const params = { id: begun.value.id };
  await backend.ask("POST /v1/pushes/{id}/parts", { params, query: { offset: 0 }, body: list });
  const again = async (act: () => Promise<Outcome<"GET /v1/pushes/{id}">>): Promise<RouteAnswer<"GET /v1/pushes/{id}">> => {
    for (;;) {
      const answer = await act();
      if (!answer.ok) throw new Error(JSON.stringify(answer.problem));
      if (answer.value.state !== "planning" && answer.value.state !== "applying") return answer.value;
    }
  };
  const planned = await again(() => backend.ask("POST /v1/pushes/{id}/plan", { params }));
  expect(planned).toMatchObject({ state: "planned", counts: { added: 1, refused: 0 } });
  const applied = await again(() => backend.ask("POST /v1/pushes/{id}/apply", { params, body: { plan: planned.plan! } }));
  expect(applied).toMatchObject({ state: "applied" });
  await everyDoorKnows(undefined); // the newest
  expect(await ask<Scanned>("POST", "/scans", { accessPoint: "gate-2-in", text: "04A1B2C3D4E5F6" })).toMatchObject({
    outcome: "granted",
    reason: null,
    passed: true,
  });
});

test("a refusal at the gate arrives by the notification stream, and waits while the line is cut", async () => {
  const before = await newest();
  await ask("POST", "/failures/feed-cut");
  expect(await ask<Scanned>("POST", "/refusals/Unauthorized")).toMatchObject({ reason: "Unauthorized" });
  expect(await newest(), "nobody can have told it yet").toBe(before);
  await ask("DELETE", "/failures/feed-cut");
  expect(await toldAfter(before, "access.denied")).toMatchObject({ sub_id: { id: (await person("tang")).id } });
});

test.each(Object.keys(REFUSALS))("a door refuses somebody for %s when it is asked to", async (reason) => {
  expect(await ask<Scanned>("POST", `/refusals/${reason}`)).toMatchObject({ outcome: "denied", reason });
});

test("a freeze that the backend reports is told, and the next scan is refused", async () => {
  const { id } = await person("zhang");
  const before = await newest();
  const held = await backend.ask("GET /v1/persons/{id}/credentials", { params: { id } });
  const credential = held.ok ? held.value.items[0]!.id : "";
  expect(await ask<Scanned>("POST", "/scans", { accessPoint: "gate-1-in", person: "zhang" })).toMatchObject({ outcome: "granted", reason: null, passed: true });
  const frozen = await backend.ask("POST /v1/credentials/{id}/freeze", { params: { id: credential } }, { reason: "test" });
  expect(await toldAfter(before, "credential.frozen")).toMatchObject({ sub_id: { id } });
  await everyDoorKnows(frozen.ok ? frozen.value.publish! : NaN);
  const scanned = await ask<Scanned>("POST", "/scans", { accessPoint: "gate-1-in", person: "zhang" });
  expect(scanned).toMatchObject({ outcome: "denied", reason: "CredentialNotEnabled", credential });
});

test("unavailable: so many requests are answered 503 with Retry-After, then the next one passes", async () => {
  expect(await portico("fail", "unavailable", "--requests", "2", "--retry-after", "7")).toMatchObject({ exitCode: 0, err: "" });
  const answers = [];
  for (let asked = 0; asked < 3; asked++) answers.push(await fetch(await backend.request("GET /v1/groups", {})));
  expect(answers.map(({ status, headers }) => [status, headers.get("retry-after")])).toEqual([[503, "7"], [503, "7"], [200, null]]); // prettier-ignore
  expect((await ask("GET", "")).failures).toEqual([]);
});

test("nonce-replayed: the request is done, and its answer is that its nonce was used", async () => {
  await ask("POST", "/failures/nonce-replayed");
  const content = { account: null, name: "twice", phone: "+8613900000000", mail: null, flags: [], partySize: 1 };
  const post = () => backend.ask("POST /v1/persons", { body: content }, { idempotencyKey: "once-0001" });
  expect(await post()).toMatchObject({ status: 401, problem: { reason: "NonceReused" } });
  expect(await post(), "a key that stands for the request gets the first answer").toMatchObject({ ok: true });
  const found = await backend.ask("GET /v1/persons", { query: { phone: content.phone } });
  expect(found).toMatchObject({ value: { items: [{ name: "twice" }] } });
});

test("clock-skew: what is signed by the right clock is refused, what is signed by the header Date is taken", async () => {
  await ask("POST", "/failures/clock-skew", { seconds: 3_600 });
  expect(await backend.ask("GET /v1/groups", {})).toMatchObject({ status: 401, problem: { reason: "SignatureRefused" } });
  const { headers } = await fetch(await backend.request("GET /v1/groups", {}));
  const offMs = Date.parse(headers.get("date")!) - nowMs();
  expect(offMs / 60_000).toBeCloseTo(60, 0);
  expect(await clientOf(sandbox.status, () => nowMs() + offMs).ask("GET /v1/groups", {})).toMatchObject({ ok: true });
});

test("slow: an answer comes no sooner than it was said", async () => {
  await ask("POST", "/failures/slow", { ms: 300 });
  const begun = clock.monotonic();
  expect(await backend.ask("GET /v1/groups", {})).toMatchObject({ ok: true });
  expect(clock.monotonic() - begun).toBeGreaterThanOrEqual(299);
});

test("store-busy: whoever needs the store waits until it is free, and the sandbox itself goes on answering", async () => {
  await ask("POST", "/failures/store-busy");
  const order: string[] = [];
  const asked = backend.ask("GET /v1/groups", {}).then((answer) => (order.push("answered"), answer));
  expect((await ask("GET", "")).failures).toEqual([{ failure: "store-busy", settings: {} }]);
  order.push("still busy");
  await ask("DELETE", "/failures/store-busy");
  expect([await asked, order]).toMatchObject([{ ok: true }, ["still busy", "answered"]]);
});

test("webhooks-refused: the cloud notes what the webhook answered; healed and resumed, it delivers", async () => {
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const params = { id: "mine" };
  const { event } = pushes.at(-1)!;
  await ask("POST", "/failures/webhooks-refused", { status: 502 });
  await backend.ask("PUT /v1/webhooks/{id}", { params, body: { url, kinds: [] } });
  await backend.ask("POST /v1/webhooks/{id}/test", { params });
  const problem = async (): Promise<string> => {
    const list = await backend.ask("GET /v1/webhooks", {});
    return list.ok ? list.value.items[0]!.problem : "";
  };
  while ((await problem()) === "");
  expect(await problem()).toContain("502");
  await ask("DELETE", "/failures/webhooks-refused");
  await backend.ask("POST /v1/webhooks/{id}/resume", { params });
  expect((await event).split(".")).toHaveLength(3);
  await backend.ask("DELETE /v1/webhooks/{id}", { params });
});

test("controller-off: readers are dark and the fleet says so; switched on again, they answer", async () => {
  expect(await ask("POST", "/failures/controller-off")).toMatchObject({ controllers: [{ isOn: false, feed: "off" }, { isOn: false }] });
  expect(await portico("scan", "gate-1-in", "--person", "li")).toMatchObject({ exitCode: 1, err: expect.stringContaining("the reader does not answer") });
  await ask("DELETE", "/failures/controller-off");
  expect(await portico("scan", "gate-1-in", "--person", "li")).toMatchObject({ exitCode: 0, out: expect.stringContaining('"outcome":"granted"') });
});

test("a person of the sandbox logs in by the campus account, and by WeChat", async () => {
  const chosen = await ask<{ readonly weChatCode: string; readonly weChatPhoneCode: string }>("POST", "/log-ins/wu");
  const begun = await backend.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: "http://127.0.0.1:3000/log-in" } });
  if (!begun.ok) throw new Error(begun.problem.reason);
  const back = new URL((await fetch(begun.value.url, { redirect: "manual" })).headers.get("location")!).searchParams;
  const finished = await backend.ask("POST /v1/log-in/oidc/finish", { body: { code: back.get("code")!, state: back.get("state")! } });
  expect(finished).toMatchObject({ ok: true, value: { session: { person: (await person("wu")).id } } });
  const byPhone = await backend.ask("POST /v1/log-in/wechat", { body: { code: chosen.weChatCode, phoneCode: chosen.weChatPhoneCode } });
  expect(byPhone).toMatchObject({ ok: true, value: { session: { person: (await person("wu")).id } } });
});

test("a top-up of the sandbox's provider is paid when it is asked to be: told by notice, or found when the cloud asks", async () => {
  const { id } = await person("li");
  const begin = (topUp: string) =>
    backend.ask("POST /v1/wallets/{id}/provider-top-ups", { params: { id }, body: { id: topUp, amountFen: 5_000, provider: "sandbox", text: "" } });
  expect(await begin("phone-0001")).toMatchObject({ value: { state: "pending" } });
  expect(await portico("pay", "phone-0001")).toMatchObject({ exitCode: 0, out: expect.stringContaining('"notice":204,"state":"credited"') });
  expect(await begin("phone-0002")).toMatchObject({ value: { state: "pending" } });
  expect(await portico("pay", "phone-0002", "--no-notice")).toMatchObject({ exitCode: 0, out: expect.stringContaining('"notice":null,"state":"pending"') });
  expect(await backend.ask("POST /v1/top-ups/{id}/look", { params: { id: "phone-0002" } })).toMatchObject({ value: { state: "credited" } });
  expect(await backend.ask("GET /v1/wallets/{id}", { params: { id } })).toMatchObject({ value: { balanceFen: 10_000 } });
});

test("refunds-refused: what goes back and is refused is told by wallet and list until it is asked again, or paid out at a desk", async () => {
  await ask("POST", "/failures/refunds-refused");
  const { id } = await person("sun");
  await cloudCommand("merchant", "put", "cashDesk/office", "--zh", "收款点", "--en", "Office");
  const REFUSED = '"state":"failed","why":"the payment is too old"';
  for (const topUp of ["sun-00001", "sun-00002"]) {
    await backend.ask("POST /v1/wallets/{id}/provider-top-ups", { params: { id }, body: { id: topUp, amountFen: 5_000, provider: "sandbox", text: "" } });
    expect(await portico("pay", topUp, "--outcome", "paid-less")).toMatchObject({ out: expect.stringContaining('"state":"review"') });
    expect(await cloudCommand("wallet", "topups", "decide", topUp, "--act", "return", "--reason", "drill")).toMatchObject({ exitCode: 0 });
    expect(await cloudCommand("wallet", "topups", "refunds", "--state", "failed")).toMatchObject({ exitCode: 0, out: expect.stringContaining(REFUSED) });
  }
  expect(await cloudCommand("wallet", "show", "sun@sandbox.example")).toMatchObject({ out: expect.stringContaining(REFUSED) });
  expect(await cloudCommand("wallet", "topups", "retry", "sun-00001:returned", "--reason", "drill")).toMatchObject({ out: expect.stringContaining(REFUSED) });
  await ask("DELETE", "/failures/refunds-refused");
  expect(await cloudCommand("wallet", "topups", "retry", "sun-00001:returned", "--reason", "drill")).toMatchObject({
    out: expect.stringContaining('"state":"done"'),
  });
  const paidOut = await cloudCommand("wallet", "topups", "pay-out", "sun-00002:returned", "--at", "cashDesk/office", "--reason", "in cash");
  expect(paidOut).toMatchObject({ exitCode: 0, out: expect.stringContaining('"paidOutAt":"cashDesk/office"') });
  expect(await cloudCommand("wallet", "topups", "pay-out", "sun-00001:returned", "--at", "cashDesk/office", "--reason", "again")).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/it is done \(HandBackNotRefused, rule 2\.13\)/),
  });
  expect(await cloudCommand("wallet", "show", "sun@sandbox.example")).toMatchObject({ out: expect.stringContaining('"handBacks":[]') });
});

test("a picture is attached to a case by the built program, and what lies about its type is refused", async () => {
  const opened = await cloudCommand("case", "open", "--category", "水", "--text", "漏水", "--person", "sun@sandbox.example");
  const { id } = JSON.parse(opened.out) as { id: string };
  const [picture, lie] = [join(folder, "leak.png"), join(folder, "lie.png")];
  writeFileSync(picture, Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"));
  writeFileSync(lie, "MZ this is a program");
  expect(await cloudCommand("case", "attach", id, picture)).toMatchObject({ exitCode: 0 });
  expect(await cloudCommand("case", "attach", id, lie)).toMatchObject({ exitCode: 1, err: expect.stringContaining("AttachmentTypeRefused") });
});

test("reset: changes are forgotten, failures are off, keys and address stay", async () => {
  await ask("POST", "/failures/store-busy");
  await ask("POST", "/failures/feed-cut");
  expect(await portico("reset")).toMatchObject({ exitCode: 0, out: expect.stringContaining('"failures":[]') });
  expect(await backend.ask("GET /v1/persons", { query: { phone: "+8613900000000" } })).toMatchObject({ value: { items: [] } });
  expect(await ask<Scanned>("POST", "/scans", { accessPoint: "gate-1-in", person: "zhang" })).toMatchObject({ outcome: "granted" });
});

test.each([
  [["fail", "nothing"], 2, "a sandbox has no such failure"],
  [["fail", "slow", "--requests", "3"], 2, "requests: slow has no such setting, only ms"],
  [["fail", "clock-skew", "--seconds", "90000"], 2, "seconds: a whole number"],
  [["scan", "gate-9", "--person", "li"], 2, "the sandbox has no such access point"],
  [["scan", "gate-1-in"], 2, "nothing is held before the reader"],
  [["scan", "gate-1-in", "--person", "zhang", "--card"], 1, "zhang carries no card"],
  [["pay", "phone-9999"], 2, "no such payment waits"],
  [["log-in-as", "nobody"], 2, "the sandbox has no such person"],
  [["status", "--url", "http://127.0.0.1:1"], 3, "no sandbox runs there"],
  [["run", "--listen", "0.0.0.0:0"], 2, "a sandbox listens on loopback alone"],
  [["run", "--listen", "127.0.0.1:0", "--seed", "6"], 2, "this sandbox was made of seed 5"],
])("portico sandbox %j says what is wrong", async (words, code, what) => {
  const { err, ...ended } = await portico(...words);
  expect([ended.exitCode, err.split("\n").filter((line) => line.startsWith("portico: ") && !line.includes("making a sandbox"))]).toEqual([
    code,
    [expect.stringContaining(what)],
  ]);
});

test("pages of browsers, other hosts and bodies that are none are refused", async () => {
  const at = (path: string, init: RequestInit): Promise<number> => fetch(`${sandbox.status.url}/sandbox${path}`, init).then(({ status }) => status);
  expect(await at("/reset", { method: "POST", headers: { origin: "http://evil.example" } })).toBe(403);
  expect(await at("/failures/slow", { method: "POST", body: "[1]" })).toBe(400);
  expect(await at("/failures/slow", { method: "POST", body: "x".repeat(100_000) })).toBe(400);
  expect(await at("/elsewhere", {})).toBe(404);
});

test("a folder with something else in it is left alone", async () => {
  writeFileSync(join(folder, "mine.txt"), "mine");
  const child = spawn(process.execPath, [BIN, "sandbox", "--data", folder, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(2);
  expect([err, readFileSync(join(folder, "mine.txt"), "utf8")]).toEqual([expect.stringContaining("this folder has something else in it"), "mine"]);
});

test("docs/sandbox.md tells every failure and every refusal as the tables do", () => {
  const page = readFileSync(new URL("../../docs/sandbox.md", import.meta.url), "utf8");
  const rows = [...Object.entries(FAILURES).map(([name, { does }]) => `| \`${name}\` | ${does} |`), ...Object.entries(REFUSALS).map(([name, held]) => `| \`${name}\` | ${held} |`)]; // prettier-ignore
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

test("every failure of the table is one of the tests above", () => {
  const text = readFileSync(fileURLToPath(import.meta.url), "utf8");
  expect(FAILURE_NAMES.filter((name) => !text.includes(`/failures/${name}"`) && !text.includes(`"fail", "${name}"`))).toEqual([]);
});
