export * from "./core/osdp/index.ts";
export * from "./osdp/node-aes.ts";
