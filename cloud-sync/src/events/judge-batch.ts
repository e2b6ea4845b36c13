import { type ChainEnd, CHAIN_START, sameBytes } from "@portico/card-protocol";

/** What becomes of a batch whose signature and chain hold, beside what is kept of the same machine. */
export type BatchVerdict =
  /** From this one of its records on they are new: they follow on what is kept. */
  | { readonly kind: "follows"; readonly nth: number }
  /** All of it is kept already, or was. */
  | { readonly kind: "known" }
  /** Events are missing between what is kept and the batch. */
  | { readonly kind: "gap" }
  /** The machine said something else before: the first event that differs, and its hash in this batch. */
  | { readonly kind: "fork"; readonly seq: number; readonly hash: Uint8Array };

/**
 * Judges a batch beside the end of what is kept. Hashes are chained: where one event of the batch is the one that is kept, so is every one before it. What lies
 * between two hashes that are known is of no account: it is not kept, whatever it says.
 *
 * @param from      what the batch's first record follows
 * @param ends      the ends behind each of its records
 * @param keptHash  the hash behind a number that is kept; undefined where a GapRecord or a checkpoint stands for more than it
 */
export function judgeBatch(from: ChainEnd, ends: readonly ChainEnd[], kept: ChainEnd, keptHash: (seq: number) => Uint8Array | undefined): BatchVerdict {
  if (from.seq > kept.seq) return { kind: "gap" };
  const hashOf = (seq: number): Uint8Array | undefined => (seq === 0 ? CHAIN_START.hash : seq === kept.seq ? kept.hash : keptHash(seq));
  for (const [nth, { seq, hash }] of [from, ...ends].entries()) {
    if (seq > kept.seq) return { kind: "follows", nth: nth - 1 };
    const known = hashOf(seq);
    if (known !== undefined && !sameBytes(known, hash)) return { kind: "fork", seq, hash };
  }
  return { kind: "known" };
}
