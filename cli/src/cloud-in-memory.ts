import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import {
  addApiKey,
  type Cloud,
  CloudKeys,
  cloudFront,
  type CloudFront,
  type FrontReport,
  keyFolder,
  openSqlite,
  type Scope,
  SCOPES,
} from "@portico/cloud-sync";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

/** 2027-01-15 08:00 UTC. */
export const CLOUD_NOW = 1_800_000_000;
const OPERATOR_SEED = new Uint8Array(32).fill(0x72);

/** A whole cloud without a socket, its clock standing, and the desk of an operator who may do everything. */
export interface CloudInMemory {
  readonly cloud: Cloud;
  readonly front: CloudFront;
  readonly keys: CloudKeys;
  readonly reports: readonly FrontReport[];
  /** Where the operator's files lie, and commands are typed. */
  readonly desk: string;
  run(...words: string[]): ReturnType<RecordedSurroundings["run"]>;
  surroundings(options?: { readonly isTty?: boolean; readonly input?: string }): RecordedSurroundings;
  close(): Promise<void>;
}

/** @param folder  the cloud's keys lie in `cloud` below it, the operator's files in `desk` */
export async function cloudInMemory(folder: string): Promise<CloudInMemory> {
  const desk = join(folder, "desk");
  mkdirSync(desk, { recursive: true });
  let drawn = 0;
  /** Never the same twice: no nonce is taken again, no two keys are one. */
  const randomBytes = (length: number): Uint8Array => nodeSha256(Uint8Array.of(drawn >> 8, drawn++)).slice(0, length);
  const database = await openSqlite(":memory:");
  const cloud: Cloud = { site: "demo-campus", timeZone: "Asia/Shanghai", database, nowMs: () => CLOUD_NOW * 1000, randomBytes };
  const note = { actor: "set-up", action: "set up", target: "", reason: "" };
  await addApiKey(cloud, note, { name: "operator", actor: "zhang", publicKey: nodeSigner(OPERATOR_SEED).publicKey, scopes: Object.keys(SCOPES) as Scope[] });
  writeFileSync(join(desk, "operator.key"), bytesToHex(OPERATOR_SEED), { mode: 0o600 });
  writeFileSync(join(desk, "operator.json"), JSON.stringify({ cloud: "http://127.0.0.1:8480", key: "operator.key" }));
  const keys = await CloudKeys.open(cloud, keyFolder(join(folder, "cloud"), randomBytes));
  const reports: FrontReport[] = [];
  const front = await cloudFront({
    cloud,
    keys,
    clock: { after: () => () => {} },
    random: () => 0.5,
    notificationSigner: nodeSigner(new Uint8Array(32)),
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    onReport: (report) => reports.push(report),
  });
  const surroundings: CloudInMemory["surroundings"] = (options = {}) =>
    new RecordedSurroundings({
      ...options,
      randomBytes,
      workingFolder: desk,
      env: { PORTICO_DATA: desk },
      now: CLOUD_NOW,
      fetch: async (request) => front.fetch(request),
    });
  return {
    cloud,
    front,
    keys,
    reports,
    desk,
    surroundings,
    run: (...words) => surroundings().run(...words),
    async close() {
      await front.hangUp();
      await database.close();
    },
  };
}
