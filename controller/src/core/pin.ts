/** Digits of a PIN. */
export const PIN_DIGITS_MIN = 4;
export const PIN_DIGITS_MAX = 8;

/** Why digits may not be anybody's PIN, as the end of a sentence that never repeats them; undefined: they may. */
export function pinTrouble(digits: string): string | undefined {
  if (!/^[0-9]*$/.test(digits) || digits.length < PIN_DIGITS_MIN || digits.length > PIN_DIGITS_MAX)
    return `it has to be ${PIN_DIGITS_MIN} to ${PIN_DIGITS_MAX} digits`;
  if (isRun(digits)) return "its digits count up, count down or are all the same";
  if (isRepeated(digits)) return "it is the same few digits over and over";
  return undefined;
}

/** What somebody types who is forced: the PIN with its last digit one higher, 0 behind 9. */
export const duressOf = (pin: string): string => pin.slice(0, -1) + String((Number(pin.at(-1)) + 1) % 10);

/** Each digit lies by the same step behind the one before: 1234, 7890, 9876, 5555. */
function isRun(digits: string): boolean {
  const steps = Array.from(digits)
    .slice(1)
    .map((digit, index) => (Number(digit) - Number(digits[index]) + 10) % 10);
  return [0, 1, 9].some((step) => steps.every((each) => each === step));
}

/** Made of one block of digits: 1212, 123123. */
function isRepeated(digits: string): boolean {
  for (let length = 1; length <= digits.length / 2; length++)
    if (digits.length % length === 0 && digits === digits.slice(0, length).repeat(digits.length / length)) return true;
  return false;
}

/** What is typed so far. It is a person's secret: kept until the entry ends or its time is over, and written nowhere. */
export type PinEntry = string;
export const NO_KEYS: PinEntry = "";

/**
 * One key more: a digit, `*` that takes everything back, or `#` that ends the entry. Others are passed over. Digits beyond the ninth add nothing: nine are no
 * PIN already.
 *
 * @returns `typed` where the entry has ended
 */
export function pressKey(entry: PinEntry, key: string): { readonly entry: PinEntry; readonly typed?: string } {
  if (key === "*") return { entry: NO_KEYS };
  if (key === "#") return entry === "" ? { entry } : { entry: NO_KEYS, typed: entry };
  return { entry: /^[0-9]$/.test(key) && entry.length <= PIN_DIGITS_MAX ? entry + key : entry };
}
