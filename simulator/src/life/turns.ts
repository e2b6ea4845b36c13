/** One thing after the other at each place, in the order in which people queued up. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does something at a place when everything before it there is done. What it throws is thrown to the caller; the next in the queue goes on. */
  take<T>(place: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(place) ?? Promise.resolve()).then(work);
    this.#last.set(
      place,
      turn.catch(() => {}),
    );
    return turn;
  }
}
