/** A domain outcome: a value, or one name from a closed list of errors. Never thrown. */
export type Result<T, E extends string> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E; readonly detail: string };

/** A good outcome. */
export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
/**
 * A bad outcome.
 *
 * @param error   one name of the caller's closed list
 * @param detail  what exactly, in words for a technician; never a secret, a pass or a card number
 */
export const err = <E extends string>(error: E, detail = ""): { readonly ok: false; readonly error: E; readonly detail: string } => ({
  ok: false,
  error,
  detail,
});
