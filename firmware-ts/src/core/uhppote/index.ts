export * from "./board-time.ts";
export * from "./event.ts";
export * from "./packet.ts";
export * from "./reply.ts";
export * from "./request.ts";
