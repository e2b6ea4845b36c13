import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import type { Problem } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cloudClientFor, OPERATOR_FILE } from "./cloud-client.ts";
import { Failure } from "./failure.ts";
import { readOperatorKey } from "./operator-key.ts";
import { personMeant } from "./person-meant.ts";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

const SEED = new Uint8Array(32).fill(7);
const PUBLIC = bytesToHex(nodeSigner(SEED).publicKey);
let folder: string;
let asked: Request[];
let answer: () => Response;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  secret("mine.key", bytesToHex(SEED));
  asked = [];
  answer = () => Response.json({ items: [], next: null });
});
afterEach(() => rmSync(folder, { recursive: true }));

function secret(name: string, text: string | Buffer): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}
const surroundings = (env: Readonly<Record<string, string>> = {}): RecordedSurroundings =>
  new RecordedSurroundings({
    workingFolder: folder,
    env: { PORTICO_DATA: folder, ...env },
    fetch: async (request) => {
      asked.push(request);
      return answer();
    },
  });
const failure = async (act: Promise<unknown>): Promise<Failure> => {
  const error = await act.then(() => undefined, (cause: unknown) => cause); // prettier-ignore
  if (!(error instanceof Failure)) throw new Error(`no failure: ${String(error)}`);
  return error;
};

test("option comes before environment, and that before the file of the data folder; a key is named by its public half", async () => {
  secret(OPERATOR_FILE, JSON.stringify({ cloud: "http://127.0.0.1:1", key: "mine.key", accountDomain: "campus.example" }));
  const other = secret("other.key", bytesToHex(new Uint8Array(32).fill(8)));
  for (const [options, env, url, key] of [
    [{}, {}, "http://127.0.0.1:1", PUBLIC],
    [{}, { PORTICO_CLOUD: "https://env.example.edu" }, "https://env.example.edu", PUBLIC],
    [{ cloud: "https://typed.example.edu" }, { PORTICO_CLOUD: "https://env.example.edu" }, "https://typed.example.edu", PUBLIC],
    [{}, { PORTICO_CLOUD_KEY: other }, "http://127.0.0.1:1", bytesToHex(nodeSigner(new Uint8Array(32).fill(8)).publicKey)],
    [{ key: "mine.key" }, { PORTICO_CLOUD_KEY: other }, "http://127.0.0.1:1", PUBLIC],
  ] as const) {
    const calls = await cloudClientFor(surroundings(env), options);
    await calls.ask("people", "GET /v1/persons", {});
    expect([calls.url, new URL(asked.at(-1)!.url).origin, asked.at(-1)!.headers.get("signature-input")]).toEqual([url, url, expect.stringContaining(`keyid="${key}"`)]); // prettier-ignore
  }
});

test("what is missing is said with what to do: no cloud, no key, no address, no file of ours", async () => {
  expect(await failure(cloudClientFor(surroundings(), {}))).toMatchObject({ exitCode: 2, what: "no cloud is named" });
  expect(await failure(cloudClientFor(surroundings(), { cloud: "http://127.0.0.1:1" }))).toMatchObject({ what: "no key to ask it with is named" });
  for (const address of ["cloud.example.edu", "ftp://cloud", "https://cloud/v1", "https://cloud/?a=b"])
    expect(await failure(cloudClientFor(surroundings(), { cloud: address, key: "mine.key" }))).toMatchObject({
      exitCode: 2,
      what: "this is no address of a cloud",
    });
  secret(OPERATOR_FILE, "{}");
  expect(await failure(cloudClientFor(surroundings(), {}))).toMatchObject({ exitCode: 2, on: join(folder, OPERATOR_FILE) });
});

test("a key is PEM or hex, of its owner alone", async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = secret("pem.key", privateKey.export({ type: "pkcs8", format: "pem" }));
  expect(Buffer.from(readOperatorKey(pem).publicKey).toString("base64url")).toBe(privateKey.export({ format: "jwk" }).x);
  expect(bytesToHex(readOperatorKey(join(folder, "mine.key")).publicKey)).toBe(PUBLIC);
  chmodSync(pem, 0o640);
  expect(() => readOperatorKey(pem)).toThrow("others on this machine may read the key (mode 0640)");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" });
  for (const [name, text] of [
    ["rsa", rsa],
    ["text", "secret"],
  ] as const)
    // prettier-ignore
    expect(() => readOperatorKey(secret(name, text))).toThrow("this is no Ed25519 private key");
});

