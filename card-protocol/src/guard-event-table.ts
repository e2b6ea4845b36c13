import type { EventRow } from "./event-field.ts";

/** The events of guard stations: who stood there, and what each press of a button did. Part of the one table: event-table.ts. */
export const GUARD_EVENT = {
  GuardSignedIn: {
    severity: "notice",
    en: "The holder of credential {credential} signed in at guard station {station} on grant {grantedSeq}, for {sessionS} s.",
    zh: "凭证 {credential} 的持有人在岗亭 {station} 签到，放行记录 {grantedSeq}，时长 {sessionS} 秒。",
    fields: { station: "source", credential: "credential", grantedSeq: "u32", sessionS: "u32" },
  },
  GuardSignedOut: {
    severity: "notice",
    en: "The holder of credential {credential} is signed out at guard station {station}: {cause}.",
    zh: "凭证 {credential} 的持有人已从岗亭 {station} 签退：{cause}。",
    fields: { station: "source", credential: "credential", cause: ["presented", "relieved", "time", "revoked", "restart"] },
  },
  GuardOpened: {
    severity: "notice",
    en: "The guard with credential {credential} at {station} opened {door} once; reason: {reason}.",
    zh: "岗亭 {station} 的值班人员（凭证 {credential}）开了一次 {door}；原因：{reason}。",
    fields: { door: "source", station: "text", credential: "credential", reason: "text" },
  },
  LaneHeld: {
    severity: "warning",
    en: "The guard with credential {credential} at {station} holds {door} open for {forS} s; reason: {reason}.",
    zh: "岗亭 {station} 的值班人员（凭证 {credential}）让 {door} 常开 {forS} 秒；原因：{reason}。",
    fields: { door: "source", station: "text", credential: "credential", reason: "text", forS: "u32" },
  },
  LaneHoldEnded: {
    severity: "notice",
    en: "{door} is not held open any more for the guard with credential {credential} at {station}: {cause}.",
    zh: "{door} 不再为岗亭 {station} 的值班人员（凭证 {credential}）保持常开：{cause}。",
    fields: { door: "source", station: "text", credential: "credential", cause: ["guard", "time", "signed out", "superseded", "restart"] },
  },
  GuardRefused: {
    severity: "warning",
    en: "The guard with credential {credential} at {station} pressed the button of {door}, and nothing was opened: {detail}.",
    zh: "岗亭 {station} 的值班人员（凭证 {credential}）按下 {door} 的按钮，未开门：{detail}。",
    fields: { station: "source", credential: "credential", door: "text", detail: "text" },
  },
  GuardButtonUnattended: {
    severity: "alarm",
    en: "The button of {door} at guard station {station} was pressed while no guard was signed in; nothing was opened.",
    zh: "岗亭 {station} 上 {door} 的按钮在无人签到时被按下；未开门。",
    fields: { station: "source", door: "text" },
  },
  GuardButtonStuck: {
    severity: "warning",
    en: "The button of {door} at guard station {station} has been pressed for {pressedS} s: it does nothing until it is let go.",
    zh: "岗亭 {station} 上 {door} 的按钮已被按住 {pressedS} 秒：松开之前不起作用。",
    fields: { station: "source", door: "text", pressedS: "u32" },
  },
} as const satisfies Record<string, EventRow>;
