import type { Clock } from "@portico/card-protocol";

/** How often an instance looks into a shared store, whatever hints it has heard: for what is new, for what waits, and who leads. */
export const LOOK_EVERY_MS = 250;

/** Looks at even intervals. A failure is told once, until a look has gone well again. */
export class EvenLooks {
  readonly #clock: Pick<Clock, "after">;
  readonly #look: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #cancel = (): void => {};
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;
  #isFailing = false;

  constructor(clock: Pick<Clock, "after">, look: () => Promise<void>, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#look = look;
    this.#failed = failed;
    this.#next();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#looking;
  }

  #next(): void {
    if (!this.#isClosed) this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => void (this.#looking = this.#run()));
  }

  async #run(): Promise<void> {
    try {
      await this.#look();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#failed(error);
      this.#isFailing = true;
    }
    this.#next();
  }
}
