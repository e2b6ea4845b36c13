import type { EventRow } from "./event-field.ts";

/** The events of library kiosks. None names an item: what somebody reads stands in no log. Part of the one table: event-table.ts. */
export const KIOSK_EVENT = {
  ItemLent: {
    severity: "notice",
    en: "The holder of credential {credential} borrowed or renewed an item at kiosk {kiosk}.",
    zh: "凭证 {credential} 的持有人在自助借还机 {kiosk} 借阅或续借了一件馆藏。",
    fields: { kiosk: "source", credential: "credential" },
  },
  ItemReturned: {
    severity: "notice",
    en: "An item was returned at kiosk {kiosk}.",
    zh: "自助借还机 {kiosk} 归还了一件馆藏。",
    fields: { kiosk: "source" },
  },
  LoanRefused: {
    severity: "notice",
    en: "Kiosk {kiosk} lent or took back nothing: {reason}, {detail}.",
    zh: "自助借还机 {kiosk} 未办理借还：{reason}，{detail}。",
    fields: {
      kiosk: "source",
      reason: ["NobodyPresent", "IsbnNotItem", "BarcodeMalformed", "BarcodeCheckDigit", "LibraryRefused", "LibraryUnreachable", "ClockUntrusted"],
      detail: "text",
    },
  },
} as const satisfies Record<string, EventRow>;