test("a refusal names reason, rule, contact, scope and every wrong field; a cloud that is not there ends with 3", async () => {
  const calls = await cloudClientFor(surroundings(), { cloud: "http://127.0.0.1:1", key: "mine.key" });
  const problem = (told: Partial<Problem>) => () => Response.json({ type: "", title: "Title", detail: "Title", reason: "Name", remedy: "do this", zh: "标题。请这样做。", status: 422, ...told }, { status: told.status ?? 422 }); // prettier-ignore
  answer = problem({ rule: "1.6", contact: "the desk" });
  expect(await failure(calls.ask("person x", "GET /v1/persons", {}))).toMatchObject({
    exitCode: 1,
    what: "Title (Name, rule 1.6)",
    on: "person x",
    next: "do this (the desk)",
  });
  const zh = { rule: "2.13", contact: "校园卡中心", caseCategory: "校园卡", detail: "0 fen", zh: "余额不足。请先充值，再支付。" };
  answer = problem(zh);
  expect((await failure(calls.ask("wallet of x", "GET /v1/persons", {}))).next).toBe("do this (校园卡中心; case category 校园卡)");
  const inChinese = await cloudClientFor(surroundings({ LANG: "zh_CN.UTF-8" }), { cloud: "http://127.0.0.1:1", key: "mine.key" });
  expect(await failure(inChinese.ask("wallet of x", "GET /v1/persons", {}))).toMatchObject({
    what: "余额不足: 0 fen (Name, rule 2.13)",
    next: "请先充值，再支付。 (校园卡中心; 工单类别 校园卡)",
  });
  answer = () => Response.json({ error: "not found" }, { status: 404 });
  expect(await failure(calls.ask("person x", "GET /v1/persons", {}))).toMatchObject({ exitCode: 3, what: "what answers there is no cloud: HTTP 404" });
  answer = problem({ status: 403, scope: "people:read", detail: "key has it not" });
  expect((await failure(calls.ask("person x", "GET /v1/persons", {}))).what).toBe("Title: key has it not (Name, scope people:read)");
  answer = problem({ status: 400, errors: [{ in: "query", pointer: "/limit", detail: "at most 1000" }, { in: "body", pointer: "", detail: "none" }] }); // prettier-ignore
  expect(await failure(calls.ask("person x", "GET /v1/persons", {}))).toMatchObject({ exitCode: 2, findings: ["query /limit: at most 1000", "body: none"] });
  answer = () => {
    throw new TypeError("fetch failed", { cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }) });
  };
  expect(await failure(calls.ask("person x", "GET /v1/persons", {}))).toMatchObject({
    exitCode: 3,
    what: "the cloud does not answer: ECONNREFUSED",
    on: "http://127.0.0.1:1",
  });
});

test("a person is meant by id, phone, whole account, or its beginning where a domain is known; nobody and two are no answer", async () => {
  secret(OPERATOR_FILE, JSON.stringify({ cloud: "http://127.0.0.1:1", key: "mine.key", accountDomain: "campus.example" }));
  const calls = await cloudClientFor(surroundings(), {});
  const li = { id: "01990246-a5d0-7000-8000-0123456789ab", name: "李" };
  answer = () => Response.json({ items: [li], next: null });
  for (const [text, query] of [
    ["li", "?account=li%40campus.example"],
    ["li@other.example", "?account=li%40other.example"],
    ["+8613800138000", "?phone=%2B8613800138000"],
  ] as const) {
    expect(await personMeant(calls, text)).toMatchObject(li);
    expect(new URL(asked.at(-1)!.url).search).toBe(query);
  }
  answer = () => Response.json(li);
  await personMeant(calls, li.id);
  expect(new URL(asked.at(-1)!.url).pathname).toBe(`/v1/persons/${li.id}`);
  answer = () => Response.json({ items: [], next: null });
  expect(await failure(personMeant(calls, "li"))).toMatchObject({ exitCode: 1, on: "person li@campus.example" });
  answer = () => Response.json({ items: [li, { ...li, name: "Li" }], next: null });
  expect((await failure(personMeant(calls, "li"))).findings).toEqual([`${li.id}  李`, `${li.id}  Li`]);
  const bare = await cloudClientFor(surroundings(), { data: "elsewhere", cloud: "http://127.0.0.1:1", key: "mine.key" });
  expect(await failure(personMeant(bare, "li"))).toMatchObject({ exitCode: 2 });
});
