interface Waiting<A, B> {
  readonly one: A;
  readonly done: (answer: B) => void;
  readonly failed: (error: unknown) => void;
}

/** Writes what comes while the store is writing together, so that many share one wait for the disk; or looks for it together, so that many share one look. */
export class GroupedWrites<A, B> {
  readonly #write: (all: readonly A[]) => Promise<readonly B[]>;
  #waiting: Waiting<A, B>[] = [];
  #isWriting = false;

  /** @param write  gives an answer to each, in their order */
  constructor(write: (all: readonly A[]) => Promise<readonly B[]>) {
    this.#write = write;
  }

  /** Resolves when it has been committed. */
  add(one: A): Promise<B> {
    return new Promise((done, failed) => {
      this.#waiting.push({ one, done, failed });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const all = this.#waiting;
      this.#waiting = [];
      try {
        const answers = await this.#write(all.map(({ one }) => one));
        all.forEach(({ done }, nth) => done(answers[nth]!));
      } catch (error) {
        for (const { failed } of all) failed(error);
      }
    }
    this.#isWriting = false;
  }
}
