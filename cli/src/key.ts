import { existsSync } from "node:fs";
import type { Command } from "commander";
import { cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { rotateVerb } from "./key-rotate.ts";
import { signVerb } from "./key-sign.ts";
import { draftOrList, listFacts } from "./key-text.ts";
import { passphraseOf, passphraseOption } from "./passphrase.ts";
import { makeRootKey } from "./root-key.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { instantText } from "./time-text.ts";
import { formatOption, noun, reasonOption, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

/** `portico key`: the keys that everybody believes, and the lists that say so. */
export function keyNoun(surroundings: Surroundings): Command {
  return noun(
    "key",
    "root keys, and the trust lists that they sign: which key may sign what",
    [
      ["portico key root root-1.key --passphrase-file -", "each root holder, on a computer without network"],
      ["portico key rotate --out draft.json", "what the next list shall say"],
      ["portico key sign draft.json --root root-1.key", "each root holder in turn"],
      ["portico key install draft.json --reason 'yearly rotation'", "into the running cloud, which tells the controllers"],
    ],
    [rootVerb(surroundings), rotateVerb(surroundings), signVerb(surroundings), showVerb(surroundings), installVerb(surroundings)],
  );
}

function rootVerb(surroundings: Surroundings): Command {
  return verb("root <file>", "make a root key, and print its public half: for a computer that is never on a network", [
    ["portico key root root-1.key --passphrase-file -", "sealed by a passphrase from standard input"],
    ["portico key root /media/stick/root-1.key", "unsealed, in a file of mode 0600"],
  ])
    .addOption(passphraseOption())
    .addOption(formatOption())
    .action(async (file: string, { passphraseFile, format }: { readonly passphraseFile?: string; readonly format?: Format }) => {
      const { bytesToHex } = await import("@portico/card-protocol");
      const passphrase = await passphraseOf(surroundings, passphraseFile);
      const path = typedPath(surroundings, file);
      const publicKey = bytesToHex(makeRootKey(path, passphrase, surroundings.randomBytes));
      const sealed = passphrase === undefined ? "no: whoever has the file is the root" : "by the passphrase";
      writeFacts(surroundings.terminal, format, [["root", publicKey], ["file", path], ["sealed", sealed]], { root: publicKey, file: path, sealed: passphrase !== undefined }); // prettier-ignore
    });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show [file]", "show a trust list or a draft: who may sign what, and what a draft changes", [
    ["portico key show", "the list in force in the cloud"],
    ["portico key show draft.json", "what would change, in words, and who has signed"],
  ]).addOption(formatOption());
  return cloudOptions(command).action(async (file: string | undefined, options: CloudOptions & { readonly format?: Format }) => {
    const read = file === undefined ? await listOfCloud(surroundings, options) : await draftOrList(typedPath(surroundings, file));
    const { facts, fact } = await listFacts(read, (at) => instantText(at));
    writeFacts(surroundings.terminal, options.format, facts, fact);
  });
}

async function listOfCloud(surroundings: Surroundings, options: CloudOptions) {
  const { hexToBytes } = await import("@portico/card-protocol");
  const calls = await cloudClientFor(surroundings, options);
  const { site, list } = await calls.ask("trust list", "GET /v1/trust-list", {});
  if (list === null) throw new Failure(EXIT.refused, "the cloud has no trust list yet", calls.url, "portico key rotate --help shows how the first one is made");
  return { kind: "list", site, bytes: hexToBytes(list)! } as const;
}

interface InstallOptions extends CloudOptions {
  readonly reason: string;
  readonly format?: Format;
}

function installVerb(surroundings: Surroundings): Command {
  const command = verb("install <file>", "put a signed list into force: the cloud takes it up without a restart, and tells its controllers", [
    ["portico key install draft.json --reason 'yearly rotation'", "a draft that enough roots have signed"],
    ["portico key install trust-list-4.cose --reason 'feed key lost'", "a finished list"],
  ])
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (file: string, options: InstallOptions) => {
    const { bytesToHex, finishedDraft } = await import("@portico/card-protocol");
    const path = typedPath(surroundings, file);
    if (!existsSync(path)) throw new Failure(EXIT.usage, "there is no such file", path, "portico key rotate writes a draft");
    const read = await draftOrList(path);
    const bytes = read.kind === "draft" ? finishedDraft(read.draft) : read.bytes;
    if (bytes === undefined) throw new Failure(EXIT.refused, "not enough roots have signed this draft", path, "portico key sign <draft> --root <root key>, by each holder in turn"); // prettier-ignore
    const calls = await cloudClientFor(surroundings, options);
    const { value } = await calls.ask(`trust list ${path}`, "POST /v1/trust-lists", { body: { list: bytesToHex(bytes) } }, { reason: options.reason });
    writeFacts(
      surroundings.terminal,
      options.format,
      [
        ["trust list", `${value.sequence} is in force`],
        ["until", value.validUntil],
        ["feed epoch", String(value.feedEpoch)],
      ],
      value,
    );
  });
}
