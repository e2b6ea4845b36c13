export * from "./ipp-decoding.ts";
export * from "./ipp-encoding.ts";
export * from "./ipp-message.ts";
