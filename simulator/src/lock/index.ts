export * from "./lock-memory.ts";
export * from "./virtual-lock.ts";
