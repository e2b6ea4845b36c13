/** How much of what a scanner hears is no scan, and how much that is where it hangs. */
export interface Readability {
  /** Frames since the last judgement, and those of them that were no scan. */
  readonly frames: number;
  readonly unreadable: number;
  /** The share that is usual for it, 0 to 1: rain and glare come on top of it. */
  readonly usual: number;
  /** How the last judgement went. */
  readonly isIll: boolean;
  /** The share that was judged last, 0 to 1. */
  readonly share: number;
}
export const READABLE: Readability = { frames: 0, unreadable: 0, usual: 0.02, isIll: false, share: 0 };

/** Frames that a judgement takes. */
const FRAMES_JUDGED = 20;
/** A share is too high above so many times the usual one and the margin. */
const TIMES_USUAL = 3;
const MARGIN = 0.15;
/** How much a judgement counts in what is usual: about the last twenty. */
const WEIGHT = 0.05;

/** So many frames more came, some of them no scan. While it is ill nothing is learned: rain does not become usual. */
export function heard(before: Readability, frames: number, unreadable: number): Readability {
  const sum = { frames: before.frames + frames, unreadable: before.unreadable + unreadable };
  if (sum.frames < FRAMES_JUDGED) return { ...before, ...sum };
  const share = sum.unreadable / sum.frames;
  const isIll = share > TIMES_USUAL * before.usual + MARGIN;
  return { frames: 0, unreadable: 0, usual: isIll ? before.usual : before.usual + WEIGHT * (share - before.usual), isIll, share };
}
