import type { Clock } from "@portico/card-protocol";

/** How long anything that must come is waited for: many times what a laden machine needs. */
const WAIT_MS_MAX = 60_000;

/** Waits for conditions that are looked at whenever something has changed, not every so often: whoever waits goes on within the turn that brought the change. */
export class Waiting {
  readonly #clock: Pick<Clock, "after">;
  #open: readonly (() => void)[] = [];

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** Resolves as soon as the condition holds. Rejects with what was waited for when it never does. @param more what else to tell then */
  until(what: string, condition: () => boolean, more: () => string = () => ""): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(WAIT_MS_MAX, () => {
        this.#open = this.#open.filter((other) => other !== look);
        reject(new Error(`waited ${WAIT_MS_MAX / 1000} s in vain: ${what}. ${more()}`));
      });
      const look = (): void => {
        if (!condition()) return;
        cancel();
        this.#open = this.#open.filter((other) => other !== look);
        resolve();
      };
      this.#open = [...this.#open, look];
      look();
    });
  }

  /** Something has changed. */
  look(): void {
    for (const look of this.#open) look();
  }
}
