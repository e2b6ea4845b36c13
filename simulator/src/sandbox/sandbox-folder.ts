import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { bytesToHex, SetupError } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { type CampusFolder, openCampusFolder } from "../campus/campus-folder.ts";
import { writeDurably } from "../durable-file.ts";
import { readSeedFile } from "../phone-file.ts";
import { backendSeed, providerSecret, sandboxCampus } from "./sandbox-campus.ts";
import type { SandboxMachine } from "./sandbox-machine.ts";

const SEED_FILE = "seed";
const PRIVATE_FILE = 0o600;
const PUBLIC_FILE = 0o644;
const PRIVATE_FOLDER = 0o700;
const DEFAULT_SEED = 1;
/** What stays when a sandbox goes back to its seed: its secrets, so that nobody has to be told new ones. */
const STAYS = [SEED_FILE, "keys", "backend.pem", "backend.pub.pem", "oidc-secret", "wechat-secret"];
/** PKCS #8 of an Ed25519 key before its seed. RFC 8410 §7. */
const PKCS8_BEFORE_SEED = Buffer.from("302e020100300506032b657004220420", "hex");

/** Where everything of a sandbox lies. */
export interface SandboxFolder {
  readonly path: string;
  readonly seed: number;
  readonly campus: CampusFolder;
  /** The backend's private key, 32 bytes: also in {@link keyFile}. */
  readonly backend: Uint8Array;
  /** Its public half in hex: the `keyid` of signatures. */
  readonly keyId: string;
  /** PEM, the owner's alone. */
  readonly keyFile: string;
}

/**
 * Opens the folder of a sandbox, or makes it: what a backend signs with is drawn at the first start, and nowhere else.
 *
 * @param seed  of people and ids; undefined: what the folder has, else 1
 * @throws SetupError  it is a folder of something else, or of another seed
 */
export function openSandboxFolder(path: string, seed: number | undefined, isFresh: boolean, { randomBytes, now }: SandboxMachine): SandboxFolder {
  const seedFile = join(path, SEED_FILE);
  if (existsSync(path) && !existsSync(seedFile) && readdirSync(path).length > 0)
    throw new SetupError("this folder has something else in it", path, "Name an empty one, or one that is not there, with --data.");
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER });
  const kept = existsSync(seedFile) ? Number(readFileSync(seedFile, "utf8")) : undefined;
  const chosen = seed ?? kept ?? DEFAULT_SEED;
  if (isFresh) forgetAllButSecrets(path);
  else if (kept !== undefined && kept !== chosen)
    throw new SetupError(`this sandbox was made of seed ${kept}`, path, `Begin anew with --fresh, or leave --seed ${chosen} out.`);
  if (kept !== chosen) writeDurably(seedFile, `${chosen}\n`, PUBLIC_FILE);
  const campus = openCampusFolder(path, (secret) => sandboxCampus(secret, chosen), randomBytes, now());
  const secret = readSeedFile(join(path, "keys", "campus.key"));
  const backend = backendSeed(secret);
  const keyFile = join(path, "backend.pem");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_BEFORE_SEED, backend]), format: "der", type: "pkcs8" });
  for (const [name, text, mode] of [
    ["backend.pem", key.export({ format: "pem", type: "pkcs8" }), PRIVATE_FILE],
    ["backend.pub.pem", createPublicKey(key).export({ format: "pem", type: "spki" }), PUBLIC_FILE],
    ["oidc-secret", `${providerSecret(secret, "oidc")}\n`, PRIVATE_FILE],
    ["wechat-secret", `${providerSecret(secret, "wechat")}\n`, PRIVATE_FILE],
  ] as const)
    if (!existsSync(join(path, name))) writeDurably(join(path, name), String(text), mode);
  return { path, seed: chosen, campus, backend, keyId: bytesToHex(nodeSigner(backend).publicKey), keyFile };
}

function forgetAllButSecrets(path: string): void {
  for (const name of readdirSync(path)) if (!STAYS.includes(name)) rmSync(join(path, name), { recursive: true });
}
