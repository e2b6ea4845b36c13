export * from "./core/relay-avr/frame.ts";
export * from "./relay-avr/relay-avr-board.ts";
export * from "./relay-avr/wiegand-reader.ts";
