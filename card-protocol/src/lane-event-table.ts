import type { EventRow } from "./event-field.ts";

/** The events of turnstile lanes that no door has. Part of the one table: event-table.ts. */
export const LANE_EVENT = {
  PartyPassed: {
    severity: "notice",
    en: "{passed} of a party of {partySize} passed {accessPoint} on grant {grantedSeq}: {cause}.",
    zh: "放行记录 {grantedSeq} 的 {partySize} 人团体中有 {passed} 人通过了 {accessPoint}：{cause}。",
    fields: { accessPoint: "source", grantedSeq: "u32", passed: "u32", partySize: "u32", cause: ["complete", "timeout", "device", "superseded"] },
  },
  LaneNotReady: {
    severity: "warning",
    en: "Lane {door} says that it is not ready: nobody is let in there.",
    zh: "闸机通道 {door} 报告未就绪：不放行任何人。",
    fields: { door: "source" },
  },
  LaneReady: { severity: "notice", en: "Lane {door} is ready again.", zh: "闸机通道 {door} 恢复就绪。", fields: { door: "source" } },
  LaneAlarm: {
    severity: "alarm",
    en: "Lane {door} says that something is wrong with it: its alarm output is on.",
    zh: "闸机通道 {door} 报告异常：其报警输出已接通。",
    fields: { door: "source" },
  },
  LaneAlarmOver: { severity: "notice", en: "The alarm of lane {door} is over.", zh: "闸机通道 {door} 的报警已解除。", fields: { door: "source" } },
} as const satisfies Record<string, EventRow>;
