import { sameBytes } from "./bytes.ts";
import type { RandomBytes } from "./random.ts";
import type { MonotonicMs } from "./units.ts";

/** A reader shows each challenge this long. */
export const CHALLENGE_SHOWN_MS = 4_000;
/** So many of the newest may be answered: the one shown and two that phones may still be signing. */
export const CHALLENGES_OPEN = 3;
/** Bytes of a challenge. */
export const CHALLENGE_LENGTH = 8;

/**
 * The challenges of one reader, for passes HC: the last three, each shown for 4 s and so answerable for 12 s at most, each spent once. Lives in
 * memory and on monotonic time alone: a wrong wall clock changes nothing, a restart forgets all.
 */
export class ReaderChallenges {
  private readonly randomBytes: RandomBytes;
  /** Oldest first, spent ones removed. */
  private open: readonly { readonly challenge: Uint8Array; readonly since: MonotonicMs }[] = [];
  private shown: { readonly challenge: Uint8Array; readonly since: MonotonicMs } | undefined;

  constructor(randomBytes: RandomBytes) {
    this.randomBytes = randomBytes;
  }

  /** The challenge to show now, 8 bytes; a new one after 4 s, and at once when the last was spent. */
  show(at: MonotonicMs): Uint8Array {
    if (this.shown === undefined || at - this.shown.since >= CHALLENGE_SHOWN_MS) {
      this.shown = { challenge: this.randomBytes(CHALLENGE_LENGTH), since: at };
      this.open = [...this.open, this.shown].slice(-CHALLENGES_OPEN);
    }
    return this.shown.challenge;
  }

  /** True when the challenge was open; from then on it is not. To be asked only when the signature over it holds. */
  spend(challenge: Uint8Array, at: MonotonicMs): boolean {
    const found = this.open.find((candidate) => sameBytes(candidate.challenge, challenge));
    if (found === undefined) return false;
    this.open = this.open.filter((candidate) => candidate !== found);
    if (found === this.shown) this.shown = undefined;
    return at - found.since < CHALLENGES_OPEN * CHALLENGE_SHOWN_MS;
  }
}
