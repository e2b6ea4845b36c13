import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * StandardFirmata for the Arduino Uno as its project published it, in Intel HEX: the machine code that thousands of boards run.
 *
 * @throws Error with the remedy when the development dependency that carries it is not installed
 */
export function standardFirmataHex(): string {
  try {
    const carrier = createRequire(import.meta.url).resolve("avrgirl-arduino/package.json");
    return readFileSync(join(dirname(carrier), "junk/hex/uno/StandardFirmata.cpp.hex"), "utf8");
  } catch (cause) {
    throw new Error("StandardFirmata for the Uno is not here: it comes with the development dependency avrgirl-arduino; run `npm install` without --omit=dev", {
      cause,
    });
  }
}

/**
 * Our relay board's program (`firmware-ts/boards/relay-avr`), in Intel HEX.
 *
 * @param polarity  what energises a relay: a pin at 5 V, or one at ground
 */
export function relayAvrHex(polarity: "active-high" | "active-low"): string {
  return readFileSync(createRequire(import.meta.url).resolve(`@portico/firmware-ts/boards/relay-avr/relay-avr-${polarity}.hex`), "utf8");
}
