import type { Random, RandomBytes } from "@portico/card-protocol";

/** Seeded 32-bit generator (mulberry32): the same seed gives the same run. For simulations and tests, never for keys that matter. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Repeatable bytes from a {@link Random}: simulated challenges and simulated phones' seeds. */
export const seededRandomBytes =
  (random: Random): RandomBytes =>
  (length) =>
    Uint8Array.from({ length }, () => Math.floor(random() * 256));
