export * from "./node-ed25519.ts";
export * from "./node-session.ts";
export * from "./sealed.ts";
export * from "./secret-file.ts";
export * from "./sha256.ts";
