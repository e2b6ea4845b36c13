import type { Clock } from "@portico/card-protocol";

export interface EvenLooksOptions {
  readonly clock: Pick<Clock, "after">;
  /** Between the end of a look and the next one. */
  readonly everyMs: number;
  readonly look: () => Promise<void>;
  /** A look has failed; told once, until one has gone well again. */
  readonly onFailure: (error: unknown) => void;
}

/** Looks at even intervals, for the first time when the first of them is over. */
export class EvenLooks {
  readonly #options: EvenLooksOptions;
  #cancel = (): void => {};
  #endPause = (): void => {};
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;
  #isFailing = false;

  constructor(options: EvenLooksOptions) {
    this.#options = options;
    this.#next();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Between two pieces of a long look: others have their turn. Over at once when it is closed. */
  pause(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Resolves when no look is under way any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#endPause();
    await this.#looking;
  }

  #next(): void {
    const { clock, everyMs } = this.#options;
    if (!this.#isClosed) this.#cancel = clock.after(everyMs, () => void (this.#looking = this.#run()));
  }

  async #run(): Promise<void> {
    try {
      await this.#options.look();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#options.onFailure(error);
      this.#isFailing = true;
    }
    this.#next();
  }
}
