export * from "./core/ttlock/index.ts";
export * from "./ttlock/http-platform.ts";
export * from "./ttlock/platform-account.ts";
export * from "./ttlock/platform-exchange.ts";
export * from "./ttlock/ttlock-lock.ts";
