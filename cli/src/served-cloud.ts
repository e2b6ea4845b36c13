import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, makeTrustList, type Signer, type TrustList, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { addApiKey, type CloudReport, openStore, putZone, readSigningKey, runCloud, type Scope, SCOPES, TRUST_LISTS_FOLDER } from "@portico/cloud-sync";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

export const SERVED_SITE = "demo-campus";
/** The one root holder of the campus. */
const ROOT = nodeSigner(new Uint8Array(32).fill(0x71));
const OPERATOR_SEED = new Uint8Array(32).fill(0x72);

/** A whole cloud in this program, on a socket of its own, with an operator who may do everything. */
export interface ServedCloud {
  readonly url: string;
  readonly root: Signer;
  /** In the order in which it told them. */
  readonly reports: readonly CloudReport[];
  /** A command line in a folder: an operator's whose key lies there, and for the clock of the cloud. */
  surroundings(options?: { readonly isTty?: boolean }): RecordedSurroundings;
  close(): Promise<void>;
}

/**
 * Starts it on a free port of loopback; it runs on this machine's clock.
 *
 * @param folder  the cloud's data lie in `cloud` below it, the operator's files in `desk`
 * @param logInFile  who may be asked for log-ins
 */
export async function serveCloud(folder: string, { logInFile }: { readonly logInFile?: string } = {}): Promise<ServedCloud> {
  const [dataFolder, desk] = [join(folder, "cloud"), join(folder, "desk")];
  mkdirSync(join(dataFolder, TRUST_LISTS_FOLDER), { recursive: true });
  mkdirSync(desk, { recursive: true });
  const { publicKey } = readSigningKey(dataFolder, (length) => new Uint8Array(length).fill(0x73));
  writeFileSync(join(dataFolder, TRUST_LISTS_FOLDER, "1.cose"), trustListOf(publicKey));
  writeFileSync(join(desk, "operator.key"), bytesToHex(OPERATOR_SEED), { mode: 0o600 });
  const note = { actor: "set-up", action: "set up", target: "", reason: "" };
  const store = await openStore(dataFolder);
  const scopes = Object.keys(SCOPES) as Scope[];
  await addApiKey(store, note, { name: "operator", actor: "zhang", publicKey: nodeSigner(OPERATOR_SEED).publicKey, scopes });
  for (const zone of ["east", "west"]) await putZone(store, note, zone, { zh: zone, en: zone });
  await store.database.close();
  const reports: CloudReport[] = [];
  const interruption = new AbortController();
  let running: Promise<void> | undefined;
  const url = await new Promise<string>((started, failed) => {
    const onReport = (report: CloudReport): void => {
      reports.push(report);
      if (report.kind === "started") started(report.url);
    };
    const place = { dataFolder, site: SERVED_SITE, timeZone: "Asia/Shanghai", listen: { host: "127.0.0.1", port: 0 }, logInFile };
    running = runCloud({ ...place, onReport, interrupted: interruption.signal });
    running.catch(failed);
  });
  writeFileSync(join(desk, "operator.json"), JSON.stringify({ cloud: url, key: "operator.key" }));
  let drawn = 0;
  /** Never the same twice: the cloud takes no nonce again. */
  const randomBytes = (length: number): Uint8Array => nodeSha256(Uint8Array.of(drawn >> 8, drawn++)).slice(0, length);
  const date = (await fetch(`${url}/v1/health`)).headers.get("date")!;
  return {
    url,
    root: ROOT,
    reports,
    surroundings: (options = {}) =>
      new RecordedSurroundings({ ...options, randomBytes, workingFolder: folder, env: { PORTICO_DATA: desk }, now: Date.parse(date) / 1000 }),
    async close() {
      interruption.abort();
      await running;
    },
  };
}

/** Lets the cloud sign the feed and the time for as long as there is time. */
function trustListOf(publicKey: Uint8Array): Uint8Array {
  const key = { kid: 1, publicKey, usages: ["feed", "time"], notBefore: unixSeconds(0), notAfter: unixSeconds(U32_MAX), ttlS: 0, status: "active" } as const;
  const list: TrustList = {
    sequence: 1,
    issued: unixSeconds(0),
    validUntil: unixSeconds(U32_MAX),
    feedEpoch: 1,
    roots: { version: 1, threshold: 1, keys: [ROOT.publicKey] },
    keys: new Map([[1, key]]),
  };
  const made = makeTrustList(SERVED_SITE, list, [ROOT]);
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}
