export * from "./device.ts";
export * from "./wire.ts";
