import { ACCESS_EVENT } from "./access-event-table.ts";
import { COMMAND_REFUSALS } from "./command.ts";
import { COMMISSIONING_EVENT } from "./commissioning-event-table.ts";
import { CONTROLLER_EVENT } from "./controller-event-table.ts";
import { DEVICE_EVENT } from "./device-event-table.ts";
import { DOOR_EVENT } from "./door-event-table.ts";
import type { EventRow, FieldType, FieldValue } from "./event-field.ts";
import { HEALTH_EVENT } from "./health-event-table.ts";
import { GUARD_EVENT } from "./guard-event-table.ts";
import { PRINTING_EVENT } from "./printing-event-table.ts";
import { READER_EVENT } from "./reader-event-table.ts";
import { LANE_EVENT } from "./lane-event-table.ts";
import { LIFT_EVENT } from "./lift-event-table.ts";
import { SITE_EVENT } from "./site-event-table.ts";
import { KIOSK_EVENT } from "./kiosk-event-table.ts";
import { LOCK_EVENT } from "./lock-event-table.ts";
import { MONEY_EVENT } from "./money-event-table.ts";
import { SHADOW_EVENT } from "./shadow-event-table.ts";

export { isPassPresentation, type Presentation, PRESENTATIONS } from "./access-event-table.ts";
export { type EventRow, type FieldType, type FieldValue, type Severity, TEXT_MAX } from "./event-field.ts";

/** How far a list may be believed by its age, the best first. */
export const FRESHNESS = ["fresh", "stale-ok", "stale-strict", "essential", "expired"] as const;
export type Freshness = (typeof FRESHNESS)[number];

/**
 * Every event that a controller records, and the fields of each. One table: the types below, the record's bytes, SQL, command line and
 * docs/feed-and-events.md come from it or are checked against it. Events name credentials, never persons.
 * Source of the names: ONVIF Access Control and Door Control topics where they have one.
 */
