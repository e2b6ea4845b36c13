export * from "./bluetooth/bluez-stand-in.ts";
export * from "./bluetooth/private-bus.ts";
