export * from "./check.ts";
export * from "./command.ts";
export * from "./deframing.ts";
export * from "./frame.ts";
export * from "./reply.ts";
export * from "./secure-channel.ts";
export * from "./exchange.ts";
export * from "./session.ts";
