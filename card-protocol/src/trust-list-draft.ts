import { sameBytes } from "./bytes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { err, ok, type Result } from "./result.ts";
import { holdsForRoot, joinRootSignatures, type RootSet, type RootSignature, signAsRoot } from "./root-signatures.ts";
import type { Verifier } from "./signature.ts";
import type { Signer } from "./signer.ts";
import { decodeTrustList, encodeTrustList, judgeSuccessor, readOwnTrustList, type TrustList } from "./trust-list.ts";

/** A trust list on its way from one root holder to the next: what they sign, what it follows, and who has signed. */
export interface TrustListDraft {
  readonly site: string;
  /** The list that it follows, as signed; undefined: it is the first. */
  readonly follows: Uint8Array | undefined;
  /** What is signed. */
  readonly payload: Uint8Array;
  readonly signatures: readonly RootSignature[];
}

/** A draft that was looked through. */
export interface ReadDraft extends TrustListDraft {
  readonly list: TrustList;
  /** The list before, by its own word; undefined: this is the first. */
  readonly before: TrustList | undefined;
}

/** How many roots have signed. */
export interface DraftStanding {
  /** Of each set of roots whose threshold must sign: those in force, and where the draft changes them, the new ones. */
  readonly sets: readonly { readonly version: number; readonly signed: number; readonly threshold: number; readonly of: number }[];
  readonly isReady: boolean;
}

export type DraftError = "DraftMalformed" | "DraftRefused";

export const newDraft = (site: string, follows: Uint8Array | undefined, list: TrustList): TrustListDraft => ({
  site,
  follows,
  payload: encodeTrustList(list),
  signatures: [],
});

/** As a text file that people can mail and compare. */
export function draftText({ site, follows, payload, signatures }: TrustListDraft): string {
  const hex = signatures.map(({ publicKey, signature }) => ({ root: bytesToHex(publicKey), signature: bytesToHex(signature) }));
  const draft = { portico: KIND, site, follows: follows === undefined ? null : bytesToHex(follows), payload: bytesToHex(payload), signatures: hex };
  return `${JSON.stringify(draft, null, 2)}\n`;
}

/**
 * Reads a draft, and judges it as controllers will but for its signatures: nobody shall sign what no controller takes.
 *
 * @returns `DraftMalformed`: it is none; `DraftRefused`: no controller would take the list, or a signature in it does not hold
 */
export function readDraft(text: string, verifier: Verifier): Result<ReadDraft, DraftError> {
  const draft = draftOf(text);
  if (draft === undefined) return err("DraftMalformed", "not a draft of a trust list");
  const list = decodeTrustList(draft.payload);
  if (!list.ok) return err("DraftRefused", `${list.error}: ${list.detail}`);
  const before = draft.follows === undefined ? undefined : readOwnTrustList(draft.site, draft.follows, verifier);
  if (before !== undefined && !before.ok) return err("DraftRefused", `the list that it follows: ${before.error}, ${before.detail}`);
  const successor = judgeSuccessor(before?.value, list.value, before?.value.roots ?? list.value.roots);
  if (!successor.ok) return err("DraftRefused", `${successor.error}: ${successor.detail}`);
  const foul = draft.signatures.find((signature) => !holdsForRoot(draft.site, draft.payload, signature, verifier));
  if (foul !== undefined) return err("DraftRefused", `the signature of root ${bytesToHex(foul.publicKey).slice(0, 16)} does not hold`);
  return ok({ ...draft, list: list.value, before: before?.value });
}

/** The draft with one more signature; a root that signs again changes nothing. @returns `DraftRefused` for a key that is no root of the draft */
export function signDraft(draft: ReadDraft, signer: Signer): Result<ReadDraft, "DraftRefused"> {
  if (!rootSetsOf(draft).some(({ keys }) => hasKey(keys, signer.publicKey)))
    return err("DraftRefused", `${bytesToHex(signer.publicKey).slice(0, 16)} is no root of this list`);
  if (draft.signatures.some(({ publicKey }) => sameBytes(publicKey, signer.publicKey))) return ok(draft);
  return ok({ ...draft, signatures: [...draft.signatures, signAsRoot(draft.site, draft.payload, signer)] });
}

export function draftStanding(draft: ReadDraft): DraftStanding {
  const sets = rootSetsOf(draft).map(({ version, threshold, keys }) => ({
    version,
    threshold,
    of: keys.length,
    signed: draft.signatures.filter(({ publicKey }) => hasKey(keys, publicKey)).length,
  }));
  return { sets, isReady: sets.every(({ signed, threshold }) => signed >= threshold) };
}

/** The list as it is handed out; undefined: not enough roots have signed. */
export const finishedDraft = (draft: ReadDraft): Uint8Array | undefined =>
  draftStanding(draft).isReady ? joinRootSignatures(draft.payload, draft.signatures) : undefined;

const KIND = "trust list draft";

/** The roots in force, and where they change, the new ones behind them. */
function rootSetsOf({ list, before }: ReadDraft): readonly RootSet[] {
  return before === undefined || before.roots.version === list.roots.version ? [list.roots] : [before.roots, list.roots];
}

const hasKey = (keys: readonly Uint8Array[], key: Uint8Array): boolean => keys.some((each) => sameBytes(each, key));

function draftOf(text: string): TrustListDraft | undefined {
  const read = jsonOf(text);
  if (typeof read !== "object" || read === null) return undefined;
  const { portico, site, follows, payload, signatures } = read as Readonly<Record<string, unknown>>;
  if (portico !== KIND || typeof site !== "string" || typeof payload !== "string" || !Array.isArray(signatures)) return undefined;
  const [payloadBytes, followed] = [hexToBytes(payload), typeof follows === "string" ? hexToBytes(follows) : undefined];
  if (payloadBytes === undefined || (follows !== null && followed === undefined)) return undefined;
  const list: RootSignature[] = [];
  for (const row of signatures as unknown[]) {
    const { root, signature } = (row ?? {}) as Readonly<Record<string, unknown>>;
    const publicKey = typeof root === "string" ? hexToBytes(root) : undefined;
    const bytes = typeof signature === "string" ? hexToBytes(signature) : undefined;
    if (publicKey?.length !== 32 || bytes?.length !== 64) return undefined;
    if (!list.some((other) => sameBytes(other.publicKey, publicKey))) list.push({ publicKey, signature: bytes });
  }
  return { site, follows: followed, payload: payloadBytes, signatures: list };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
