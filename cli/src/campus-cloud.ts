import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, type Clock } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import {
  addApiKey,
  type Cloud,
  CloudClient,
  type CloudFront,
  cloudFront,
  CloudKeys,
  type FrontReport,
  keyMemory,
  openSqlite,
  SandboxProvider,
  SCOPES,
  type Scope,
} from "@portico/cloud-sync";
import { makeRootKey } from "./root-key.ts";
import { type CommandRecord, RecordedSurroundings, type RecordedOptions } from "./recorded-surroundings.ts";

/** A whole cloud without a socket, and commands that ask it as somebody. */
export interface CampusCloud {
  /** Where commands are typed, and their files lie. */
  readonly folder: string;
  readonly cloud: Cloud;
  readonly front: CloudFront;
  readonly keys: CloudKeys;
  /** In the order in which it told them. */
  readonly reports: readonly FrontReport[];
  readonly client: CloudClient;
  /** Who takes in top-ups. */
  readonly provider: SandboxProvider;
  /** A command line as whoever has that key: `li` unless said otherwise. `li` and `wang` may do everything; others have to be let in. */
  readonly surroundings: (options?: RecordedOptions, who?: string) => RecordedSurroundings;
  /** Runs one. */
  readonly run: (words: readonly string[], options?: RecordedOptions, who?: string) => Promise<CommandRecord>;
  /** The same, and what it wrote as JSON lines; it must have ended well. */
  readonly json: (...words: readonly string[]) => Promise<Record<string, unknown>[]>;
  /** Makes a private key for somebody, and lets nobody in; answers with its public half, in hex. */
  readonly keyFile: (who: string) => string;
  /** Puts a trust list into force that lets the cloud sign everything. */
  readonly trust: () => Promise<void>;
  readonly pass: (seconds: number) => void;
  /** @throws Error where the cloud told of a trouble, that nobody lets it sign aside */
  readonly end: () => Promise<void>;
}

/** 2026-09-01 00:00 UTC, a Tuesday. */
export const CAMPUS_START = 1_788_220_800;
export const CAMPUS_SITE = "demo";
const ADDRESS = "http://127.0.0.1:1";

/**
 * What the cloud answers is what commands are answered. Time stands until it is told to pass; chance is repeatable.
 *
 * @param clock  for what the cloud does now and then; left out: it does none of it
 */
export async function campusCloud({ clock = { after: () => () => {} } }: { readonly clock?: Pick<Clock, "after"> } = {}): Promise<CampusCloud> {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  let now = CAMPUS_START;
  let drawn = 0;
  /** Never the same twice: no nonce is taken again, no two keys are one. */
  const randomBytes = (length: number): Uint8Array => new Uint8Array(createHash("sha512").update(String(drawn++)).digest().subarray(0, length)); // prettier-ignore
  const database = await openSqlite(":memory:");
  const cloud: Cloud = { site: CAMPUS_SITE, timeZone: "Asia/Shanghai", database, nowMs: () => now * 1000, randomBytes };
  const reports: FrontReport[] = [];
  const keys = await CloudKeys.open(cloud, keyMemory(nodeSigner(new Uint8Array(32)), randomBytes));
  const provider = new SandboxProvider({ nowMs: cloud.nowMs, randomBytes: (length) => new Uint8Array(length) });
  const front = await cloudFront({
    providers: [provider],
    cloud,
    keys,
    clock,
    random: () => 0.5,
    notificationSigner: nodeSigner(new Uint8Array(32)),
    attachmentFolder: join(folder, "attachments"),
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    onReport: (report) => reports.push(report),
  });
  const signerOf = (who: string) => nodeSigner(seedOf(who));
  const keyFile = (who: string): string => {
    writeFileSync(join(folder, `${who}.key`), bytesToHex(seedOf(who)), { mode: 0o600 });
    return bytesToHex(signerOf(who).publicKey);
  };
  for (const who of ["li", "wang"]) {
    keyFile(who);
    const content = { name: who, actor: who, publicKey: signerOf(who).publicKey, scopes: Object.keys(SCOPES) as Scope[] };
    await addApiKey(cloud, { actor: "test", action: "key add", target: "", reason: "" }, content);
  }
  const fetch = async (request: Request): Promise<Response> => front.fetch(request);
  const surroundings: CampusCloud["surroundings"] = ({ env, ...options } = {}, who = "li") => {
    const asked = { PORTICO_DATA: folder, PORTICO_CLOUD: ADDRESS, PORTICO_CLOUD_KEY: join(folder, `${who}.key`), ...env };
    return new RecordedSurroundings({ workingFolder: folder, now, randomBytes, fetch, ...options, env: asked });
  };
  const run: CampusCloud["run"] = (words, options, who) => surroundings(options, who).run(...words);
  const json: CampusCloud["json"] = async (...words) => {
    const { exitCode, out, err } = await run(words);
    if (exitCode !== 0) throw new Error(err);
    return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
  };
  return {
    folder,
    cloud,
    front,
    keys,
    provider,
    reports,
    client: new CloudClient({ url: ADDRESS, signer: signerOf("li"), nowMs: () => now * 1000, randomBytes, fetch }),
    surroundings,
    run,
    json,
    keyFile,
    async trust() {
      const root = bytesToHex(makeRootKey(join(folder, "root.key"), undefined, () => new Uint8Array(32).fill(9)));
      await json("key", "rotate", "--root", root, "--threshold", "1", "--out", "first.json");
      await json("key", "sign", "first.json", "--root", "root.key");
      await json("key", "install", "first.json", "--reason", "the campus begins");
    },
    pass: (seconds) => void (now += seconds),
    async end() {
      await front.publisher.settled();
      await front.hangUp();
      await database.close();
      rmSync(folder, { recursive: true });
      const troubles = reports.filter(({ kind }) => kind !== "unsigned");
      if (troubles.length > 0) throw new Error(JSON.stringify(troubles));
    },
  };
}

const seedOf = (who: string): Uint8Array => new Uint8Array(createHash("sha256").update(who).digest());
