import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeSigner } from "@portico/card-protocol/node";
import { expect, onTestFinished, test } from "vitest";
import { addApiKey } from "../callers.ts";
import { plainPerson } from "../rig/api-campus.ts";
import { apiRig } from "../rig/api-rig.ts";
import { done, NOTE } from "../rig/cloud-rig.ts";
import { CloudClient } from "./client.ts";
import { openStore, runCloud, STORE_FILE, type CloudReport } from "./main.ts";
import { serveApi } from "./serve.ts";
import { BODY_BYTES_MAX } from "./signature-profile.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

test("over a socket: signed requests with encoded ids, refusals, bodies that are too large; then a clean stop", async () => {
  const rig = await apiRig();
  const serving = await serveApi(rig.fetch, LOOPBACK);
  onTestFinished(() => rig.close());
  const { seed } = rig.backend;
  const { nowMs, randomBytes } = rig.cloud;
  const client = new CloudClient({ url: serving.url, signer: nodeSigner(seed), nowMs, randomBytes, fetch });
  await client.ask("PUT /v1/zones/{id}", { params: { id: "east" }, body: { names: { zh: "东", en: "East" } } });
  const gate = { zone: "east", names: { zh: "东门", en: "East gate" }, high: false };
  expect(await client.ask("PUT /v1/access-points/{id}", { params: { id: "东门/1" }, body: gate })).toMatchObject({
    status: 200,
    value: { value: { id: "东门/1" } },
  });
  expect(await client.ask("GET /v1/access-points/{id}/who", { params: { id: "东门/1" }, query: { capability: "pass" } })).toMatchObject({
    value: { items: [] },
  });
  expect((await fetch(`${serving.url}/v1/persons`)).status).toBe(401);
  const large = await client.ask("POST /v1/persons", { body: { ...plainPerson(null), name: "x".repeat(BODY_BYTES_MAX) } });
  expect(large).toMatchObject({ status: 413, problem: { reason: "BodyTooLarge" } });
  expect(await client.ask("GET /v1/persons", {}), "the connection goes on").toMatchObject({ status: 200 });
  expect(await statusOf(serving.url, "/v1/persons/../zones"), "what is signed is what is routed").toBe(401);
  await serving.close();
  await expect(fetch(`${serving.url}/v1/health`)).rejects.toThrow();
  expect(rig.troubles).toEqual([]);
});

/** The status of a path that is sent as it stands. */
const statusOf = (url: string, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest({ host: new URL(url).hostname, port: new URL(url).port, path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject).end();
  });

test("a stop waits for the requests that are on their way, and lets no new ones in", async () => {
  let finish = (): void => {};
  let begun = (): void => {};
  const asked = new Promise<void>((resolve) => (begun = resolve));
  const gate = new Promise<void>((resolve) => (finish = resolve));
  const serving = await serveApi(async () => {
    begun();
    await gate;
    return new Response("answered");
  }, LOOPBACK);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const answer = new Promise<string | undefined>((resolve) => {
    httpRequest(serving.url, { agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.headers.connection));
    }).end();
  });
  await asked;
  let isClosed = false;
  const closed = serving.close().then(() => (isClosed = true));
  await expect(fetch(serving.url)).rejects.toThrow();
  expect(isClosed).toBe(false);
  finish();
  expect(await answer, "whoever would keep the connection is told not to").toBe("close");
  await closed;
});

test("a port in use, a port and an address that are none of ours are named with the option", async () => {
  const answer = () => new Response("");
  const first = await serveApi(answer, LOOPBACK);
  onTestFinished(() => first.close());
  const port = Number(new URL(first.url).port);
  await expect(serveApi(answer, { ...LOOPBACK, port })).rejects.toMatchObject({
    name: "SetupError",
    what: "the port is in use",
    where: `--listen 127.0.0.1:${port}`,
  });
  await expect(serveApi(answer, { host: "192.0.2.1", port: 0 })).rejects.toMatchObject({ what: "this computer has no such address" });
});

test("a cloud as it runs: a key in its file, requests, a stop in order, and everything there when it starts again", async () => {
  const dataFolder = join(mkdtempSync(join(tmpdir(), "portico-")), "cloud");
  onTestFinished(() => rmSync(join(dataFolder, ".."), { recursive: true }));
  const store = await openStore(dataFolder);
  const signer = nodeSigner(store.randomBytes(32));
  const content = { name: "backend", actor: "backend", publicKey: signer.publicKey, scopes: ["people:read", "people:write"] as const };
  await done(addApiKey(store, NOTE, content));
  await store.database.close();
  expect([existsSync(join(dataFolder, STORE_FILE)), statSync(dataFolder).mode & 0o777]).toEqual([true, 0o700]);

  const told: CloudReport[] = [];
  const run = async (use: (client: CloudClient) => Promise<void>): Promise<void> => {
    const interruption = new AbortController();
    const options = { dataFolder, site: "demo-campus", timeZone: "Asia/Shanghai", listen: LOOPBACK, interrupted: interruption.signal };
    let running: Promise<void> | undefined;
    const url = await new Promise<string>((resolve, reject) => {
      running = runCloud({ ...options, onReport: (report) => (report.kind === "started" ? resolve(report.url) : told.push(report)) });
      running.catch(reject);
    });
    await expect(openStore(dataFolder), "one cloud serves one file").rejects.toMatchObject({ what: "another process has the store open" });
    const { nowMs, randomBytes } = store;
    await use(new CloudClient({ url, signer, nowMs, randomBytes, fetch }));
    interruption.abort();
    await running;
  };
  let person = "";
  await run(async (client) => {
    const made = await client.ask("POST /v1/persons", { body: plainPerson("zhang@example.edu") });
    if (!made.ok) throw new Error(made.problem.detail);
    expect(made.value.publish).toEqual(expect.any(Number));
    person = made.value.value.id;
  });
  await run(async (client) => {
    expect(await client.ask("GET /v1/persons/{id}", { params: { id: person } })).toMatchObject({ status: 200, value: { account: "zhang@example.edu" } });
  });
  const unsigned = { kind: "unsigned", missing: expect.stringContaining("trust-lists"), publicKey: expect.stringMatching(/^[0-9a-f]{64}$/) };
  expect(told, "a key of its own, the same in each run, that no trust list names yet").toEqual([unsigned, told[0]]);
  const place = { dataFolder, listen: LOOPBACK, onReport: () => {}, interrupted: AbortSignal.abort() };
  await expect(runCloud({ ...place, site: "Campus", timeZone: "Asia/Shanghai" })).rejects.toMatchObject({ where: "--site Campus" });
  await expect(runCloud({ ...place, site: "campus", timeZone: "Mars/Olympus" })).rejects.toMatchObject({ where: "--time-zone Mars/Olympus" });
});
