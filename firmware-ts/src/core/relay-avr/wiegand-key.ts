const KEYS = "0123456789*#";
const NIBBLE = 0x0f;

/**
 * The key in a short Wiegand frame, as keypads send them: four bits, or eight of which the first four are the others turned over. 10 is `*` (or ESC), 11 is
 * `#` (or ENT). Source: HID ProxPro and Motorola keypad formats.
 *
 * @param bits  `0` and `1`, in order
 * @returns     undefined for any other number of bits, a key that there is not, and halves that do not fit
 */
export function wiegandKey(bits: string): string | undefined {
  const value = Number.parseInt(bits, 2);
  if (bits.length !== 4 && (bits.length !== 8 || (value >> 4) + (value & NIBBLE) !== NIBBLE)) return undefined;
  return KEYS[value & NIBBLE];
}
