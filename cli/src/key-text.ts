import { readFileSync } from "node:fs";
import type { ReadDraft, TrustList } from "@portico/card-protocol";
import { EXIT, Failure } from "./failure.ts";

/** A file of root holders: a draft on its way, or a list as it was signed. */
export type DraftOrList =
  | { readonly kind: "draft"; readonly draft: ReadDraft }
  /** `site` undefined: the file does not say it. */
  | { readonly kind: "list"; readonly site: string | undefined; readonly bytes: Uint8Array };

/** @throws Failure 1 for a draft that nobody should sign, 2 for a file that is neither */
export async function draftOrList(path: string): Promise<DraftOrList> {
  const bytes = new Uint8Array(readFileSync(path));
  if (bytes[0] === 0x84) return { kind: "list", site: undefined, bytes };
  return { kind: "draft", draft: await readDraftFile(path) };
}

/** @throws Failure 1 for a draft that nobody should sign, 2 for a file that is none */
export async function readDraftFile(path: string): Promise<ReadDraft> {
  const { readDraft } = await import("@portico/card-protocol");
  const { nodeVerifier } = await import("@portico/card-protocol/node");
  const read = readDraft(readFileSync(path, "utf8"), nodeVerifier);
  if (read.ok) return read.value;
  if (read.error === "DraftMalformed") throw new Failure(EXIT.usage, "this is no draft of a trust list", path, "portico key rotate writes one");
  throw new Failure(EXIT.refused, `no controller would take this list: ${read.detail}`, path, "do not sign it; have whoever made it make another");
}

type Facts = { readonly facts: readonly (readonly [string, string])[]; readonly fact: object };

/** A draft or a list as facts. @param text  a time as it is shown */
export async function listFacts(read: DraftOrList, text: (at: number) => string): Promise<Facts> {
  return read.kind === "draft" ? draftFacts(read.draft, text) : signedFacts(read.bytes, text);
}

async function draftFacts(draft: ReadDraft, text: (at: number) => string): Promise<Facts> {
  const { bytesToHex, draftStanding, keyText, trustListChanges } = await import("@portico/card-protocol");
  const standing = draftStanding(draft);
  const changes = trustListChanges(draft.before, draft.list, text);
  const signers = draft.signatures.map(({ publicKey }) => keyText(publicKey));
  return {
    facts: [
      ["site", draft.site],
      ...changes.map((change, nth): [string, string] => [nth === 0 ? "changes" : "", change]),
      ["signed by", signers.length === 0 ? "nobody yet" : signers.join(", ")],
      ...standing.sets.map(({ version, signed, threshold, of }): [string, string] => [
        `roots ${version}`,
        `${signed} of ${of} have signed, ${signed >= threshold ? "enough" : `${threshold} must`}`,
      ]),
    ],
    fact: { site: draft.site, sequence: draft.list.sequence, changes, signedBy: draft.signatures.map(({ publicKey }) => bytesToHex(publicKey)), ...standing },
  };
}

async function signedFacts(bytes: Uint8Array, text: (at: number) => string): Promise<Facts> {
  const { bytesToHex, decodeTrustList, payloadOfRootSigned } = await import("@portico/card-protocol");
  const payload = payloadOfRootSigned(bytes);
  const list = payload === undefined ? undefined : decodeTrustList(payload);
  if (list === undefined || !list.ok) throw new Failure(EXIT.usage, "this is no trust list", "the file", "get it anew from the root holders");
  const { sequence, feedEpoch, issued, validUntil, roots, keys } = list.value;
  const rows = [...keys.values()];
  return {
    facts: [
      ["trust list", String(sequence)],
      ["issued", text(issued)],
      ["holds until", text(validUntil)],
      ["feed epoch", String(feedEpoch)],
      [`roots ${roots.version}`, `${roots.keys.map((key) => bytesToHex(key)).join(", ")}; ${roots.threshold} must sign`],
      ...rows.map((key): [string, string] => [`key ${key.kid}`, keyLine(key, text)]),
    ],
    fact: {
      sequence,
      feedEpoch,
      issued,
      validUntil,
      roots: { ...roots, keys: roots.keys.map((key) => bytesToHex(key)) },
      keys: rows.map((key) => ({ ...key, publicKey: bytesToHex(key.publicKey) })),
    },
  };
}

function keyLine(
  { status, usages, notBefore, notAfter }: TrustList["keys"] extends ReadonlyMap<number, infer Key> ? Key : never,
  text: (at: number) => string,
): string {
  return status === "retired" ? "retired" : `${usages.join(", ")}, from ${text(notBefore)} until ${text(notAfter)}`;
}
