export * from "./agreement-key.ts";
export * from "./deny-set.ts";
export * from "./lock-audit.ts";
export * from "./lock-list.ts";
export * from "./lock-openings.ts";
export * from "./lock-words.ts";
export * from "./sealed-pin.ts";
export * from "./unlock-grant.ts";
