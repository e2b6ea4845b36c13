export * from "./car-debounce.ts";
export * from "./device-event.ts";
export * from "./digest.ts";
export * from "./event-search.ts";
export * from "./json-tree.ts";
export * from "./multipart.ts";
export * from "./xml-tree.ts";
