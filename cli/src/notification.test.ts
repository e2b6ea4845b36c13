import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, type RandomBytes } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { addApiKey, CloudClient, type CloudReport, openStore, type Scope, SCOPES, runCloud } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

const SEED = new Uint8Array(32).fill(7);
const signer = nodeSigner(SEED);
let folder: string;
let url: string;
let card: string;
let interruption: AbortController;
let running: Promise<void>;
let receiver: Server;
let pushed: string[];
let onPush: () => void;

/** A cloud as it runs, with one person and a card, and a receiver of what it pushes. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  writeFileSync(join(folder, "mine.key"), bytesToHex(SEED), { mode: 0o600 });
  const dataFolder = join(folder, "cloud");
  const store = await openStore(dataFolder);
  await addApiKey(store, { actor: "test", action: "key add", target: "", reason: "" }, { name: "desk", actor: "desk", publicKey: signer.publicKey, scopes: Object.keys(SCOPES) as Scope[] }); // prettier-ignore
  await store.database.close();
  ({ nowMs, randomBytes } = store);
  interruption = new AbortController();
  url = await new Promise<string>((resolve, reject) => {
    const onReport = (report: CloudReport): void => {
      if (report.kind === "started") resolve(report.url);
    };
    running = runCloud({ dataFolder, site: "demo-campus", timeZone: "Asia/Shanghai", listen: { host: "127.0.0.1", port: 0 }, onReport, interrupted: interruption.signal }); // prettier-ignore
    running.catch(reject);
  });
  const client = new CloudClient({ url, signer, nowMs: store.nowMs, randomBytes: store.randomBytes, fetch });
  const person = await client.ask("POST /v1/persons", {
    body: { account: "zhang@example.edu", name: "张三", phone: null, mail: null, flags: [], partySize: 1 },
  });
  const validity = { from: null, until: null };
  if (!person.ok) throw new Error(person.problem.detail);
  const body = { kind: "card", validity, publicKey: null, takesIssuedUntil: null, number: "04010203" } as const;
  const issued = await client.ask("POST /v1/persons/{id}/credentials", { params: { id: person.value.value.id }, body });
  if (!issued.ok) throw new Error(issued.problem.detail);
  card = issued.value.value.id;
  pushed = [];
  onPush = () => {};
  receiver = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      pushed.push(text);
      response.writeHead(202).end();
      onPush();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  report = async (act) => {
    const done = await client.ask(`POST /v1/credentials/{id}/${act}`, { params: { id: card } });
    if (!done.ok) throw new Error(done.problem.detail);
  };
});
let nowMs: () => number;
let randomBytes: RandomBytes;
let report: (act: "report-lost" | "return") => Promise<void>;
afterEach(async () => {
  interruption.abort();
  await running;
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  rmSync(folder, { recursive: true });
});

/** By the host's clock: the cloud judges signatures by its own. */
const surroundings = (isTty = false): RecordedSurroundings =>
  new RecordedSurroundings({ workingFolder: folder, env: { PORTICO_CLOUD: url, PORTICO_CLOUD_KEY: "mine.key", PORTICO_DATA: folder }, isTty, columns: 200, now: Math.floor(nowMs() / 1000), randomBytes }); // prettier-ignore
const run = (...words: string[]) => surroundings().run(...words);
const taken = (count: number): Promise<void> =>
  new Promise((resolve) => {
    onPush = () => {
      if (pushed.length >= count) resolve();
    };
    onPush();
  });

test("what happens to a card is told in order, for people as lines, for programs as JSON; --follow hears what comes", async () => {
  await report("report-lost");
  await report("return");
  const told = await run("notification", "tail");
  const lines = told.out.trim().split("\n").map((line) => JSON.parse(line) as { seq: number; kind: string; body: object }); // prettier-ignore
  expect(lines.map(({ seq, kind, body }) => ({ seq, kind, body }))).toEqual([
    { seq: 1, kind: "credential.lost", body: { credential: card, credentialKind: "card", case: null } },
    { seq: 2, kind: "credential.returned", body: { credential: card, credentialKind: "card", case: null } },
  ]);
  const table = await surroundings(true).run("notification", "tail", "--after", "1");
  expect(table.out).toMatch(
    new RegExp(`^ {6}2  \\d{4}-\\d\\d-\\d\\d [\\d:]{8}  credential\\.returned {6}credential=${card} credentialKind=card person=[0-9a-f-]{36}\n$`),
  );
  const watching = surroundings();
  let heard = 0;
  watching.onOut = () => {
    if (++heard === 2) watching.interrupt();
  };
  const ended = watching.run("notification", "tail", "--follow", "--kind", "credential.lost");
  await report("report-lost");
  expect((await ended).exitCode).toBe(0);
  expect(watching.out.trim().split("\n").map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 3]); // prettier-ignore
});

test("a webhook is made, tried, told of a loss, listed, and removed", async () => {
  const { port } = receiver.address() as AddressInfo;
  const made = await run("webhook", "put", "mini", "--url", `http://127.0.0.1:${port}/`, "--kind", "credential.lost");
  expect(JSON.parse(made.out)).toMatchObject({ id: "mini", state: "active", kinds: ["credential.lost"] });
  expect((await run("webhook", "test", "mini")).exitCode).toBe(0);
  await taken(1);
  await report("report-lost");
  await taken(2);
  const kinds = pushed.map((token) => Object.keys((JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { events: object }).events)[0]);
  expect(kinds).toEqual(["https://portico.invalid/events/webhook.test", "https://portico.invalid/events/credential.lost"]);
  const table = await surroundings(true).run("webhook", "list");
  expect(table.out.split("\n")[0]).toMatch(/^WEBHOOK +STATE +TAKEN +FAILING SINCE +URL +PROBLEM$/);
  expect((await run("webhook", "resume", "mini")).exitCode).toBe(0);
  expect((await run("webhook", "remove", "mini")).exitCode).toBe(0);
  expect(await run("webhook", "remove", "mini")).toEqual({ exitCode: 1, out: "", err: "portico: No such webhook: mini (WebhookUnknown)\non: webhook mini\nnext: List the webhooks.\n" }); // prettier-ignore
});

test("a kind that is none, a URL that is none, are wrong usage", async () => {
  for (const words of [
    ["notification", "tail"],
    ["webhook", "put", "mini", "--url", "https://x.example/"],
  ] as const)
    // prettier-ignore
    expect(await run(...words, "--kind", "credential.eaten")).toMatchObject({ exitCode: 2, err: expect.stringContaining("--kind credential.eaten") });
  expect(await run("webhook", "put", "mini", "--url", "http://x.example/")).toMatchObject({ exitCode: 2, err: expect.stringContaining("https is wanted") });
  expect(await run("notification", "tail", "--after", "99")).toMatchObject({ exitCode: 1, err: expect.stringContaining("NotificationsGone") });
});
