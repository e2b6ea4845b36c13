import { bytesToHex, type Signer } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { httpbis } from "http-message-signatures";
import { afterEach, beforeEach, expect, test } from "vitest";
import { revokeApiKey } from "../callers.ts";
import { plainPerson } from "../rig/api-campus.ts";
import { type ApiRig, apiRig, URL_OF_RIG } from "../rig/api-rig.ts";
import { done, NOTE } from "../rig/cloud-rig.ts";
import type { Problem } from "./problem.ts";
import { signRequest } from "./signing.ts";

let rig: ApiRig;
beforeEach(async () => void (rig = await apiRig()));
afterEach(() => rig.close());

const PERSONS = `${URL_OF_RIG}/v1/persons`;
const BODY = JSON.stringify(plainPerson(null));
let nth = 0;

interface Spoiled {
  readonly method?: string;
  readonly url?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signer?: Signer;
  readonly created?: number;
  readonly nonce?: string;
  /** Sent instead of what was signed. */
  readonly sent?: { readonly method?: string; readonly url?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };
}

/** A signed POST of a person, with something changed before it is signed or on its way. */
async function send(spoiled: Spoiled = {}): Promise<{ readonly status: number; readonly problem: Problem; readonly response: Response }> {
  const { method = "POST", url = PERSONS, headers = {}, sent = {} } = spoiled;
  const body = method === "GET" ? undefined : (spoiled.body ?? BODY);
  const signed = await signRequest(
    { method, url, headers, ...(body === undefined ? {} : { body }) },
    {
      signer: spoiled.signer ?? nodeSigner(rig.backend.seed),
      created: spoiled.created ?? rig.cloud.now(),
      nonce: spoiled.nonce ?? `nonce-of-a-test-${nth++}`,
    },
  );
  const outgoing = { ...Object.fromEntries(signed.headers), ...sent.headers };
  return told(await rig.fetch(new Request(sent.url ?? url, { method: sent.method ?? method, headers: outgoing, body: sent.body ?? body ?? null })));
}

/** What the library signs, when its settings are others than those of the profile. */
async function sendSigned(config: Partial<Parameters<typeof httpbis.signMessage>[0]>, more: Readonly<Record<string, string>> = {}) {
  const signer = nodeSigner(rig.backend.seed);
  const key = { id: Buffer.from(signer.publicKey).toString("hex"), alg: "ed25519", sign: (base: Buffer) => Promise.resolve(Buffer.from(signer.sign(base))) };
  const message = { method: "GET", url: PERSONS, headers: more };
  const { headers } = await httpbis.signMessage(
    {
      key,
      fields: ["@method", "@authority", "@path", "@query"],
      params: ["created", "keyid", "nonce", "alg"],
      paramValues: { created: new Date(rig.cloud.now() * 1000), nonce: `nonce-of-a-test-${nth++}` },
      ...config,
    },
    message,
  );
  return told(await rig.fetch(new Request(PERSONS, { headers: headers as Record<string, string> })));
}

const told = async (response: Response) => ({ status: response.status, problem: (await response.json()) as Problem, response });

test("a request that is signed as docs/api.md says comes in, up to a minute before and behind the cloud's clock", async () => {
  for (const off of [-60, 0, 60]) expect((await send({ created: rig.cloud.now() + off })).status).toBe(201);
  expect((await send({ method: "GET", url: `${PERSONS}?limit=1` })).status).toBe(200);
  expect(rig.troubles).toEqual([]);
});

test("without a signature nobody comes in, and the answer says what is wanted", async () => {
  const { status, problem, response } = await told(await rig.fetch(new Request(PERSONS)));
  expect([status, problem.reason, problem.scope]).toEqual([401, "SignatureMissing", "people:read"]);
  expect(response.headers.get("accept-signature")).toBe('sig=("@method" "@authority" "@path" "@query" "content-digest");created;keyid;nonce;alg="ed25519"');
  expect(response.headers.get("www-authenticate")).toBe("Signature");
  expect((await sendSigned({}, {})).status).toBe(200);
});

