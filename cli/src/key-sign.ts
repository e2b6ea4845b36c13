import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { listFacts, readDraftFile } from "./key-text.ts";
import { passphraseOf, passphraseOption } from "./passphrase.ts";
import { readRootKey } from "./root-key.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { instantText } from "./time-text.ts";
import { formatOption, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface SignOptions {
  readonly root: string;
  readonly passphraseFile?: string;
  readonly format?: Format;
}

/** `portico key sign`: a root holder signs a draft, without a network, and is told what it would change. */
export function signVerb(surroundings: Surroundings): Command {
  return verb("sign <draft>", "sign a draft with a root key, and say what it would change; with the last signature the finished list is written beside it", [
    ["portico key sign draft.json --root root-1.key", "behind key show draft.json, which says what it would change"],
    ["portico key sign draft.json --root root-1.key --passphrase-file -", "then sign; no network is needed"],
  ])
    .addOption(new Option("--root <file>", "your root key").makeOptionMandatory())
    .addOption(passphraseOption())
    .addOption(formatOption())
    .action(async (file: string, { root, passphraseFile, format }: SignOptions) => {
      const { draftText, finishedDraft, signDraft } = await import("@portico/card-protocol");
      const path = typedPath(surroundings, file);
      const draft = await readDraftFile(path);
      const signer = await readRootKey(typedPath(surroundings, root), () => passphraseOf(surroundings, passphraseFile));
      const signed = signDraft(draft, signer);
      if (!signed.ok) throw new Failure(EXIT.refused, `this root cannot sign the draft: ${signed.detail}`, path, "portico key show <draft> lists its roots");
      writeFileSync(path, draftText(signed.value));
      const finished = finishedDraft(signed.value);
      const listFile = join(dirname(path), `trust-list-${signed.value.list.sequence}.cose`);
      if (finished !== undefined) writeFileSync(listFile, finished);
      const { facts, fact } = await listFacts({ kind: "draft", draft: signed.value }, (at) => instantText(at));
      const next =
        finished === undefined ? "another root holder signs: portico key sign" : `finished: ${listFile}; portico key install ${file} puts it into force`;
      writeFacts(surroundings.terminal, format, [...facts, ["next", next]], { ...fact, file: finished === undefined ? null : listFile });
    });
}
