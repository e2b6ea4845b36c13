export type { ChosenPerson } from "./log-in-stand-ins.ts";
export { startSandbox } from "./main.ts";
export type { Paid, Sandbox, SandboxOptions, SandboxStatus } from "./sandbox.ts";
export type { Scanned } from "./scanning.ts";