test.each<[what: string, spoiled: () => Spoiled, detail: string | RegExp]>([
  [
    "another key",
    () => ({ signer: { ...nodeSigner(new Uint8Array(32)), publicKey: nodeSigner(rig.backend.seed).publicKey } }),
    "it does not fit what it covers, or another key made it",
  ],
  ["a key that nobody has", () => ({ signer: nodeSigner(new Uint8Array(32)) }), "keyid: no such key, or it is revoked"],
  ["a signature that is too old", () => ({ created: rig.cloud.now() - 61 }), "created is 61 s behind the cloud's clock, at most 60 s are taken"],
  ["a signature of the future", () => ({ created: rig.cloud.now() + 61 }), "created is 61 s before the cloud's clock, at most 60 s are taken"],
  ["another body", () => ({ sent: { body: BODY.replace("张三", "李四") } }), "content-digest is of another body"],
  ["another digest", () => ({ sent: { headers: { "content-digest": "sha-256=:AAAA:" } } }), "it does not fit what it covers, or another key made it"],
  ["another path", () => ({ sent: { url: `${PERSONS}/01990246-a5d0-7000-8000-0123456789ab/credentials` } }), /does not fit/],
  ["another query", () => ({ sent: { url: `${PERSONS}?limit=1` } }), /does not fit/],
  ["another method", () => ({ method: "PUT", url: `${PERSONS}/01990246-a5d0-7000-8000-0123456789ab`, sent: { method: "DELETE" } }), /does not fit/],
  ["another authority", () => ({ sent: { url: "https://other.example.edu/v1/persons" } }), /does not fit/],
  ["a reason that was not signed", () => ({ sent: { headers: { "portico-reason": "because" } } }), "the header portico-reason is sent, but not covered"],
  ["another reason", () => ({ headers: { "portico-reason": "one" }, sent: { headers: { "portico-reason": "two" } } }), /does not fit/],
  ["an unsigned Idempotency-Key", () => ({ sent: { headers: { "idempotency-key": "12345678" } } }), "the header idempotency-key is sent, but not covered"],
  ["a nonce that is too short", () => ({ nonce: "short" }), "nonce: 16 to 64 letters, digits and + / = _ . : -"],
])("%s is refused", async (_, spoiled, detail) => {
  const { status, problem } = await send(spoiled());
  expect([status, problem.reason]).toEqual([401, "SignatureRefused"]);
  expect(problem.detail).toMatch(detail);
  expect(await rig.cloud.database.queries.selectFrom("person").select("id").execute()).toEqual([]);
});

test.each([
  ["the method", ["@authority", "@path", "@query"]],
  ["the authority", ["@method", "@path", "@query"]],
  ["the path", ["@method", "@authority", "@query"]],
  ["the query", ["@method", "@authority", "@path"]],
])("a signature that leaves out %s is refused", async (_, fields) => {
  expect((await sendSigned({ fields })).problem).toMatchObject({ status: 401, reason: "SignatureRefused", detail: "Missing required signed fields" });
});

test.each([["created"], ["keyid"], ["nonce"]])("a signature without the parameter %s is refused", async (left) => {
  const { problem } = await sendSigned({ params: ["created", "keyid", "nonce", "alg"].filter((parameter) => parameter !== left) });
  expect(problem).toMatchObject({ status: 401, reason: "SignatureRefused" });
});

test("a body whose digest is not covered, or is none of sha-256, is refused", async () => {
  const signer = nodeSigner(rig.backend.seed);
  const config = {
    key: { id: Buffer.from(signer.publicKey).toString("hex"), sign: (base: Buffer) => Promise.resolve(Buffer.from(signer.sign(base))) },
    params: ["created", "keyid", "nonce"],
  };
  const sent = async (headers: Record<string, string>, fields: string[]) => {
    const paramValues = { created: new Date(rig.cloud.now() * 1000), nonce: `nonce-of-a-test-${nth++}` };
    const signed = await httpbis.signMessage({ ...config, fields, paramValues }, { method: "POST", url: PERSONS, headers });
    return told(await rig.fetch(new Request(PERSONS, { method: "POST", headers: signed.headers as Record<string, string>, body: BODY })));
  };
  const always = ["@method", "@authority", "@path", "@query"];
  const json = { "content-type": "application/json" };
  const sha256 = `sha-256=:${Buffer.from(nodeSha256(Buffer.from(BODY))).toString("base64")}:`;
  expect((await sent(json, always)).problem.detail).toBe("content-digest is not covered, and there is a body");
  expect((await sent({ ...json, "content-digest": sha256 }, always)).problem.detail).toBe("the header content-digest is sent, but not covered");
  const sha512 = "sha-512=:AAAA:";
  expect((await sent({ ...json, "content-digest": sha512 }, [...always, "content-digest"])).problem.detail).toBe("content-digest: sha-256 is missing");
  expect((await sent({ ...json, "content-digest": `${sha512}, ${sha256}` }, [...always, "content-digest"])).status).toBe(201);
});

