import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeSecretFile } from "@portico/card-protocol/node";
import { SIGNING_KEY_FILE, TRUST_LISTS_FOLDER } from "@portico/cloud-sync";
import type { Campus } from "../campus/campus.ts";
import { writeDurably } from "../durable-file.ts";

const PUBLIC_FILE = 0o644;
const PRIVATE_FOLDER = 0o700;

/** Gives a cloud's folder the key that it signs with, and the trust list in which the campus's roots let it. */
export function writeCloudKeys(folder: string, { keys }: Pick<Campus, "keys">, trustList: Uint8Array): void {
  mkdirSync(join(folder, TRUST_LISTS_FOLDER), { recursive: true, mode: PRIVATE_FOLDER });
  writeSecretFile({ path: join(folder, SIGNING_KEY_FILE), what: "the cloud's signing key" }, keys.cloud);
  writeDurably(join(folder, TRUST_LISTS_FOLDER, "1.cose"), trustList, PUBLIC_FILE);
}
