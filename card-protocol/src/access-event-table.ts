import { DENY_REASONS } from "./deny-reason.ts";
import type { EventRow } from "./event-field.ts";

/** How a credential was shown: a pass of one of the three kinds, or something that a list has by its number. */
export const PRESENTATIONS = ["T", "H", "HC", "card", "face", "idcard", "plate"] as const;
export type Presentation = (typeof PRESENTATIONS)[number];

/** Whether it was a pass: only these are signed, and spent. */
export const isPassPresentation = (presentation: Presentation): presentation is "T" | "H" | "HC" =>
  presentation === "T" || presentation === "H" || presentation === "HC";

/** Who was let in and who was not. Part of the one table: event-table.ts. */
export const ACCESS_EVENT = {
  AccessGranted: {
    severity: "notice",
    en: "{accessPoint} let credential {credential} in by {presentation}, as {accessProfile} allows.",
    zh: "{accessPoint} 放行凭证 {credential}（{presentation}），依据权限组 {accessProfile}。",
    fields: {
      accessPoint: "source",
      credential: "credential",
      presentation: PRESENTATIONS,
      holder: "u32",
      counter: "u32?",
      signedAt: "time?",
      pass: "bytes?",
      accessProfile: "text",
      uncertaintyS: "seconds?",
      listVersion: "u32",
      replayGroup: "text",
    },
  },
  AccessDenied: {
    severity: "notice",
    en: "{accessPoint} refused {credential} by {presentation}: {reason} ({detail}).",
    zh: "{accessPoint} 拒绝凭证 {credential}（{presentation}），原因 {reason}，详情：{detail}。",
    fields: {
      accessPoint: "source",
      reason: DENY_REASONS,
      detail: "text",
      credential: "credential?",
      presentation: PRESENTATIONS,
      counter: "u32?",
      signedAt: "time?",
      pass: "bytes?",
      uncertaintyS: "seconds?",
      listVersion: "u32",
    },
  },
  AccessTaken: {
    severity: "notice",
    en: "Somebody passed {accessPoint} on grant {grantedSeq}.",
    zh: "有人凭放行记录 {grantedSeq} 通过了 {accessPoint}。",
    fields: { accessPoint: "source", grantedSeq: "u32" },
  },
  AccessNotTaken: {
    severity: "notice",
    en: "Nobody passed {accessPoint} on grant {grantedSeq}: {cause}.",
    zh: "放行记录 {grantedSeq} 之后无人通过 {accessPoint}：{cause}。",
    fields: { accessPoint: "source", grantedSeq: "u32", cause: ["timeout", "restart", "device", "superseded"] },
  },
  ScansRefused: {
    severity: "notice",
    en: "{accessPoint} refused scans without a holding signature: {count}, {reason}.",
    zh: "{accessPoint} 拒绝了 {count} 次签名无效的扫码：{reason}。",
    fields: { accessPoint: "source", reason: DENY_REASONS, count: "u32" },
  },
  DenialRepeated: {
    severity: "notice",
    en: "{accessPoint} refused more scans like that of event {deniedSeq}: {count}, {reason}.",
    zh: "{accessPoint} 又拒绝了 {count} 次与事件 {deniedSeq} 相同的验证：{reason}。",
    fields: { accessPoint: "source", reason: DENY_REASONS, credential: "credential?", deniedSeq: "u32", count: "u32" },
  },
} as const satisfies Record<string, EventRow>;
