import type { Random } from "@portico/card-protocol";
import { seededRandom } from "@portico/firmware-ts";
import { CAMPUS_SECRET_BYTES, derivedBytes } from "./campus/derived-bytes.ts";

/** When virtual time begins: 2027-01-11T00:30:00Z, half past eight in the morning of a Monday in term on the campus. */
export const VIRTUAL_START_MS = 1_799_627_400_000;

/** All that a seed decides. Everybody can know it, so it is good for simulations alone. */
export interface Seeded {
  /** Of the campus. */
  readonly secret: Uint8Array;
  /** Chance of its own for each use. */
  readonly drawn: (label: string) => Random;
}

/** The same seed gives the same secret and the same chance. */
export function seeded(seed: number): Seeded {
  const root = new TextEncoder().encode(`seed ${seed}`);
  return {
    secret: derivedBytes(root, "campus", CAMPUS_SECRET_BYTES),
    drawn: (label) => seededRandom(u32(derivedBytes(root, label, 4))),
  };
}

const u32 = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
