/** Crystal of an Arduino Uno. */
export const UNO_HZ = 16_000_000;
/** Digital pins 0..13, then A0..A5 as 14..19: the numbers that Firmata and the Arduino core use. */
export const UNO_PINS = 20;

/** What the microcontroller does with a pin. `input` is high impedance, `pulled-up` an input held by its 20-50 kΩ resistor. */
export type AvrPin = "low" | "high" | "input" | "pulled-up";
/** What the world does with a pin. `open`: nothing is connected, or an open contact. */
export type PinDrive = "low" | "high" | "open";
