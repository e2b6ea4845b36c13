export * from "./core/ipp/index.ts";
export * from "./core/page-count/index.ts";
export * from "./ipp/http-ipp.ts";
export * from "./ipp/inflate.ts";
export * from "./ipp/ipp-exchange.ts";
export * from "./ipp/print-job.ts";
export * from "./ipp/print-queue.ts";
export * from "./ipp/printer-uri.ts";
