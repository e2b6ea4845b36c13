import { sameBytes } from "./bytes.ts";
import { decodeEvent, type EventRecord, HASH_BYTES } from "./event.ts";
import { readCounts } from "./event-counts.ts";
import { hexToBytes } from "./hex.ts";

/** SHA-256 of the bytes, 32 bytes. FIPS 180-4. Injected, so that the chain is the same code in a controller, a cloud and a browser. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** The end of a chain: what the next record's `seq` and `prevHash` follow from. */
export interface ChainEnd {
  /** 0 before the first record. */
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** The end of an empty chain. */
export const CHAIN_START: ChainEnd = { seq: 0, hash: new Uint8Array(HASH_BYTES) };

/** Where a chain first does not hold. */
export interface ChainBreak {
  readonly kind: "broken";
  /** The seq that the first bad record should have had. */
  readonly seq: number;
  /** `EventMalformed`: bytes that are no record. `SequenceBroken`: a record is missing, twice or moved. `HashBroken`: a record before it was altered. */
  readonly cause: "EventMalformed" | "SequenceBroken" | "HashBroken";
  readonly detail: string;
  /** The end of what holds. */
  readonly end: ChainEnd;
}

/** A chain without a break, what it holds, and the ranges that a GapRecord says were dropped. */
export interface WholeChain {
  readonly kind: "whole";
  readonly records: number;
  readonly gaps: readonly { readonly firstSeq: number; readonly lastSeq: number }[];
  readonly end: ChainEnd;
}

/**
 * Judges one record as the next link.
 *
 * A GapRecord stands in the place of the records that it replaces: its `prevHash` is that of the first of them, its `seq` that of the last,
 * and the record behind it still names the hash of the last, which the GapRecord carries. So the chain holds on both sides of a gap, and nobody
 * can widen one; that the GapRecord itself is genuine is what the signature of its batch says.
 */
export function nextLink(
  end: ChainEnd,
  bytes: Uint8Array,
  sha256: Sha256,
): { readonly kind: "holds"; readonly record: EventRecord; readonly end: ChainEnd } | ChainBreak {
  const broken = (cause: ChainBreak["cause"], detail: string): ChainBreak => ({ kind: "broken", seq: end.seq + 1, cause, detail, end });
  const read = decodeEvent(bytes);
  if (!read.ok) return broken(read.error, read.detail);
  const record = read.value;
  const { event } = record;
  const gap = event.name === "GapRecord" ? event.fields : undefined;
  const firstSeq = gap === undefined ? record.seq : gap.firstSeq;
  if (firstSeq !== end.seq + 1) return broken("SequenceBroken", `found ${firstSeq}`);
  if (!sameBytes(record.prevHash, end.hash)) return broken("HashBroken", `record ${end.seq} was altered, or record ${record.seq} belongs to another chain`);
  if (gap === undefined) return { kind: "holds", record, end: { seq: record.seq, hash: sha256(bytes) } };
  const lastHash = hexToBytes(gap.lastHash);
  const byKind = [...readCounts(gap.kinds)!.values()].reduce((sum, count) => sum + count, 0);
  if (gap.lastSeq !== record.seq || gap.lastSeq < gap.firstSeq || gap.count !== gap.lastSeq - gap.firstSeq + 1 || byKind !== gap.count)
    return broken("SequenceBroken", "a GapRecord that does not count");
  if (lastHash?.length !== HASH_BYTES) return broken("EventMalformed", "lastHash of GapRecord");
  return { kind: "holds", record, end: { seq: record.seq, hash: lastHash } };
}

/**
 * Follows a chain record by record and names its first break.
 *
 * @param records  the records' bytes in order, the first behind `from`
 * @param from     where the chain is already known to hold; {@link CHAIN_START} for all of it
 */
export function verifyChain(records: Iterable<Uint8Array>, sha256: Sha256, from: ChainEnd = CHAIN_START): WholeChain | ChainBreak {
  let end = from;
  let count = 0;
  const gaps: { firstSeq: number; lastSeq: number }[] = [];
  for (const bytes of records) {
    const link = nextLink(end, bytes, sha256);
    if (link.kind === "broken") return link;
    const { event } = link.record;
    if (event.name === "GapRecord") gaps.push({ firstSeq: event.fields.firstSeq, lastSeq: event.fields.lastSeq });
    end = link.end;
    count++;
  }
  return { kind: "whole", records: count, gaps, end };
}
