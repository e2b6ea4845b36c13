import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The drivers of a Raspberry Pi's lines: up to the 4, and the 5. */
const PARAMETERS = ["pinctrl_bcm2835", "pinctrl_rp1"].map((driver) => `sys/module/${driver}/parameters/persist_gpio_outputs`);

/**
 * Whether the running kernel leaves GPIO outputs as they were when the program that held them is gone, which a Raspberry Pi's does unless it is told otherwise.
 *
 * @param root  where the system's files are looked up
 * @returns undefined where the kernel has no such choice
 */
export function keepsOutputs(root: string): boolean | undefined {
  for (const path of PARAMETERS) {
    const value = textOf(join(root, path));
    if (value !== undefined) return value !== "N" && value !== "0";
  }
  return undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
