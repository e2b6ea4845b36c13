import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import type { ApiKey, Cloud, Scope, StorePlace } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudConfigOption, cloudConfigurationOf } from "./cloud-config.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { instantText } from "./time-text.ts";
import { byOption, formatOption, noun, reasonOption, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface KeyOptions extends StoreOptions {
  readonly by: string;
  readonly reason: string;
  readonly format?: Format;
}
interface AddOptions extends KeyOptions {
  readonly name: string;
  readonly actor?: string;
  readonly publicKey: string;
  readonly scope: readonly string[];
}

/** The folder of a store, or the configuration that names one. */
interface StoreOptions {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
}

/** A key as it is shown: its public half in hex. */
interface KeyRow extends Omit<ApiKey, "publicKey"> {
  readonly publicKey: string;
}
const COLUMNS: readonly Column<KeyRow>[] = [
  { heading: "KEY", cell: ({ id }) => id },
  { heading: "NAME", cell: ({ name }) => name },
  { heading: "ACTOR", cell: ({ actor }) => actor },
  { heading: "SCOPES", cell: ({ scopes }) => scopes.join(" ") },
  { heading: "SINCE", cell: ({ createdAt }) => instantText(createdAt) },
  { heading: "REVOKED", cell: ({ revokedAt }) => (revokedAt === null ? "" : instantText(revokedAt)) },
];

/** `portico cloud key`: who may call the cloud. Works on the store's file, which no cloud may have open. */
export function cloudKeyNoun(surroundings: Surroundings): Command {
  return noun(
    "key",
    "keys of those who may call the cloud; a cloud on SQLite must not be running",
    [
      ["portico cloud key add --data ./cloud --name backend --public-key backend.pub.pem --scope people:read", "let a caller in by its public key"],
      ["portico cloud key list --data ./cloud", "all keys, revoked ones too"],
    ],
    [addVerb(surroundings), listVerb(surroundings), revokeVerb(surroundings)],
  );
}

function addVerb(surroundings: Surroundings): Command {
  const command = verb("add", "let a caller in by its public key, and print the key id that its signatures name", [
    ["portico cloud key add --data ./cloud --name backend --public-key backend.pub.pem --scope people:read --scope people:write", "a PEM file"],
    ["portico cloud key add --data ./cloud --name desk-2 --actor li --public-key <hex> --scope grants:approve", "64 hex digits; acts as li"],
  ])
    .addOption(cloudConfigOption().conflicts("data"))
    .addOption(cloudFolderOption())
    .addOption(new Option("--name <name>", "what people call it").makeOptionMandatory())
    .addOption(new Option("--actor <id>", "whose acts they are: two keys of one actor never approve each other's grants (default: the name)"))
    .addOption(new Option("--public-key <key>", "Ed25519: 64 hex digits, or a file with these or with PEM").makeOptionMandatory())
    .addOption(
      new Option("--scope <scope>", "what it may do; repeat for each. docs/api.md lists them")
        .default([] as string[], "none")
        .argParser((scope: string, scopes: string[]) => [...scopes, scope]),
    );
  return audited(command, surroundings).action(async ({ config, data, name, actor, publicKey, scope, by, reason, format }: AddOptions) => {
    const { addApiKey, isScope, SCOPES } = await import("@portico/cloud-sync");
    const unknown = scope.find((one) => !isScope(one));
    if (unknown !== undefined || scope.length === 0)
      throw new Failure(
        EXIT.usage,
        unknown === undefined ? "a key without a scope opens nothing" : "there is no such scope",
        `--scope ${unknown ?? ""}`.trim(),
        `choose of ${Object.keys(SCOPES).join(", ")}`,
      );
    const content = { name, actor: actor ?? name, publicKey: keyGiven(surroundings, publicKey), scopes: scope as Scope[] };
    const key = await withStore(surroundings, { config, data }, async (cloud) => {
      const made = await addApiKey(cloud, { actor: by, action: "key add", target: "", reason }, content);
      if (made.ok) return made.value.value;
      if (made.error === "RequestMalformed") throw new Failure(EXIT.usage, made.detail, `key ${name}`, "portico cloud key add --help");
      throw new Failure(EXIT.refused, "this public key is known already", made.detail, "make a new key pair: a key belongs to one caller");
    });
    writeFacts(surroundings.terminal, format, factsOf(key), rowOf(key));
  });
}

function listVerb(surroundings: Surroundings): Command {
  return verb("list", "show all keys, revoked ones too", [["portico cloud key list --data ./cloud", "a table on a terminal, JSON lines in a pipe"]])
    .addOption(cloudConfigOption().conflicts("data"))
    .addOption(cloudFolderOption())
    .addOption(formatOption())
    .action(async ({ config, data, format }: Pick<KeyOptions, "config" | "data" | "format">) => {
      const { listApiKeys } = await import("@portico/cloud-sync");
      const keys = await withStore(surroundings, await theStore(surroundings, { config, data }), (cloud) => listApiKeys(cloud.database.queries));
      writeRows(surroundings.terminal, format, COLUMNS, keys.map(rowOf));
    });
}

function revokeVerb(surroundings: Surroundings): Command {
  const command = verb("revoke <key>", "end a key: it opens nothing from then on", [
    ["portico cloud key revoke 01990246-a5d0-7000-8000-0123456789ab --data ./cloud --reason 'laptop stolen'", "the id that key list shows"],
  ])
    .addOption(cloudConfigOption().conflicts("data"))
    .addOption(cloudFolderOption());
  return audited(command, surroundings).action(async (id: string, { config, data, by, reason, format }: KeyOptions) => {
    const { revokeApiKey } = await import("@portico/cloud-sync");
    const key = await withStore(surroundings, await theStore(surroundings, { config, data }), async (cloud) => {
      const revoked = await revokeApiKey(cloud, { actor: by, action: "key revoke", target: "", reason }, id);
      if (revoked.ok) return revoked.value.value;
      throw new Failure(
        EXIT.refused,
        "there is no such key",
        `key ${id}`,
        `portico cloud key list ${data === undefined ? `--config ${config}` : `--data ${data}`}`,
      );
    });
    writeFacts(surroundings.terminal, format, factsOf(key), rowOf(key));
  });
}

/** `--data`: a folder without a preset, for it must never be a controller's. */
export const cloudFolderOption = (): Option => new Option("--data <folder>", "folder of the cloud's store; never that of a controller");

/** What stands in the audit. */
const audited = (command: Command, { user }: Surroundings): Command => command.addOption(reasonOption()).addOption(byOption(user)).addOption(formatOption());

async function withStore<T>(surroundings: Surroundings, options: StoreOptions, use: (cloud: Cloud) => Promise<T>): Promise<T> {
  const { openStore } = await import("@portico/cloud-sync");
  const { dataFolder, store } = await placeOf(surroundings, options);
  const cloud = await openStore(dataFolder, store);
  try {
    return await use(cloud);
  } finally {
    await cloud.database.close();
  }
}

async function placeOf(surroundings: Surroundings, { config, data }: StoreOptions): Promise<{ readonly dataFolder: string; readonly store?: StorePlace }> {
  if (config !== undefined) return cloudConfigurationOf(surroundings, config);
  if (data !== undefined) return { dataFolder: typedPath(surroundings, data) };
  throw new Failure(EXIT.usage, "--data is missing", "portico cloud key", "name the folder of the store, or a configuration that says it with --config");
}

/** The same options, where there is a store: to look is not to make one. */
async function theStore(surroundings: Surroundings, options: StoreOptions): Promise<StoreOptions> {
  const { STORE_FILE } = await import("@portico/cloud-sync");
  const { dataFolder, store } = await placeOf(surroundings, options);
  const file = store === undefined ? join(dataFolder, STORE_FILE) : store.kind === "sqlite" ? store.file : undefined;
  if (file !== undefined && !existsSync(file)) throw new Failure(EXIT.usage, "there is no store of a cloud", file, "name its folder with --data");
  return options;
}

/** A public key that was typed: 64 hex digits, or a file with these or with PEM. @throws Failure 2 where it is none */
export function keyGiven(surroundings: Surroundings, given: string): Uint8Array {
  const isHex = (text: string): boolean => /^[0-9a-fA-F]{64}$/.test(text);
  if (isHex(given)) return hexToBytes(given.toLowerCase())!;
  const file = typedPath(surroundings, given);
  const text = readFileSync(file, "utf8").trim();
  if (isHex(text)) return hexToBytes(text.toLowerCase())!;
  const next = "openssl pkey -in <private key> -pubout writes one";
  if (/PRIVATE KEY/.test(text)) throw new Failure(EXIT.usage, "this is a private key, which belongs to its caller alone", file, next);
  try {
    const { x, crv } = createPublicKey(text).export({ format: "jwk" });
    if (crv === "Ed25519" && x !== undefined) return new Uint8Array(Buffer.from(x, "base64url"));
  } catch {
    // told below, like a key of another kind
  }
  throw new Failure(EXIT.usage, "this is no Ed25519 public key", file, next);
}

const rowOf = (key: ApiKey): KeyRow => ({ ...key, publicKey: bytesToHex(key.publicKey) });
const factsOf = ({ id, name, actor, scopes, publicKey, revokedAt }: ApiKey): readonly (readonly [string, string])[] => [
  ["key id", id],
  ["name", name],
  ["actor", actor],
  ["scopes", scopes.join(" ")],
  ["public", bytesToHex(publicKey)],
  ...(revokedAt === null ? [] : [["revoked", instantText(revokedAt)] as const]),
];
