import type { Partition } from "@portico/card-protocol";
import type { FeedStore } from "../store/feed-store.ts";

export interface FeedUpkeepOptions {
  readonly store: FeedStore;
  /** Those that are followed. */
  readonly partitions: readonly Partition[];
  /** Later, from the loop; never when the feed is not followed any more. */
  readonly after: (act: () => void) => void;
  readonly onWarning: (warning: string) => void;
  readonly onFailure: (error: unknown) => void;
}

/** What a whole list takes long for: in slices, so that doors decide meanwhile. */
export class FeedUpkeep {
  readonly #options: FeedUpkeepOptions;

  constructor(options: FeedUpkeepOptions) {
    this.#options = options;
  }

  /** Looks through what is held. @param then  called once that is done, or the disk refused */
  begin(then: () => void): void {
    this.#take(this.#steps(), then);
  }

  /** A snapshot left something behind. */
  sweep(): void {
    this.#options.after(() => this.#take(this.#options.store.sweep(), () => {}));
  }

  /** What is no longer followed goes; what is held is looked through, and fetched anew where the disk altered it; leftovers go. */
  *#steps(): Generator<void, void> {
    const { store, partitions, onWarning } = this.#options;
    for (const { partition } of store.partitions) if (!partitions.includes(partition)) store.drop(partition);
    for (const partition of partitions) {
      if ((yield* store.prepare(partition)) === "whole") continue;
      onWarning(`the disk altered what was held of ${partition}: it is fetched anew, and nobody is let in by it until then`);
      store.drop(partition);
    }
    yield* store.sweep();
  }

  #take(steps: Generator<void, void>, then: () => void): void {
    let isDone: boolean;
    try {
      isDone = steps.next().done === true;
    } catch (error) {
      this.#options.onFailure(error);
      isDone = true;
    }
    if (isDone) then();
    else this.#options.after(() => this.#take(steps, then));
  }
}
