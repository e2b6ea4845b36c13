import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeSha256 } from "@portico/card-protocol/node";
import { OidcStandIn } from "@portico/simulator";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cloudClientFor } from "./cloud-client.ts";
import type { CommandRecord } from "./recorded-surroundings.ts";
import { type ServedCloud, serveCloud } from "./served-cloud.ts";

let folder: string;
let provider: OidcStandIn;
let cloud: ServedCloud;
let count = 0;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  // The cloud runs on this machine's clock, and so has its provider to: the file system tells it.
  const hostMs = (): number => (writeFileSync(join(folder, "clock"), ""), statSync(join(folder, "clock")).mtimeMs);
  const client = { clientId: "portico", clientSecret: "s3cret", redirectUris: ["https://app.example.edu/log-in"] };
  provider = await OidcStandIn.start(client, hostMs, (length) => nodeSha256(Buffer.from(`provider ${count++}`)).slice(0, length));
  writeFileSync(join(folder, "secret"), "s3cret\n", { mode: 0o600 });
  writeFileSync(join(folder, "log-in.toml"), `[oidc]\nissuer = "${provider.issuer}"\nclient_id = "portico"\nclient_secret_file = "secret"\nredirect_uris = ["https://app.example.edu/log-in"]\ndomains = ["example.edu"]\n`); // prettier-ignore
  cloud = await serveCloud(folder, { logInFile: join(folder, "log-in.toml") });
});
afterEach(async () => {
  await cloud.close();
  await provider.server.close();
  rmSync(folder, { recursive: true });
});

/** Logs in as this account; `browse` is what the browser does with the page that is shown. */
async function logIn(account: string, browse: (url: string) => Promise<unknown> = (url) => fetch(url), ...words: string[]): Promise<CommandRecord> {
  provider.account = account;
  const here = cloud.surroundings();
  const { terminal } = here;
  const err = terminal.err.bind(terminal);
  terminal.err = (text) => {
    err(text);
    const [url] = /http\S+/.exec(text) ?? [];
    if (text.startsWith("Open this page")) void browse(url!);
  };
  return here.run("operator", "log-in", "--cloud", cloud.url, "--data", folder, ...words);
}

test("an operator logs in with the campus account and asks with the key that was let in, for twelve hours; who is none, and who has ended, is refused", async () => {
  expect(await logIn("li@example.edu")).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("(OperatorUnknown)") });
  await cloud.surroundings().run("operator", "add", "li", "--name", "Li", "--role", "view", "--account", "li@example.edu", "--reason", "new");
  const made = await logIn("li@example.edu");
  expect(made.exitCode).toBe(0);
  expect(JSON.parse(made.out)).toMatchObject({ operator: "li", role: "view", key: join(folder, "log-in.key") });
  expect(statSync(join(folder, "log-in.key")).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(folder, "operator.json"), "utf8"))).toEqual({ cloud: cloud.url, key: "log-in.key" });
  expect(await cloud.surroundings().run("group", "list", "--data", folder)).toMatchObject({ exitCode: 0 });
  expect(await cloud.surroundings().run("operator", "list", "--data", folder)).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("scope operators:read"),
  });
  await cloud.surroundings().run("operator", "end", "li", "--reason", "has left");
  expect(await cloud.surroundings().run("group", "list", "--data", folder)).toMatchObject({ exitCode: 2, err: expect.stringContaining("SignatureRefused") });
  expect(await logIn("li@example.edu")).toMatchObject({ exitCode: 1, err: expect.stringContaining("(OperatorUnknown)") });
});

test("a browser that comes back with another state, or with the provider's refusal, lets nothing in; Ctrl-C ends the waiting", async () => {
  await cloud.surroundings().run("operator", "add", "li", "--name", "Li", "--role", "view", "--account", "li@example.edu", "--reason", "new");
  const backTo = (url: string, query: string) => fetch(`${new URL(url).searchParams.get("redirect_uri")}?${query}`);
  expect(await logIn("li@example.edu", (url) => backTo(url, "code=c&state=forged"))).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("(LogInAttemptUnknown, rule 1.2)"),
  });
  expect(await logIn("li@example.edu", (url) => backTo(url, "error=access_denied&state=x"))).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("on: access_denied"),
  });
  const here = cloud.surroundings();
  here.terminal.err = () => here.interrupt();
  expect(await here.run("operator", "log-in", "--cloud", cloud.url, "--data", folder)).toMatchObject({ exitCode: 1, out: "" });
  expect(() => statSync(join(folder, "log-in.key"))).toThrow("ENOENT");
});

test("an operator's log-in goes back to this machine alone; what a person began ends no operator's; what is malformed is refused", async () => {
  await cloud.surroundings().run("operator", "add", "li", "--name", "Li", "--role", "view", "--account", "li@example.edu", "--reason", "new");
  const calls = await cloudClientFor(cloud.surroundings(), {});
  const { url } = await calls.ask("log-in", "POST /v1/log-in/oidc/begin", { body: { redirectUri: "https://app.example.edu/log-in" } });
  provider.account = "li@example.edu";
  const crossed = await fetch(`${cloud.url}/v1/operator-log-in/finish`, { method: "POST", body: JSON.stringify(await provider.logIn(url)) });
  expect([crossed.status, await crossed.json()]).toMatchObject([409, { reason: "LogInAttemptUnknown" }]);
  const forged = await fetch(`${cloud.url}/v1/operator-log-in`, {
    method: "POST",
    body: JSON.stringify({ redirectUri: "https://evil.example/log-in", publicKey: "c050c563".repeat(8) }),
  });
  expect([forged.status, await forged.json()]).toMatchObject([400, { reason: "RequestMalformed", detail: expect.stringContaining("redirectUri") }]);
  const malformed = await fetch(`${cloud.url}/v1/operator-log-in/finish`, { method: "POST", body: "{}" });
  expect([malformed.status, await malformed.json()]).toMatchObject([400, { reason: "RequestMalformed" }]);
});
