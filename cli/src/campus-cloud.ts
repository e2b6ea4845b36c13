import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { addApiKey, type Cloud, CloudClient, type CloudFront, cloudFront, CloudKeys, keyMemory, openCloud, SCOPES, type Scope } from "@portico/cloud-sync";
import { type CommandRecord, RecordedSurroundings, type RecordedOptions } from "./recorded-surroundings.ts";

/** A whole cloud in a folder of its own, and commands that ask it as somebody. */
export interface CampusCloud {
  readonly folder: string;
  readonly client: CloudClient;
  readonly cloud: Cloud;
  /** Runs a command line as an operator who may do everything; `li` unless said otherwise. */
  readonly run: (words: readonly string[], options?: RecordedOptions, operator?: string) => Promise<CommandRecord>;
  /** The same, and what it wrote as JSON lines; it must have ended well. */
  readonly json: (...words: readonly string[]) => Promise<Record<string, unknown>[]>;
  pass(seconds: number): void;
  readonly end: () => Promise<void>;
}

/** 2026-09-01 00:00 UTC, a Tuesday. */
export const CAMPUS_START = 1_788_220_800;
const ADDRESS = "http://127.0.0.1:1";

/** Without a socket: what the cloud answers is what commands are answered. Time stands until it is told to pass; chance is repeatable. */
export async function campusCloud(): Promise<CampusCloud> {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  let now = CAMPUS_START;
  let drawn = 0;
  const randomBytes = (length: number): Uint8Array => new Uint8Array(createHash("sha512").update(String(drawn++)).digest().subarray(0, length)); // prettier-ignore
  const cloud = { ...(await openCloud({ dataFolder: folder, site: "demo", timeZone: "Asia/Shanghai" })), nowMs: () => now * 1000, randomBytes };
  const troubles: unknown[] = [];
  const keys = await CloudKeys.open(cloud, keyMemory(nodeSigner(new Uint8Array(32)), randomBytes));
  const front: CloudFront = await cloudFront({
    cloud,
    keys,
    clock: { after: () => () => {} },
    random: () => 0.5,
    notificationSigner: nodeSigner(new Uint8Array(32)),
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    onReport: (report) => void (report.kind === "unsigned" || troubles.push(report)),
  });
  const seedOf = (operator: string): Uint8Array => new Uint8Array(createHash("sha256").update(operator).digest());
  const known = new Set<string>();
  const letIn = async (operator: string): Promise<string> => {
    const file = join(folder, `${operator}.key`);
    if (known.has(operator)) return file;
    known.add(operator);
    writeFileSync(file, bytesToHex(seedOf(operator)), { mode: 0o600 });
    const content = { name: operator, actor: operator, publicKey: nodeSigner(seedOf(operator)).publicKey, scopes: Object.keys(SCOPES) as Scope[] };
    await addApiKey(cloud, { actor: "test", action: "key add", target: "", reason: "" }, content);
    return file;
  };
  await letIn("li");
  const fetch = async (request: Request): Promise<Response> => front.fetch(request);
  const run: CampusCloud["run"] = async (words, options = {}, operator = "li") => {
    const surroundings = new RecordedSurroundings({ workingFolder: folder, now, randomBytes, fetch, ...options });
    return surroundings.run(...words, "--cloud", ADDRESS, "--key", await letIn(operator));
  };
  return {
    folder,
    cloud,
    client: new CloudClient({ url: ADDRESS, signer: nodeSigner(seedOf("li")), nowMs: () => now * 1000, randomBytes, fetch }),
    run,
    async json(...words) {
      const { exitCode, out, err } = await run(words);
      if (exitCode !== 0) throw new Error(err);
      return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
    },
    pass: (seconds) => void (now += seconds),
    async end() {
      await front.publisher.settled();
      await cloud.database.close();
      rmSync(folder, { recursive: true });
      if (troubles.length > 0) throw new Error(JSON.stringify(troubles));
    },
  };
}
