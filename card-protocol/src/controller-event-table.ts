import type { EventRow } from "./event-field.ts";

/** What a controller says of itself: its devices that come and go, its start, log and clock. Part of the one table: event-table.ts. */
export const CONTROLLER_EVENT = {
  DeviceOffline: {
    severity: "warning",
    en: "{device} does not answer: {error} ({detail}).",
    zh: "设备 {device} 无应答：{error}（{detail}）。",
    fields: { device: "source", error: "text", detail: "text" },
  },
  DeviceOnline: {
    severity: "notice",
    en: "{device} answers again after {outageMs} ms.",
    zh: "设备 {device} 在 {outageMs} 毫秒后恢复应答。",
    fields: { device: "source", outageMs: "u32" },
  },
  ControllerStarted: {
    severity: "notice",
    en: "The controller started, version {version}, after: {cause}; configuration {configurationHash}.",
    zh: "控制器启动，版本 {version}，此前状态：{cause}；配置 {configurationHash}。",
    fields: { version: "text", cause: ["clean", "crash", "power cut"], configurationHash: "hex" },
  },
  ControllerStopped: { severity: "notice", en: "The controller was stopped.", zh: "控制器已停止。", fields: {} },
  AuditGap: {
    severity: "warning",
    en: "Events may be missing here: {cause}; from {firstSeq} to {lastSeq}, at most {windowMs} ms.",
    zh: "此处可能缺少事件：{cause}；从 {firstSeq} 到 {lastSeq}，最多 {windowMs} 毫秒。",
    fields: { cause: "text", firstSeq: "u32?", lastSeq: "u32?", windowMs: "u32" },
  },
  GapRecord: {
    severity: "warning",
    en: "{count} events, {firstSeq} to {lastSeq}, were dropped: {cause} ({kinds}); the last had the hash {lastHash}.",
    zh: "{count} 条事件（{firstSeq} 至 {lastSeq}）已清除：{cause}（{kinds}）；最后一条的哈希为 {lastHash}。",
    fields: { firstSeq: "u32", lastSeq: "u32", count: "u32", kinds: "counts", lastHash: "hex", cause: "text" },
  },
  LogShortened: {
    severity: "warning",
    en: "{dropped} events were dropped from the log: {cause}; {unsent} of them the cloud had never had.",
    zh: "日志清除了 {dropped} 条事件：{cause}；其中 {unsent} 条从未上传云端。",
    fields: { cause: "text", dropped: "u32", unsent: "u32" },
  },
  EventsRefused: {
    severity: "alarm",
    en: "The cloud does not take this controller's events: {error} ({detail}).",
    zh: "云端不接收本控制器的事件：{error}（{detail}）。",
    fields: { error: "text", detail: "text" },
  },
  ClockChanged: {
    severity: "notice",
    en: "The clock went from {from} to {to}; it may be off by {uncertaintyS} s.",
    zh: "时钟由 {from} 变为 {to}；误差可能达 {uncertaintyS} 秒。",
    fields: { from: "text", to: "text", uncertaintyS: "seconds?" },
  },
  RecordingSuspended: {
    severity: "alarm",
    en: "Nothing can be recorded, so nobody is let in: {cause}.",
    zh: "无法记录事件，因此不放行任何人：{cause}。",
    fields: { cause: "text" },
  },
  RecordingResumed: {
    severity: "notice",
    en: "Recording works again after {outageMs} ms; {denied} were refused meanwhile.",
    zh: "{outageMs} 毫秒后恢复记录；其间拒绝了 {denied} 次。",
    fields: { outageMs: "u32", denied: "u32" },
  },
} as const satisfies Record<string, EventRow>;
