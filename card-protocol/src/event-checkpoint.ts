import { sameBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { HASH_BYTES } from "./event.ts";
import type { ChainEnd } from "./event-chain.ts";
import { countsFromCbor, countsToCbor, readCounts } from "./event-counts.ts";
import { err, ok, type Result } from "./result.ts";
import type { Verifier } from "./signature.ts";
import { elementsOf, isBytes, isWord, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "./signed.ts";
import type { Signer } from "./signer.ts";
import { keysFor, type TrustList } from "./trust-list.ts";
import { isU32, type UnixSeconds, unixSeconds } from "./units.ts";

/**
 * What stands in the cloud for events of a chain whose time was over: kind 13, `[1, controller, machine, first, last, hash before, hash after, kinds, missing,
 * at, trust list sequence]`. docs/feed-and-events.md, Retention.
 */
export interface EventCheckpoint {
  /** Controller id, 1..64 characters. */
  readonly controller: string;
  /** The nth machine under this id, from 1. */
  readonly machine: number;
  /** The chain in front of the first event that is gone. */
  readonly before: ChainEnd;
  /** The chain behind the last one. Its seq is above that of `before`. */
  readonly after: ChainEnd;
  /** As `countsText` writes them: all events from the first to the last, those that GapRecords stood for as these counted them. */
  readonly kinds: string;
  /** How many of them the controller had dropped: the cloud never had these. */
  readonly missing: number;
  /** When it was signed. */
  readonly at: UnixSeconds;
  /** The trust list that let its key sign then. */
  readonly trustListSequence: number;
}

/** Signs a checkpoint, by a key of the trust list with usage `feed`. @throws RangeError for counts that are none, or are not as many as the numbers say */
export function makeEventCheckpoint(site: string, checkpoint: EventCheckpoint, kid: Uint8Array, signer: Signer): Uint8Array {
  const { controller, machine, before, after, kinds, missing, at, trustListSequence } = checkpoint;
  const counts = countsToCbor(kinds);
  if (counts === undefined || !doesCount(checkpoint)) throw new RangeError("a checkpoint counts every event that it stands for");
  const payload = [1, controller, machine, before.seq + 1, after.seq, before.hash, after.hash, counts, missing, at, trustListSequence];
  return sign1("checkpoint", site, kid, encodeCbor(payload), signer);
}

/**
 * What a checkpoint says whose signature holds, and whose key the trust list that it names let sign for the feed at the time that it names. That it stands where
 * it belongs is the reader's to judge: {@link fitsBehind}.
 *
 * @param lists  every trust list since the first, oldest first: a kid stands for the same key in all of them
 */
export function readEventCheckpoint(bytes: Uint8Array, site: string, lists: readonly TrustList[], verifier: Verifier): Result<EventCheckpoint, SignedError> {
  const keys = lists.at(-1)?.keys;
  const keyFor: KeyFor = (kid) => {
    const key = keys?.get(kid[0]! * 256 + kid[1]!);
    return key === undefined ? err("KeyUntrusted", "its key stands in no trust list") : ok(key.publicKey);
  };
  const record = verify1("checkpoint", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const said = checkpointIn(record.value.payload);
  if (said === undefined) return err("RecordMalformed", "not [1, controller, machine, first, last, before, after, kinds, missing, at, sequence]");
  const list = lists.find(({ sequence }) => sequence === said.trustListSequence);
  if (list === undefined) return err("KeyUntrusted", `there is no trust list ${said.trustListSequence}`);
  const key = keysFor(list, "feed", { now: said.at, uncertaintyS: 0 })(record.value.kid);
  return key.ok ? ok(said) : key;
}

/** Whether a checkpoint goes on where the chain of this machine ends. */
export const fitsBehind = (
  { before, ...of }: EventCheckpoint,
  { controller, machine }: Pick<EventCheckpoint, "controller" | "machine">,
  end: ChainEnd,
): boolean => of.controller === controller && of.machine === machine && before.seq === end.seq && sameBytes(before.hash, end.hash);

function checkpointIn(payload: Uint8Array): EventCheckpoint | undefined {
  const read = decodeCbor(payload, RECORD.checkpoint.bytesMax);
  const fields = read.ok ? elementsOf(read.value, 11) : undefined;
  if (fields === undefined) return undefined;
  const [form, controller, machine, first, last, before, after, counts, missing, at, trustListSequence] = fields;
  if (form !== 1 || !isWord(controller) || !isU32(machine) || machine === 0 || !isU32(first) || first === 0 || !isU32(last)) return undefined;
  if (!isBytes(before, HASH_BYTES) || !isBytes(after, HASH_BYTES) || !isU32(missing) || !isU32(at) || !isU32(trustListSequence)) return undefined;
  const kinds = countsFromCbor(counts ?? null);
  if (kinds === undefined) return undefined;
  const [from, to] = [
    { seq: first - 1, hash: before },
    { seq: last, hash: after },
  ];
  const found: EventCheckpoint = { controller, machine, before: from, after: to, kinds, missing, at: unixSeconds(at), trustListSequence };
  return doesCount(found) ? found : undefined;
}

/** Whether it stands for at least one event, and counts as many as its numbers say. */
function doesCount({ before, after, kinds, missing }: Pick<EventCheckpoint, "before" | "after" | "kinds" | "missing">): boolean {
  const counted = [...(readCounts(kinds)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  return after.seq > before.seq && counted === after.seq - before.seq && missing <= counted;
}
