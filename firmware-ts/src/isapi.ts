export * from "./core/isapi/index.ts";
export * from "./isapi/event-listener.ts";
export * from "./isapi/http-exchange.ts";
export * from "./isapi/isapi-device.ts";
export * from "./isapi/isapi-door-board.ts";
export * from "./isapi/isapi-reader.ts";