test("two signatures, components with parameters or named twice, another algorithm and what is no structured field are refused", async () => {
  const withParameter = await sendSigned({ fields: ["@method", "@authority", "@path", "@query", '"x-note";bs'] }, { "x-note": "1" });
  expect(withParameter.problem).toMatchObject({ reason: "SignatureRefused", detail: "x-note: components have no parameters here" });
  expect((await sendSigned({ fields: ["@method", "@method", "@authority", "@path", "@query"] })).problem.detail).toBe("@method is covered twice");
  expect((await sendSigned({ paramValues: { alg: "rsa-v1_5-sha256", nonce: `nonce-of-a-test-${nth++}`, created: new Date(rig.cloud.now() * 1000) } })).problem.detail).toBe("alg: only ed25519"); // prettier-ignore
  const twice = await sendSigned({ name: "second" }, { "signature-input": 'first=();created=1;keyid="a";nonce="b"', signature: "first=:AAAA:" });
  expect(twice.problem).toMatchObject({ reason: "SignatureRefused", detail: "there is more than one signature" });
  for (const [input, signature] of [
    ["nonsense(", "sig=:AAAA:"],
    ["sig=1;created=1", "sig=:AAAA:"],
    ['sig=("@method");created=1;keyid="a";nonce="b"', "sig=1"],
    ["sig=()", "()"],
  ] as const) {
    const { problem } = await told(await rig.fetch(new Request(PERSONS, { headers: { "signature-input": input, signature } })));
    expect([problem.status, problem.reason]).toEqual([401, "SignatureRefused"]);
  }
  expect(rig.troubles).toEqual([]);
});

test("a signature of its own end is taken no longer", async () => {
  const ending = (inS: number) => ({ params: ["created", "keyid", "nonce", "expires"], paramValues: { created: new Date(rig.cloud.now() * 1000), nonce: `nonce-of-a-test-${nth++}`, expires: new Date((rig.cloud.now() + inS) * 1000) } }); // prettier-ignore
  expect((await sendSigned(ending(0))).status).toBe(200);
  expect((await sendSigned(ending(-1))).problem.detail).toBe("expires has passed");
});

test("a nonce is taken once, also after a restart, for as long as its signature could be taken; of another key it is another", async () => {
  const first = { nonce: "0123456789abcdef", created: rig.cloud.now() + 60 };
  expect((await send(first)).status).toBe(201);
  expect((await send(first)).problem).toMatchObject({ status: 401, reason: "NonceReused" });
  rig.restart();
  rig.cloud.pass(120);
  expect((await send(first)).problem.reason).toBe("NonceReused");
  const other = await rig.caller("other", ["people:write"]);
  expect((await send({ nonce: first.nonce, signer: nodeSigner(other.seed) })).status).toBe(201);
  rig.cloud.pass(1);
  expect((await send(first)).problem.reason).toBe("SignatureRefused");
  await send();
  const kept = await rig.cloud.database.queries.selectFrom("used_nonce").select("until").execute();
  expect(kept.every(({ until }) => until >= rig.cloud.now())).toBe(true);
  expect(kept).toHaveLength(2);
});

test("of twins that come together one is taken", async () => {
  const requests = await Promise.all(Array.from({ length: 5 }, () => send({ nonce: "0123456789abcdef" })));
  expect(requests.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 401, 401, 401, 401]);
});

test("a revoked key opens nothing from then on", async () => {
  const other = await rig.caller("other", ["people:read"]);
  expect((await other.client.ask("GET /v1/persons", {})).status).toBe(200);
  const revoked = await done(revokeApiKey(rig.cloud, NOTE, other.key.id));
  expect(revoked.revokedAt).toBe(rig.cloud.now());
  expect(await other.client.ask("GET /v1/persons", {})).toMatchObject({ status: 401, problem: { detail: "keyid: no such key, or it is revoked" } });
  rig.cloud.pass(5);
  expect((await done(revokeApiKey(rig.cloud, NOTE, other.key.id))).revokedAt).toBe(revoked.revokedAt);
});

test("a store that fails while a key is looked up is our mistake, not the sender's", async () => {
  const request = await rig.backend.client.request("GET /v1/persons", {});
  await rig.cloud.database.queries.schema.alterTable("api_key").renameTo("elsewhere").execute();
  const { status, problem } = await told(await rig.fetch(request));
  expect([status, problem.reason]).toEqual([500, "Unexpected"]);
  expect(rig.troubles).toMatchObject([
    { id: problem.id, route: "GET /v1/persons", error: expect.stringMatching(/^(?:SqliteError SQLITE_ERROR|error 42P01)$/) },
  ]);
  expect(bytesToHex(rig.backend.seed)).toHaveLength(64);
});
