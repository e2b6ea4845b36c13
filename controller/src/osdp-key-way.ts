/**
 * What a reader's key is given over. `own-key` the session that it has already · `install-mode` one under SCBK-D, which everybody knows: alone on the line, at
 * commissioning · `clear-text` no session at all: whoever hears the line has the key.
 */
export const KEY_WAYS = ["own-key", "install-mode", "clear-text"] as const;
/** See {@link KEY_WAYS}. */
export type KeyWay = (typeof KEY_WAYS)[number];
