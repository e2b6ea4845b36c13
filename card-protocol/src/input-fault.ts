/** What is wrong with a supervised wire, and what to do about it. One table for drivers, events, command line and docs/hardware.md. */
export const INPUT_FAULT = {
  short: {
    en: "the wire is bridged: look for a short circuit, or for somebody who wants the contact to seem closed",
    zh: "线路短接：检查是否短路，或有人故意让触点显示为闭合",
  },
  cut: {
    en: "the wire is cut, or has come off at one end: look at both ends and at the resistors",
    zh: "线路断开，或一端脱落：检查两端接线和线尾电阻",
  },
  foreign: {
    en: "the wire has a resistance that its contact cannot have: look for a wet junction, a wrong resistor, or something that was put across it",
    zh: "线路电阻值异常：检查接线盒是否受潮、电阻是否装错、线上是否被并接了东西",
  },
} as const satisfies Record<string, { readonly en: string; readonly zh: string }>;
export type InputFault = keyof typeof INPUT_FAULT;
export const INPUT_FAULTS = Object.keys(INPUT_FAULT) as readonly InputFault[];
