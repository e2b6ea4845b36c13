import { DENY_REASONS } from "./deny-reason.ts";
import type { EventRow } from "./event-field.ts";
import { PRESENTATIONS } from "./access-event-table.ts";

/**
 * What is told of doors that another system still drives. None of it let anybody in or kept anybody out: the names say so, and whoever counts passages counts
 * none of these but ShadowTaken. Part of the one table: event-table.ts.
 */
export const SHADOW_EVENT = {
  ShadowGranted: {
    severity: "notice",
    en: "In shadow: {accessPoint} would have let credential {credential} in by {presentation}, as {accessProfile} allows. Nothing was opened.",
    zh: "影子模式：{accessPoint} 本会放行凭证 {credential}（{presentation}），依据权限组 {accessProfile}。未开启任何设备。",
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
  ShadowDenied: {
    severity: "notice",
    en: "In shadow: {accessPoint} would have refused {credential} by {presentation}: {reason} ({detail}). Nobody was kept out.",
    zh: "影子模式：{accessPoint} 本会拒绝凭证 {credential}（{presentation}）：{reason}（{detail}）。未阻拦任何人。",
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
  OldSystemDecided: {
    severity: "notice",
    en: "The old system decided at {door}: {decision}, as its {by} says; credential {credential}.",
    zh: "旧系统在 {door} 的判定：{decision}，依据{by}；凭证 {credential}。",
    fields: {
      door: "source",
      accessPoint: "text",
      decision: ["granted", "denied"],
      by: ["input", "contact", "import"],
      credential: "credential?",
      decidedAt: "time?",
    },
  },
  ShadowTaken: {
    severity: "notice",
    en: "The old system let in credential {credential} of event {shadowSeq} at {accessPoint}: its holder {holder} counts as having passed.",
    zh: "旧系统在 {accessPoint} 放行了事件 {shadowSeq} 的凭证 {credential}：持有人 {holder} 计为已通行。",
    fields: { accessPoint: "source", credential: "credential", holder: "u32", shadowSeq: "u32" },
  },
  OldLogImported: {
    severity: "notice",
    en: "{by} imported {taken} decisions of the old system, {known} were there already, of {unknownCards} the card is not in the list; reason: {reason}.",
    zh: "{by} 导入旧系统判定 {taken} 条，已有 {known} 条，其中 {unknownCards} 条的卡不在名单中；原因：{reason}。",
    fields: { by: "text", reason: "text", taken: "u32", known: "u32", unknownCards: "u32" },
  },
  ShadowReport: {
    severity: "notice",
    en: "Shadow report of {door} for {day}: both let in {bothGranted}, both refused {bothDenied}; only Portico lets in {onlyOurs}, only the old system {onlyOld}; seen by the old system alone {unseenByUs}, by Portico alone {unseenByOld}.",
    zh: "{door} 的影子报告（{day}）：双方均放行 {bothGranted}，均拒绝 {bothDenied}；仅 Portico 放行 {onlyOurs}，仅旧系统放行 {onlyOld}；仅旧系统看到 {unseenByUs}，仅 Portico 看到 {unseenByOld}。",
    fields: { door: "source", day: "text", bothGranted: "u32", bothDenied: "u32", onlyOurs: "u32", onlyOld: "u32", unseenByUs: "u32", unseenByOld: "u32" },
  },
  DoorCutOver: {
    severity: "warning",
    en: "{by} cut {door} over: from now on Portico drives it; reason: {reason}.",
    zh: "{by} 将 {door} 切换：此后由 Portico 驱动；原因：{reason}。",
    fields: { door: "source", by: "text", reason: "text" },
  },
  DoorReturned: {
    severity: "warning",
    en: "{by} gave {door} back to the old system: Portico drives nothing there any more; reason: {reason}.",
    zh: "{by} 将 {door} 交还旧系统：Portico 不再驱动其任何设备；原因：{reason}。",
    fields: { door: "source", by: "text", reason: "text" },
  },
} as const satisfies Record<string, EventRow>;
