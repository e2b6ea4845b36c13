export * from "./commissioned-lock.ts";
export * from "./kept-memory.ts";
export * from "./lock-memory.ts";
export * from "./virtual-lock.ts";
