export * from "./platform-calls.ts";
export * from "./ttlock-stand-in.ts";
export * from "./virtual-ttlock.ts";
