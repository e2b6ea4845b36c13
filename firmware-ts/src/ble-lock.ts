export * from "./ble-lock/ble-lock.ts";
export * from "./ble-lock/bluez-adapter.ts";
export * from "./ble-lock/gatt-link.ts";
export * from "./ble-lock/memory-gatt.ts";
export * from "./ble-lock/open-lock.ts";
