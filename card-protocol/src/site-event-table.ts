import type { EventRow } from "./event-field.ts";

/** What concerns doors together: fire, lockdown, drill, interlock. Part of the one table: event-table.ts. */
export const SITE_EVENT = {
  DoorAwaitsRelock: {
    severity: "warning",
    en: "Fire or drill is over; {door} stays as it was in it until somebody has it locked again.",
    zh: "火警或演练已结束；{door} 保持其间的状态，直到有人重新上锁。",
    fields: { door: "source" },
  },
  DoorsRelocked: {
    severity: "notice",
    en: "{by} had {zone} locked again: {doors} doors; not shut or not locked: {open}; reason: {reason}.",
    zh: "{by} 将 {zone} 重新上锁：{doors} 扇门；未关好或未锁上：{open}；原因：{reason}。",
    fields: { zone: "source", doors: "u32", open: "text", by: "text", reason: "text" },
  },
  LockdownStarted: {
    severity: "alarm",
    en: "{by} began a lockdown of {zone}: {doors} doors are held; not held: {free}; reason: {reason}.",
    zh: "{by} 对 {zone} 发起紧急封锁：已锁住 {doors} 扇门；未锁住：{free}；原因：{reason}。",
    fields: { zone: "source", doors: "u32", free: "text", by: "text", reason: "text" },
  },
  LockdownEnded: {
    severity: "notice",
    en: "{by} ended the lockdown of {zone}; reason: {reason}.",
    zh: "{by} 解除了 {zone} 的紧急封锁；原因：{reason}。",
    fields: { zone: "source", by: "text", reason: "text" },
  },
  DrillStarted: {
    severity: "notice",
    en: "{by} began a drill of {zone}: {doors} doors are free as in a fire; reason: {reason}.",
    zh: "{by} 在 {zone} 开始演练：{doors} 扇门按火警方式放开；原因：{reason}。",
    fields: { zone: "source", doors: "u32", by: "text", reason: "text" },
  },
  DrillEnded: {
    severity: "notice",
    en: "The drill of {zone} is over, ended by {by}, cause {cause}; reason: {reason}.",
    zh: "{zone} 的演练结束，由 {by} 结束（{cause}）；原因：{reason}。",
    fields: { zone: "source", cause: ["person", "fire"], by: "text", reason: "text" },
  },
  InterlockBroken: {
    severity: "alarm",
    en: "Two doors of interlock {interlock} stand open at once: {door} was opened while {other} was.",
    zh: "互锁 {interlock} 的两扇门同时打开：{other} 开着时打开了 {door}。",
    fields: { door: "source", interlock: "text", other: "text" },
  },
} as const satisfies Record<string, EventRow>;