export const EVENT = {
  ...ACCESS_EVENT,
  ...DOOR_EVENT,
  ...CONTROLLER_EVENT,
  ListLoaded: {
    severity: "notice",
    en: "List {version} was loaded by {by}: {added} added, {changed} changed, {removed} removed; digest {digest}; reason: {reason}.",
    zh: "{by} 载入名单 {version}：新增 {added}，变更 {changed}，删除 {removed}；摘要 {digest}；原因：{reason}。",
    fields: { version: "u32", added: "u32", changed: "u32", removed: "u32", digest: "hex", by: "text", reason: "text" },
  },
  TrustListLoaded: {
    severity: "notice",
    en: "Trust list {sequence} was loaded; it holds until {validUntil}.",
    zh: "已载入信任列表 {sequence}，有效至 {validUntil}。",
    fields: { sequence: "u32", validUntil: "time" },
  },
  ConfigurationTaken: {
    severity: "notice",
    en: "{by} brought the signed configuration {epoch}:{number}; the controller runs on it from its next start on. Configuration {configurationHash}.",
    zh: "{by} 带来已签名的配置 {epoch}:{number}；控制器下次启动时生效。配置 {configurationHash}。",
    fields: { epoch: "u32", number: "u32", configurationHash: "hex", by: "text" },
  },
  ConfigurationRefused: {
    severity: "alarm",
    en: "A configuration that {by} brought was refused: {error} ({detail}); the one in force stays.",
    zh: "{by} 带来的配置被拒绝：{error}（{detail}）；沿用现行配置。",
    fields: { error: "text", detail: "text", by: "text" },
  },
  FeedRefused: {
    severity: "alarm",
    en: "What the cloud sent of {partition} was refused: {error} ({detail}); the list in force stays.",
    zh: "云端下发的 {partition} 被拒绝：{error}（{detail}）；沿用现行名单。",
    fields: { partition: "text", error: "text", detail: "text" },
  },
  FreshnessChanged: {
    severity: "warning",
    en: "The list that {accessPoint} decides by was {from} and is now {to}.",
    zh: "{accessPoint} 所依据的名单，时效由{from}变为{to}。",
    fields: { accessPoint: "source", from: FRESHNESS, to: FRESHNESS },
  },
  CommandTaken: {
    severity: "notice",
    en: "{by} asked from afar for {verb} at {door}; reason: {reason}. Command {command}.",
    zh: "{by} 远程请求对 {door} 执行 {verb}；原因：{reason}。指令 {command}。",
    fields: { door: "source", command: "hex", verb: "text", by: "text", reason: "text" },
  },
  CommandActed: {
    severity: "notice",
    en: "{door} did what command {command} asked for.",
    zh: "{door} 已执行指令 {command}。",
    fields: { door: "source", command: "hex" },
  },
  CommandRefused: {
    severity: "warning",
    en: "{by} asked from afar for {verb} at {door}, and was refused: {error} ({detail}); reason: {reason}. Command {command}.",
    zh: "{by} 远程请求对 {door} 执行 {verb}，被拒绝：{error}（{detail}）；原因：{reason}。指令 {command}。",
    fields: { door: "source", command: "hex", verb: "text", by: "text", reason: "text", error: COMMAND_REFUSALS, detail: "text" },
  },
  ...DEVICE_EVENT,
  ApbViolation: {
    severity: "warning",
    en: "{accessPoint} let credential {credential} pass on grant {grantedSeq} though its holder was seen elsewhere last: {detail}.",
    zh: "{accessPoint} 按放行记录 {grantedSeq} 让凭证 {credential} 通过，但违反反潜回：{detail}。",
    fields: { accessPoint: "source", credential: "credential", grantedSeq: "u32", area: "text", detail: "text" },
  },
  AreaReset: {
    severity: "notice",
    en: "{by} had area {area} forget where holder {holder} is (null: everybody); reason: {reason}.",
    zh: "{by} 清除了区域 {area} 中持有人 {holder} 的位置（“未知”指所有人）；原因：{reason}。",
    fields: { area: "source", holder: "u32?", by: "text", reason: "text" },
  },
  ...SITE_EVENT,
  Duress: {
    severity: "alarm",
    en: "At {accessPoint} the holder of credential {credential} let it be known that somebody forces them, on grant {grantedSeq} (null: they were not let in yet). Nothing there shows it.",
    zh: "凭证 {credential} 的持有人在 {accessPoint} 发出胁迫信号，放行记录 {grantedSeq}（“未知”指尚未放行）。现场没有任何提示。",
    fields: { accessPoint: "source", credential: "credential", grantedSeq: "u32?" },
  },
  PinLockedOut: {
    severity: "alarm",
    en: "At {accessPoint} {tries} wrong PINs were typed, the last with credential {credential}: no PIN of that {whose} is taken for {lockedS} s.",
    zh: "{accessPoint} 连续 {tries} 次输错密码，最后一次用凭证 {credential}：该{whose}的密码锁定 {lockedS} 秒。",
    fields: { accessPoint: "source", credential: "credential", whose: ["holder", "reader"], tries: "u32", lockedS: "u32" },
  },
  PinUnlocked: {
    severity: "notice",
    en: "{by} had the wrong PINs of {whose} forgotten; reason: {reason}.",
    zh: "{by} 清除了 {whose} 的密码错误计数；原因：{reason}。",
    fields: { whose: "text", by: "text", reason: "text" },
  },
  FirstPersonIn: {
    severity: "notice",
    en: "The holder of credential {credential} came in at {accessPoint} on grant {grantedSeq} as the first: what waits for them at {door} begins.",
    zh: "凭证 {credential} 的持有人按放行记录 {grantedSeq} 从 {accessPoint} 首人开门：{door} 上等待首人的时段开始生效。",
    fields: { door: "source", accessPoint: "text", credential: "credential", grantedSeq: "u32" },
  },
  PinChanged: {
    severity: "notice",
    en: "The PIN of holder {holder} in zone {zone} was {change} by {by}; reason: {reason}.",
    zh: "{by} 对持有人 {holder} 在分区 {zone} 的密码做了{change}；原因：{reason}。",
    fields: { holder: "u32", zone: "text", change: ["set", "changed", "erased"], by: "text", reason: "text" },
  },
  ...LANE_EVENT,
  ...LIFT_EVENT,
  ...HEALTH_EVENT,
  ...GUARD_EVENT,
  ...READER_EVENT,
  ...COMMISSIONING_EVENT,
  ...SHADOW_EVENT,
  ...MONEY_EVENT,
  ...PRINTING_EVENT,
  ...KIOSK_EVENT,
  ...LOCK_EVENT,
} as const satisfies Record<string, EventRow>;

export type EventName = keyof typeof EVENT;
/** All names, in the table's order. */
export const EVENT_NAMES = Object.keys(EVENT) as readonly EventName[];

/** The fields of the event of that name. */
export type EventFields<N extends EventName> = {
  readonly [F in keyof (typeof EVENT)[N]["fields"]]: FieldValue<Extract<(typeof EVENT)[N]["fields"][F], FieldType>>;
};

/** What happened: a name of {@link EVENT} with its fields. `drill`: it belongs to a drill, and is no reason for an alarm. */
export type ControllerEvent = { readonly [N in EventName]: { readonly name: N; readonly fields: EventFields<N>; readonly drill?: true } }[EventName];
