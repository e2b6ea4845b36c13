import type { EventRow } from "./event-field.ts";

/** What readers tell behind the event. */
export const READER_EVENT = {
  CardReadLate: {
    severity: "notice",
    en: "The card of credential {credential} was read at {accessPoint} at {readAt} by the clock of its board, while nobody heard the reader; it opened nothing.",
    zh: "凭证 {credential} 的卡于 {readAt}（以设备时钟为准）在 {accessPoint} 被读取，当时无人接收读卡器的数据；未开门。",
    fields: { accessPoint: "source", credential: "credential", readAt: "text" },
  },
} as const satisfies Record<string, EventRow>;
