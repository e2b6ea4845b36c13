import type { Expander, Publication } from "./expander.ts";

/** Whose turn it is to publish: of one program always its own; of several on one store one's. */
export interface Turn {
  /** As far as it is known: the transaction of the publication is sure. */
  readonly isOurs: boolean;
  /** Lets whoever's turn it is know that something waits. */
  ask(): void;
}
const ALWAYS_OURS: Turn = { isOurs: true, ask: () => {} };

/** Takes a publication that was committed. */
export type OnPublication = (publication: Publication) => unknown;

/** Looks after which nobody waits any longer for a change that another instance has not published. */
const PATIENCE_LOOKS = 40;

interface Waiting {
  readonly resolve: (publish: number | undefined) => void;
  looksLeft: number;
}

/**
 * Runs the expander whenever something has changed, one run at a time, and tells who waits for a change in which publication it is. A run that fails is
 * told and tried again with the next change; nothing is lost by it, for what waits stands in the store. Where it is another's turn, it asks him, and finds
 * the publication in the store.
 */
export class Publisher {
  readonly #expander: Expander;
  readonly #onPublication: OnPublication;
  readonly #onFailure: (error: unknown) => void;
  readonly #turn: Turn;
  readonly #waiting = new Map<number, Waiting[]>();
  #run: Promise<void> | undefined;
  #again = false;
  #hasLeft = false;

  constructor(expander: Expander, onPublication: OnPublication, onFailure: (error: unknown) => void, turn: Turn = ALWAYS_OURS) {
    this.#expander = expander;
    this.#onPublication = onPublication;
    this.#onFailure = onFailure;
    this.#turn = turn;
  }

  /** Something has changed. Returns at once. */
  poke(): void {
    this.#again = true;
    this.#run ??= this.#publish().finally(() => (this.#run = undefined));
  }

  /** To be called at even intervals where several programs share the store. */
  look(): void {
    for (const all of this.#waiting.values()) for (const one of all) one.looksLeft--;
    if (this.#turn.isOurs || this.#waiting.size > 0) this.poke();
  }

  /** The publication of a change that was committed a moment ago; undefined where its expansion failed, or nobody has published it for long. */
  published(change: number): Promise<number | undefined> {
    if (this.#hasLeft && !this.#turn.isOurs) return this.#expander.publishOf(change);
    return new Promise((resolve) => {
      this.#waiting.set(change, [...(this.#waiting.get(change) ?? []), { resolve, looksLeft: PATIENCE_LOOKS }]);
      if (this.#turn.isOurs) this.poke();
      else this.#turn.ask();
    });
  }

  /** What is published from now on, where it is another's turn, is not waited for. */
  leave(): void {
    this.#hasLeft = true;
    if (!this.#turn.isOurs) for (const change of Array.from(this.#waiting.keys())) this.#tell(change, undefined);
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#run !== undefined) await this.#run;
  }

  async #publish(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        if (this.#turn.isOurs) await this.#expandAll();
        await this.#answer();
      } catch (error) {
        this.#onFailure(error);
        for (const change of Array.from(this.#waiting.keys())) if (this.#turn.isOurs || this.#isOutOfPatience(change)) this.#tell(change, undefined);
        if (!this.#turn.isOurs && this.#waiting.size > 0) this.#turn.ask();
      }
    }
  }

  async #expandAll(): Promise<void> {
    for (let next = await this.#expander.expandNext(); next !== undefined; next = await this.#expander.expandNext()) {
      await this.#onPublication(next);
      for (const change of next.changes) this.#tell(change, next.publish);
    }
  }

  /** Those whose change was published by somebody else, or by a run that was on its way before they waited. */
  async #answer(): Promise<void> {
    for (const change of Array.from(this.#waiting.keys())) {
      const publish = await this.#expander.publishOf(change);
      // One that came while the run was ending is the next run's.
      const isHopeless = this.#turn.isOurs ? !this.#again : this.#isOutOfPatience(change);
      if (publish !== undefined || isHopeless) this.#tell(change, publish);
    }
  }

  #isOutOfPatience(change: number): boolean {
    return this.#waiting.get(change)?.every(({ looksLeft }) => looksLeft <= 0) === true;
  }

  #tell(change: number, publish: number | undefined): void {
    for (const { resolve } of this.#waiting.get(change) ?? []) resolve(publish);
    this.#waiting.delete(change);
  }
}
