import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import type { Problem } from "@portico/cloud-sync";
import type { Command } from "commander";
import { cloudAddress, type CloudOptions, cloudOptions, OPERATOR_FILE, unreachable } from "./cloud-client.ts";
import { refusedBy } from "./refusal-text.ts";
import { EXIT, Failure, Interrupted } from "./failure.ts";
import { chosenLanguage } from "./language.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, verb } from "./verb.ts";
import { placesFor } from "./places.ts";

/** The file of the data folder that a log-in writes its key to. */
const KEY_FILE = "log-in.key";
/** What the provider sends the browser back to. Source: the cloud takes no other path of this machine. */
const BACK_PATH = "/log-in";
const PAGE = "<!doctype html><meta charset=utf-8><title>Portico</title><p>登录完成，可以关闭此页。 You may close this page.\n";

/** `portico operator log-in`: a key of one's own for a working day, by the campus account. */
export function logInVerb(surroundings: Surroundings): Command {
  const command = verb("log-in", "log in with the campus account: a new key of yours is let in for twelve hours", [
    ["portico operator log-in --cloud https://cloud.example.edu", "shows the page to open in a browser on this computer"],
    ["portico operator log-in --cloud https://cloud.example.edu --key ~/portico.key", "writes the key there"],
  ]);
  return cloudOptions(command)
    .addOption(formatOption())
    .action(async ({ format, ...options }: CloudOptions & { readonly format?: Format }) => {
      const { env, workingFolder, randomBytes, terminal } = surroundings;
      const { dataFolder } = placesFor(surroundings, options.data === undefined ? {} : { data: options.data });
      const url = options.cloud ?? env["PORTICO_CLOUD"];
      if (url === undefined || url === "")
        throw new Failure(EXIT.usage, "no cloud is named", "portico operator log-in", "name it with --cloud, or PORTICO_CLOUD");
      const cloud = cloudAddress(url);
      const keyFile = options.key === undefined ? join(dataFolder, KEY_FILE) : resolve(workingFolder, options.key);
      const seed = randomBytes(32);
      const publicKey = bytesToHex(nodeSigner(seed).publicKey);
      const browser = await awaitBrowser(surroundings);
      try {
        const begun = await post(surroundings, cloud, "/v1/operator-log-in", { redirectUri: browser.redirectUri, publicKey });
        terminal.err(`Open this page in a browser on this computer:\n${String(begun["url"])}\n`);
        const finished = await post(surroundings, cloud, "/v1/operator-log-in/finish", await browser.back);
        // A file that is there keeps its mode when it is written anew.
        if (existsSync(keyFile)) chmodSync(keyFile, 0o600);
        writeFileSync(keyFile, `${bytesToHex(seed)}\n`, { mode: 0o600 });
        const operatorFile = join(dataFolder, OPERATOR_FILE);
        if (options.key === undefined && !existsSync(operatorFile))
          writeFileSync(operatorFile, `${JSON.stringify({ cloud, key: KEY_FILE })}\n`, { mode: 0o600 });
        const facts = [["operator", String(finished["operator"])], ["role", typeof finished["role"] === "string" ? finished["role"] : "none: only what is delegated"], ["until", String(finished["until"])], ["key", keyFile]] as const; // prettier-ignore
        writeFacts(terminal, format, facts, { ...finished, key: keyFile });
      } finally {
        await browser.close();
      }
    });
}

/** Listens on this machine alone for the browser that comes back with what the provider gave it (RFC 8252 §7.3). */
async function awaitBrowser({ interrupted }: Surroundings) {
  const come: { take?: (back: { code: string; state: string }) => void; fail?: (error: Error) => void } = {};
  const back = new Promise<{ code: string; state: string }>((take, fail) => Object.assign(come, { take, fail }));
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const [code, state, error] = [searchParams.get("code"), searchParams.get("state"), searchParams.get("error")];
    if (request.method !== "GET" || pathname !== BACK_PATH || (error === null && (code === null || state === null))) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", connection: "close" }).end(PAGE);
    if (code !== null && state !== null) return come.take!({ code, state });
    come.fail!(new Failure(EXIT.refused, "the campus account's provider has refused the log-in", error!.replaceAll(/[^\w.-]/g, "").slice(0, 40), "portico operator log-in begins again")); // prettier-ignore
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const onInterrupt = (): void => come.fail!(new Interrupted());
  if (interrupted.aborted) onInterrupt();
  interrupted.addEventListener("abort", onInterrupt, { once: true });
  back.catch(() => {}); // whoever waits for it hears it
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}${BACK_PATH}`,
    back,
    close: () =>
      new Promise<void>((closed) => {
        interrupted.removeEventListener("abort", onInterrupt);
        server.close(() => closed());
        server.closeIdleConnections();
      }),
  };
}

async function post(surroundings: Surroundings, cloud: string, path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  let said: unknown;
  try {
    response = await surroundings.fetch(
      new Request(`${cloud}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    );
    said = await response.json();
  } catch (error) {
    throw unreachable(cloud, error);
  }
  if (response.ok) return said as Readonly<Record<string, unknown>>;
  throw refusedBy(said as Problem, "operator log-in", chosenLanguage(surroundings, {}));
}
