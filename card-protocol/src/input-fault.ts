/** What is wrong with a supervised wire, and what to do about it. One table for drivers, events, command line and docs/hardware.md. */
export const INPUT_FAULT = {
  short: "the wire is bridged: look for a short circuit, or for somebody who wants the contact to seem closed",
  cut: "the wire is cut, or has come off at one end: look at both ends and at the resistors",
  foreign: "the wire has a resistance that its contact cannot have: look for a wet junction, a wrong resistor, or something that was put across it",
} as const;
export type InputFault = keyof typeof INPUT_FAULT;
export const INPUT_FAULTS = Object.keys(INPUT_FAULT) as readonly InputFault[];
