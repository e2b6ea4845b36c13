import type { InputFault, MonotonicMs } from "@portico/card-protocol";

/** What a supervised contact is measured to be. */
export type LoopReading = "closed" | "open" | InputFault;

/**
 * Where the voltages of a loop with two end-of-line resistors lie, in thousandths of the supply: one resistor in series with the contact, the other across it.
 *
 * ```
 *   0 ── short ──┤ closed ± tolerance ├── foreign ──┤ open ± tolerance ├── cut ── 1000
 * ```
 */
export interface LoopLevels {
  readonly closed: number;
  readonly open: number;
  readonly tolerance: number;
}

/** A supervised loop as it counts, and what it may become. */
export interface SupervisedLoop {
  /** Undefined: nothing has rested yet. */
  readonly reading: LoopReading | undefined;
  readonly settling: { readonly reading: LoopReading; readonly since: MonotonicMs } | undefined;
}
export const UNREAD_LOOP: SupervisedLoop = { reading: undefined, settling: undefined };

/** How long a reading must rest to count: a contact that moves passes through voltages that mean a fault. */
export const CONTACT_RESTS_MS = 40;
export const FAULT_RESTS_MS = 200;

/** What a voltage means. @param thousandths  of the supply, 0..1000 */
export function readLoop(thousandths: number, { closed, open, tolerance }: LoopLevels): LoopReading {
  if (Math.abs(thousandths - closed) <= tolerance) return "closed";
  if (Math.abs(thousandths - open) <= tolerance) return "open";
  if (thousandths < closed) return "short";
  return thousandths > open ? "cut" : "foreign";
}

/** Takes one measurement. Pure; measurements come every few hundredths of a second. */
export function stepLoop(loop: SupervisedLoop, thousandths: number, at: MonotonicMs, levels: LoopLevels): SupervisedLoop {
  const reading = readLoop(thousandths, levels);
  if (reading === loop.reading) return loop.settling === undefined ? loop : { reading, settling: undefined };
  const settling = loop.settling?.reading === reading ? loop.settling : { reading, since: at };
  const rests = reading === "closed" || reading === "open" ? CONTACT_RESTS_MS : FAULT_RESTS_MS;
  return at - settling.since >= rests ? { reading, settling: undefined } : { reading: loop.reading, settling };
}

/** True for what a contact can be. */
export const isContact = (reading: LoopReading): reading is "closed" | "open" => reading === "closed" || reading === "open";
