export * from "./modbus-frame.ts";
export * from "./pulse-hold.ts";
export * from "./scan-framing.ts";
