export * from "./node-ed25519.ts";
export * from "./sha256.ts";
