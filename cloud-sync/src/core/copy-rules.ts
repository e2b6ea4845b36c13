import type { UnixSeconds } from "@portico/card-protocol";

/** A pass that a phone's key has signed, as it was shown somewhere. Shown again it is the same one. */
export interface SignedShown {
  readonly counter: number;
  readonly signedAt: UnixSeconds;
}

/**
 * What two passes of one key say together.
 * - `sameCounter`: the same counter was signed for at two times: two phones, or one that was set back
 * - `interleaved`: counters go up and down in turns, as two phones do that share a key
 * - `restored`: one step back and steady growth behind it, as a restored backup does
 */
export const COPY_KINDS = ["sameCounter", "interleaved", "restored"] as const;
export type CopyKind = (typeof COPY_KINDS)[number];

export interface CopyFound {
  readonly kind: CopyKind;
  /** The two passes that say so, by the time of their signing. */
  readonly earlier: SignedShown;
  readonly later: SignedShown;
}

/** So many passes behind one step back show that it was one step. */
const STEADY = 3;

/**
 * Judges what one key has signed, by what it says itself: where, when, how often and by whom a pass was shown says nothing, so nobody brings suspicion upon a
 * phone by showing what it has shown. docs/card-format.md, "What a copy is worth".
 *
 * @param passes  in any order, each once or often
 */
export function judgeCopies(passes: readonly SignedShown[]): CopyFound | undefined {
  const inOrder = distinct(passes);
  const byCounter = new Map<number, SignedShown>();
  for (const later of inOrder) {
    const earlier = byCounter.get(later.counter);
    if (earlier !== undefined) return { kind: "sameCounter", earlier, later };
    byCounter.set(later.counter, later);
  }
  const steps = inOrder.flatMap((later, nth) => {
    const earlier = inOrder[nth - 1];
    return earlier !== undefined && later.counter < earlier.counter ? [{ nth, earlier, later }] : [];
  });
  const [first, second] = steps;
  if (first === undefined) return undefined;
  if (second !== undefined) return { kind: "interleaved", earlier: second.earlier, later: second.later };
  return inOrder.length - first.nth >= STEADY ? { kind: "restored", earlier: first.earlier, later: first.later } : undefined;
}

/** Each pass once, by the time of its signing, within a second by its counter. */
function distinct(passes: readonly SignedShown[]): SignedShown[] {
  const known = new Map(passes.map((pass) => [`${pass.signedAt} ${pass.counter}`, pass]));
  return [...known.values()].sort((a, b) => a.signedAt - b.signedAt || a.counter - b.counter);
}

/** What the site does about a capture (rule 2.4) that the owner's own phone reports. */
export const CAPTURE_ACTS = ["warn", "suspend", "freeze"] as const;
export type CaptureAct = (typeof CAPTURE_ACTS)[number];

/** For the first one, and for one that follows within {@link REPEATED_WITHIN_S}. */
export interface CapturePolicy {
  readonly first: CaptureAct;
  readonly repeated: CaptureAct;
}
export const CAPTURE_POLICY: CapturePolicy = { first: "warn", repeated: "freeze" };
/** What follows within this time of another is a repetition: 30 days. */
export const REPEATED_WITHIN_S = 30 * 86_400;

/** What is done about a copy that doors have seen: never a freeze, which is an operator's with the evidence (rule 2.4). */
export const COPY_ACT: Readonly<Record<CopyKind, "report" | "suspend">> = { sameCounter: "suspend", interleaved: "suspend", restored: "report" };
