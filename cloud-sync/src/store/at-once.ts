/** Runs a text at once, in a transaction that has the connection to itself. */
export type AtOnce = (text: string, values: readonly unknown[]) => unknown[];
const running = new WeakMap<object, AtOnce>();

/** Lets the statements of a transaction be run by the database itself for as long as it lasts: SQLite answers at once, and promises around each would only cost time. */
export async function runningAtOnce<T>(queries: object, atOnce: AtOnce, act: () => Promise<T>): Promise<T> {
  running.set(queries, atOnce);
  try {
    return await act();
  } finally {
    running.delete(queries);
  }
}

/** Undefined: there is none, as on PostgreSQL, or outside a transaction, where others may have the connection. */
export const atOnceOf = (queries: object): AtOnce | undefined => running.get(queries);
