import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { CloudClient, sessionIdOf } from "@portico/cloud-sync";
import { OidcStandIn } from "@portico/simulator";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

const SIGNER = nodeSigner(new Uint8Array(32).fill(7));
const REDIRECT = "https://app.example.edu/log-in";
const CLIENT = { clientId: "portico", clientSecret: "s3cret", redirectUris: [REDIRECT] };

let folder: string;
let provider: OidcStandIn;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  // The program under test runs on this machine's clock, and so has its provider to.
  provider = await OidcStandIn.start(CLIENT, hostMs, (length) => new Uint8Array(createHash("sha512").update(`${count++}`).digest().subarray(0, length))); // prettier-ignore
  writeFileSync(join(folder, "secret"), "s3cret\n", { mode: 0o600 });
  writeFileSync(join(folder, "log-in.toml"), `[oidc]\nissuer = "${provider.issuer}"\nclient_id = "portico"\nclient_secret_file = "secret"\nredirect_uris = ["${REDIRECT}"]\ndomains = ["example.edu"]\n`); // prettier-ignore
});
afterEach(async () => {
  await provider.server.close();
  rmSync(folder, { recursive: true });
});
let count = 0;
/** This machine's clock, as its file system tells it. */
const hostMs = (): number => {
  writeFileSync(join(folder, "now"), "");
  return statSync(join(folder, "now")).mtimeMs;
};

test("rule 1.2: a cloud that runs with --log-in sends staff to the campus account's provider, takes them back, and refuses who is not known", async () => {
  const here = () => new RecordedSurroundings({ workingFolder: folder });
  const key = await here().run("cloud", "key", "add", "--data", "cloud", "--name", "backend", "--public-key", bytesToHex(SIGNER.publicKey), "--scope", "people:write", "--scope", "sessions:write", "--scope", "sessions:read"); // prettier-ignore
  expect(key.exitCode).toBe(0);
  const program = here();
  const started = new Promise<string>((resolve) => (program.onOut = (text) => resolve((JSON.parse(text) as { readonly url: string }).url)));
  const ended = program.run("cloud", "run", "--data", "cloud", "--site", "demo", "--listen", "127.0.0.1:0", "--log-in", "log-in.toml");
  const url = await started;
  const client = new CloudClient({ url, signer: SIGNER, nowMs: hostMs, randomBytes: (length) => new Uint8Array(createHash("sha512").update(`${count++}`).digest().subarray(0, length)), fetch: (request) => fetch(request) }); // prettier-ignore
  const made = await client.ask("POST /v1/persons", { body: { account: "li@example.edu", name: "李", phone: null, mail: null, flags: [], partySize: 1 } });
  const { id } = made.ok ? made.value.value : { id: "" };
  await client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "staff" }, body: { validity: { from: null, until: null }, sponsor: null } }); // prettier-ignore
  const logIn = async (account: string) => {
    provider.account = account;
    const begun = await client.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } });
    return client.ask("POST /v1/log-in/oidc/finish", { body: await provider.logIn(begun.ok ? begun.value.url : "") });
  };
  const opened = await logIn("li@example.edu");
  expect(opened).toMatchObject({ ok: true, value: { session: { person: id, login: "campus", audiences: ["staff", "public"] } } });
  const session = sessionIdOf(opened.ok ? opened.value.token : "");
  expect(await client.ask("GET /v1/sessions/{id}", { params: { id: session } })).toMatchObject({ ok: true, value: { person: id } });
  expect(await logIn("wang@example.edu")).toMatchObject({ ok: false, status: 403, problem: { reason: "AccountUnknown", rule: "1.2" } });
  program.interrupt();
  expect(await ended).toMatchObject({ exitCode: 0 });
});

test("a log-in file with a mistake is refused before the store is opened", async () => {
  writeFileSync(join(folder, "log-in.toml"), '[oidc]\nissuer = "http://id.example.edu"\n');
  const refused = await new RecordedSurroundings({ workingFolder: folder }).run("cloud", "run", "--data", "cloud", "--site", "demo", "--log-in", "log-in.toml");
  expect(refused).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining("oidc.issuer: an https address") });
  expect(refused.err).toContain(`on: ${folder}/log-in.toml`);
});
