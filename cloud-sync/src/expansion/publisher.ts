import type { Expander, Publication } from "./expander.ts";

/**
 * Runs the expander whenever something has changed, one run at a time, and tells who waits for a change in which publication it is. A run that fails is
 * told and tried again with the next change; nothing is lost by it, for what waits stands in the store.
 */
export class Publisher {
  readonly #expander: Expander;
  readonly #onPublication: (publication: Publication) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #waiting = new Map<number, ((publish: number | undefined) => void)[]>();
  #run: Promise<void> | undefined;
  #again = false;

  constructor(expander: Expander, onPublication: (publication: Publication) => void, onFailure: (error: unknown) => void) {
    this.#expander = expander;
    this.#onPublication = onPublication;
    this.#onFailure = onFailure;
  }

  /** Something has changed. Returns at once. */
  poke(): void {
    this.#again = true;
    this.#run ??= this.#expand().finally(() => (this.#run = undefined));
  }

  /** The publication of a change that was committed a moment ago; undefined where its expansion failed. */
  published(change: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.#waiting.set(change, [...(this.#waiting.get(change) ?? []), resolve]);
      this.poke();
    });
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#run !== undefined) await this.#run;
  }

  async #expand(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        for (let next = await this.#expander.expandNext(); next !== undefined; next = await this.#expander.expandNext()) {
          this.#onPublication(next);
          for (const change of next.changes) this.#tell(change, next.publish);
        }
        // A run that was on its way already may have taken a change before anybody waited for it.
        for (const change of Array.from(this.#waiting.keys())) {
          const publish = await this.#expander.publishOf(change);
          // One that came while the run was ending is the next run's.
          if (publish !== undefined || !this.#again) this.#tell(change, publish);
        }
      } catch (error) {
        this.#onFailure(error);
        for (const change of Array.from(this.#waiting.keys())) this.#tell(change, undefined);
      }
    }
  }

  #tell(change: number, publish: number | undefined): void {
    for (const resolve of this.#waiting.get(change) ?? []) resolve(publish);
    this.#waiting.delete(change);
  }
}
