/** What one instance tells the others: something waits to be published, or something was. */
export type Hint = "change" | "publication";

/**
 * Word from one instance to the others, as a hint alone: nobody may rely on it, and whoever misses one finds out when he next looks into the store. An
 * instance hears its own hints too.
 */
export interface Hints {
  /** Returns at once. Several in a row may be heard as one. */
  tell(hint: Hint): void;
  /** @returns ends it */
  on(hint: Hint, act: () => void): () => void;
  /** Sees to it that hints of others are heard from now on; to be called again and again, for connections end. Never rejects. */
  listen(): Promise<void>;
}

/** The hints of the one program that there is. */
export class LocalHints implements Hints {
  readonly #listeners = new Set<{ readonly hint: Hint; readonly act: () => void }>();

  tell(hint: Hint): void {
    for (const listener of this.#listeners) if (listener.hint === hint) listener.act();
  }

  on(hint: Hint, act: () => void): () => void {
    const listener = { hint, act };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  listen(): Promise<void> {
    return Promise.resolve();
  }
}
