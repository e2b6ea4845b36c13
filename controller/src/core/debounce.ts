import { type MonotonicMs, monotonicMs, sameBytes } from "@portico/card-protocol";

/** One text that a reader has seen a moment ago, and what it was answered. Its bytes are compared with, never written anywhere. */
export interface SeenScan<Answer> {
  readonly bytes: Uint8Array;
  readonly answer: Answer;
  /** The text is the same scan until then; moves on each time that it is seen. */
  readonly until: MonotonicMs;
}
/** What one reader has seen a moment ago, newest first. */
export type SeenScans<Answer> = readonly SeenScan<Answer>[];

/** Two phones held side by side are seen in turns: so many texts are kept apart. */
const SEEN_MAX = 4;

/**
 * Verification step 1: the same text on the same reader is the same scan as long as it is seen again within the window. It gets the same light,
 * never a second effect and no event.
 *
 * @returns the scan with its window moved on, or undefined where the text is new
 */
export function seeAgain<Answer>(
  seen: SeenScans<Answer>,
  bytes: Uint8Array,
  at: MonotonicMs,
  windowMs: number,
): { readonly seen: SeenScans<Answer>; readonly answer: Answer } | undefined {
  const index = seen.findIndex((scan) => at < scan.until && sameBytes(scan.bytes, bytes));
  const scan = seen[index];
  if (scan === undefined) return undefined;
  return { seen: [{ ...scan, until: monotonicMs(at + windowMs) }, ...seen.filter((_, i) => i !== index)], answer: scan.answer };
}

/** Keeps a new scan and its answer. The caller does not change the bytes afterwards. */
export function keepSeen<Answer>(seen: SeenScans<Answer>, bytes: Uint8Array, answer: Answer, at: MonotonicMs, windowMs: number): SeenScans<Answer> {
  const others = seen.filter((scan) => at < scan.until && !sameBytes(scan.bytes, bytes)).slice(0, SEEN_MAX - 1);
  return windowMs === 0 ? others : [{ bytes, answer, until: monotonicMs(at + windowMs) }, ...others];
}

/** Whoever shows the same again begins anew. */
export const forgetSeen = <Answer>(seen: SeenScans<Answer>, bytes: Uint8Array): SeenScans<Answer> => seen.filter((scan) => !sameBytes(scan.bytes, bytes));
