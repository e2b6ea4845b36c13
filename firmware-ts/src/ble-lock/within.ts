import type { Clock } from "@portico/card-protocol";

/** What came of waiting: the value, what was thrown, or nothing in time. */
export type Waited<T> = { readonly kind: "came"; readonly value: T } | { readonly kind: "threw"; readonly error: unknown } | { readonly kind: "late" };

/**
 * Waits for a promise that may never settle, such as a call over a bus that has died. What comes of it later is looked at by nobody, and disturbs nobody.
 */
export async function within<T>(clock: Pick<Clock, "after">, ms: number, promise: Promise<T>): Promise<Waited<T>> {
  let cancel = (): void => {};
  const late = new Promise<Waited<T>>((resolve) => (cancel = clock.after(ms, () => resolve({ kind: "late" }))));
  const came = (async (): Promise<Waited<T>> => {
    try {
      return { kind: "came", value: await promise };
    } catch (error) {
      return { kind: "threw", error };
    }
  })();
  const waited = await Promise.race([came, late]);
  cancel();
  return waited;
}
