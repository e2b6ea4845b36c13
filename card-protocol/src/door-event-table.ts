import { DOOR_MODES } from "./door-mode.ts";
import type { EventRow } from "./event-field.ts";

/** What doors say. Part of the one table: event-table.ts. */
export const DOOR_EVENT = {
  DoorForcedOpen: { severity: "alarm", en: "Door {door} was opened without being released.", zh: "门 {door} 未经放行被强行打开。", fields: { door: "source" } },
  DoorOpenTooLong: { severity: "alarm", en: "Door {door} has stood open too long.", zh: "门 {door} 开启超时。", fields: { door: "source" } },
  DoorPreAlarm: { severity: "warning", en: "Door {door} will soon have stood open too long.", zh: "门 {door} 即将开启超时。", fields: { door: "source" } },
  DoorNormal: { severity: "notice", en: "The alarm of door {door} is over.", zh: "门 {door} 的报警已解除。", fields: { door: "source" } },
  DoorModeChanged: {
    severity: "notice",
    en: "Door {door} is now {mode}, set by {by}; reason: {reason}.",
    zh: "{by} 将门 {door} 设为{mode}；原因：{reason}。",
    fields: { door: "source", mode: DOOR_MODES, by: "text", reason: "text" },
  },
  RequestToExit: { severity: "notice", en: "Somebody asked to leave through {door}.", zh: "有人请求从 {door} 出门。", fields: { door: "source" } },
  Tailgating: {
    severity: "warning",
    en: "{count} more than were let in passed {door} ({direction}).",
    zh: "{door}（{direction}）发生尾随：比放行人数多通过 {count} 人。",
    fields: { door: "source", direction: ["entry", "exit"], count: "u32" },
  },
  WrongWay: { severity: "warning", en: "Somebody passed {door} the wrong way.", zh: "有人逆向通过 {door}。", fields: { door: "source" } },
  DoorTamper: {
    severity: "alarm",
    en: "Somebody tampers with {door}: {cause}.",
    zh: "门 {door} 被拆动：{cause}。",
    fields: { door: "source", cause: ["opened", "wire"] },
  },
  DoorTamperCleared: { severity: "notice", en: "Nothing tampers with {door} any more.", zh: "门 {door} 的防拆报警已解除。", fields: { door: "source" } },
  FireInput: {
    severity: "alarm",
    en: "The fire input of {door} changed; fire alarm: {active}.",
    zh: "门 {door} 的消防联动输入发生变化；火警：{active}。",
    fields: { door: "source", active: "boolean" },
  },
  DoorFault: {
    severity: "alarm",
    en: "Door {door} could not act: {device} says {error} ({detail}).",
    zh: "门 {door} 无法动作：{device} 报 {error}（{detail}）。",
    fields: { door: "source", device: "text", error: "text", detail: "text" },
  },
  DoorFaultCleared: { severity: "notice", en: "Door {door} can act again.", zh: "门 {door} 恢复正常动作。", fields: { door: "source" } },
} as const satisfies Record<string, EventRow>;
