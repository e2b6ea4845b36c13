/** Runs a text at once. */
export type AtOnce = (text: string, values: readonly unknown[]) => unknown[];
const running = new WeakMap<object, () => AtOnce | undefined>();

/**
 * Lets statements be run by the database itself: SQLite answers at once, and promises around each would only cost time.
 *
 * @param queries  the database, or a transaction, which is let go of when it is over
 * @param when  asked before each statement: undefined while somebody else has the connection
 */
export function runAtOnce(queries: object, when: () => AtOnce | undefined): void {
  running.set(queries, when);
}

/** Undefined: who asks has to wait, as on PostgreSQL, or while somebody else has the connection. */
export const atOnceOf = (queries: object): AtOnce | undefined => running.get(queries)?.();
