export * from "./entry-name.ts";
export * from "./lock-record.ts";
export * from "./platform-body.ts";
export * from "./platform-error.ts";
