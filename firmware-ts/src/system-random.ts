import { randomBytes } from "node:crypto";
import type { Random, RandomBytes } from "@portico/card-protocol";

/** The runtime's generator, for jitter and simulated people. */
export const systemRandom: Random = () => Math.random();

/** The operating system's generator, for challenges and keys. */
export const systemRandomBytes: RandomBytes = (length) => new Uint8Array(randomBytes(length));
