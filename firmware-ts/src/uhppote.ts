export * from "./core/uhppote/index.ts";
export * from "./uhppote/board-meeting.ts";
export * from "./uhppote/board-options.ts";
export * from "./uhppote/datagram-link.ts";
export * from "./uhppote/memory-datagrams.ts";
export * from "./uhppote/udp-link.ts";
export * from "./uhppote/uhppote-board.ts";
export * from "./uhppote/uhppote-reader.ts";
