import { join } from "node:path";
import { isU32, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { CLOCK_MICROVOLTS_LOW } from "./batteries.ts";
import { entriesOf, numberAt } from "./kernel-attribute.ts";

/**
 * What the battery clock shows. Undefined where there is none; where the kernel cannot read it, as most drivers cannot once the oscillator has stopped; and
 * where its cell is too low, or missing as in a Pi 5 without one: then it may have stood still. A DS3231 that lost its cell begins anew in 2000, long before
 * anything that was kept.
 *
 * @param folder  `/sys/class`, but in tests
 * @see Documentation/ABI/testing/sysfs-class-rtc of the Linux kernel: `since_epoch`, in UTC
 */
export function readBatteryClock(folder = "/sys/class"): UnixSeconds | undefined {
  for (const id of entriesOf(join(folder, "rtc"))) {
    const at = join(folder, "rtc", id);
    const microvolts = numberAt(join(at, "battery_voltage"));
    const now = numberAt(join(at, "since_epoch"));
    if (isU32(now) && (microvolts === undefined || microvolts >= CLOCK_MICROVOLTS_LOW)) return unixSeconds(now);
  }
  return undefined;
}
