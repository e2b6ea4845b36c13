import { createHmac } from "node:crypto";

/** The one secret of a simulated campus, in bytes. */
export const CAMPUS_SECRET_BYTES = 32;

/**
 * Bytes that only this secret and this label give: every key, credential id and card number of a simulated campus is drawn so, and a campus that was
 * written by half is finished with the same people.
 *
 * @param length  0..32
 */
export const derivedBytes = (secret: Uint8Array, label: string, length: number): Uint8Array =>
  Uint8Array.from(createHmac("sha256", secret).update(label).digest().subarray(0, length));
