export * from "./core/osdp/index.ts";
export * from "./osdp/node-aes.ts";
export * from "./osdp/osdp-bus.ts";
export * from "./osdp/osdp-pd.ts";
export * from "./osdp/pd.ts";
export * from "./osdp/osdp-relay-board.ts";
export * from "./osdp/osdp-reader.ts";
export * from "./osdp/ask-pd.ts";
