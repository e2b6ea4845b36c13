/**
 * What a reader's key is given over. `own-key` the session that it has already · `install-mode` one under SCBK-D, which everybody knows: alone on the line, at
 * commissioning · `clear-text` no session at all: whoever hears the line has the key.
 */
export const KEY_WAYS = ["own-key", "install-mode", "clear-text"] as const;
/** See {@link KEY_WAYS}. */
export type KeyWay = (typeof KEY_WAYS)[number];

/** Rates at which an OSDP line may speak, bits/s. Source: SIA OSDP 2.2 §5.2. */
export const OSDP_BAUDS = [9_600, 19_200, 38_400, 57_600, 115_200, 230_400] as const;
