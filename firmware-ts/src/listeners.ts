/** Those who listen to one thing. */
export interface Listeners<A extends readonly unknown[]> {
  /** Adds a listener. Returns the function that removes it; removing twice is harmless. */
  readonly add: (listener: (...event: A) => void) => () => void;
  /** Calls every listener in the order they were added. What a listener throws is a broken invariant and goes up. */
  readonly tell: (...event: A) => void;
}

/** An empty set of listeners. A listener added twice is called twice. */
export function listeners<A extends readonly unknown[]>(): Listeners<A> {
  let all: readonly { readonly listener: (...event: A) => void }[] = [];
  return {
    add(listener) {
      const entry = { listener };
      all = [...all, entry];
      return () => void (all = all.filter((other) => other !== entry));
    },
    tell(...event) {
      for (const { listener } of all) listener(...event);
    },
  };
}
