import type { EventRow } from "./event-field.ts";
import { HEALTH_FINDINGS } from "./health-finding.ts";

/** What is told of devices and doors before they fail. Part of the one table: event-table.ts. */
export const HEALTH_EVENT = {
  HealthFound: {
    severity: "warning",
    en: "{subject} wants somebody to look at it: {finding} ({detail}); {remedy}.",
    zh: "{subject} 需要检查：{finding}（{detail}）；{remedy}。",
    fields: { subject: "source", finding: HEALTH_FINDINGS, detail: "text", remedy: "text" },
  },
  HealthRestored: {
    severity: "notice",
    en: "{subject} is well again: {finding} is over.",
    zh: "{subject} 恢复正常：{finding}已消除。",
    fields: { subject: "source", finding: HEALTH_FINDINGS },
  },
} as const satisfies Record<string, EventRow>;
