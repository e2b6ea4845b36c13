export * from "./avr-pin.ts";
export * from "./intel-hex.ts";
export * from "./modbus-unit.ts";
export * from "./uno-program.ts";
export * from "./virtual-relay-board.ts";
export * from "./virtual-scanner.ts";
export * from "./virtual-uno.ts";
