export * from "./ble-beacon/bluez-beacon.ts";
