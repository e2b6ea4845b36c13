export * from "./amount-keys.ts";
export * from "./crc-ccitt.ts";
export * from "./gm65-frame.ts";
export * from "./modbus-frame.ts";
export * from "./pulse-hold.ts";
export * from "./scan-framing.ts";
export * from "./supervised-loop.ts";
