import { join } from "node:path";
import { entriesOf, numberAt, textAt } from "./kernel-attribute.ts";

/** A battery of the machine: of its power supply, or of its clock. */
export interface Battery {
  readonly id: string;
  readonly isLow: boolean;
  /** What was measured, in words. */
  readonly detail: string;
}

/** Below it a supply's battery may not carry the next power cut. */
const PERCENT_LOW = 20;
/** A lithium cell of a clock has 3 V; below it the clock may stop. Source: data sheet of the ML2032 and the CR2032. */
export const CLOCK_MICROVOLTS_LOW = 2_500_000;

/**
 * Asks the kernel: supplies that are batteries or UPSes, and the cell of a Pi 5's clock. Empty on a machine that tells of none.
 *
 * @param folder  `/sys/class`, but in tests
 * @see Documentation/ABI/testing/sysfs-class-power of the Linux kernel: `type`, `capacity` in percent
 */
export function readBatteries(folder = "/sys/class"): Battery[] {
  const supplies = entriesOf(join(folder, "power_supply")).flatMap((id): Battery[] => {
    const at = join(folder, "power_supply", id);
    const percent = numberAt(join(at, "capacity"));
    if (percent === undefined || !["Battery", "UPS"].includes(textAt(join(at, "type")) ?? "")) return [];
    return [{ id, isLow: percent < PERCENT_LOW, detail: `${percent} %` }];
  });
  const clocks = entriesOf(join(folder, "rtc")).flatMap((id): Battery[] => {
    const microvolts = numberAt(join(folder, "rtc", id, "battery_voltage"));
    return microvolts === undefined ? [] : [{ id, isLow: microvolts < CLOCK_MICROVOLTS_LOW, detail: `${(microvolts / 1e6).toFixed(2)} V` }];
  });
  return [...supplies, ...clocks];
}
