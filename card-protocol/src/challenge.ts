import { sameBytes } from "./bytes.ts";
import type { RandomBytes } from "./random.ts";
import type { MonotonicMs } from "./units.ts";

/** A reader shows each challenge this long. */
export const CHALLENGE_SHOWN_MS = 4_000;
/** So many of the newest may be answered: the one shown and two that phones may still be signing. */
export const CHALLENGES_OPEN = 3;
/** Bytes of a challenge. */
export const CHALLENGE_LENGTH = 8;

/** What became of an answered challenge: it was open and is spent now; was answered before; is of this reader and too old; or is none of this reader's. */
export type ChallengeVerdict = "open" | "spent" | "too old" | "unknown";
/** So many that are over are still known by name. */
const CHALLENGES_REMEMBERED = 32;

/**
 * The challenges of one reader, for passes HC: the last three, each shown for 4 s and so answerable for 12 s at most, each spent once. Lives in
 * memory and on monotonic time alone: a wrong wall clock changes nothing, a restart forgets all.
 */
export class ReaderChallenges {
  private readonly randomBytes: RandomBytes;
  /** Oldest first, spent ones removed. */
  private open: readonly { readonly challenge: Uint8Array; readonly since: MonotonicMs }[] = [];
  /** The newest last. */
  private past: readonly { readonly challenge: Uint8Array; readonly fate: "spent" | "too old" }[] = [];
  private shown: { readonly challenge: Uint8Array; readonly since: MonotonicMs } | undefined;

  private readonly onSpent: () => void;

  /** @param onSpent  called when one was answered: another may be shown */
  constructor(randomBytes: RandomBytes, onSpent: () => void = () => {}) {
    this.randomBytes = randomBytes;
    this.onSpent = onSpent;
  }

  /** The challenge to show now, 8 bytes; a new one after 4 s, and at once when the last was spent. */
  show(at: MonotonicMs): Uint8Array {
    if (this.shown === undefined || at - this.shown.since >= CHALLENGE_SHOWN_MS) {
      this.shown = { challenge: this.randomBytes(CHALLENGE_LENGTH), since: at };
      const all = [...this.open, this.shown];
      this.open = all.slice(-CHALLENGES_OPEN);
      for (const { challenge } of all.slice(0, -CHALLENGES_OPEN)) this.remember(challenge, "too old");
    }
    return this.shown.challenge;
  }

  /** What the challenge is; an open one is spent from then on. To be asked only when the signature over it holds. */
  spend(challenge: Uint8Array, at: MonotonicMs): ChallengeVerdict {
    const found = this.open.find((candidate) => sameBytes(candidate.challenge, challenge));
    if (found === undefined) return this.past.find((candidate) => sameBytes(candidate.challenge, challenge))?.fate ?? "unknown";
    this.open = this.open.filter((candidate) => candidate !== found);
    if (found === this.shown) this.shown = undefined;
    const isOpen = at - found.since < CHALLENGES_OPEN * CHALLENGE_SHOWN_MS;
    this.remember(found.challenge, isOpen ? "spent" : "too old");
    if (isOpen) this.onSpent();
    return isOpen ? "open" : "too old";
  }

  private remember(challenge: Uint8Array, fate: "spent" | "too old"): void {
    this.past = [...this.past, { challenge, fate }].slice(-CHALLENGES_REMEMBERED);
  }
}
