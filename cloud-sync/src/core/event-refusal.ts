import type { RefusalRow } from "./refusal-row.ts";

/** Refusals about events, copies and captures. */
export const EVENT_REFUSAL = {
  OwnerOnly: {
    status: 422,
    rule: "2.4",
    title: "Only the owner's own phone reports a capture",
    zh: "只有本人的手机可以报告截屏。请指明凭证的主人；他人请告知服务台。",
    remedy: "Name the person whose credential it is; somebody else tells the desk.",
    caseCategory: "校园卡",
  },
  QrOnly: {
    status: 422,
    rule: "2.4",
    title: "A capture concerns the QR alone",
    zh: "截屏只涉及二维码。请指明二维码；实体卡照常可用。",
    remedy: "Name the QR; the physical card goes on working.",
  },
  EventForged: {
    status: 403,
    title: "These events are not this controller's own",
    zh: "这些事件不是该控制器自己的。请检查控制器：其编号和密钥须与登记时一致。",
    remedy: "Look at the controller: its id and key must be those that it was let in with.",
  },
  EventMalformed: {
    status: 422,
    title: "These events cannot be read",
    zh: "这些事件无法读取。请先升级云端，再升级控制器；仍不行请报告。",
    remedy: "Bring the cloud up to date before its controllers; else report it.",
  },
  EventGap: {
    status: 409,
    title: "Events are missing before these",
    zh: "这些事件之前缺少事件。请从回答所列的末尾继续发送。",
    remedy: "Send what follows on the end that the answer names.",
  },
  EventFork: {
    status: 409,
    title: "Another event is kept under the same number",
    zh: "同一编号下已保存另一事件。两份日志自称同一台设备：请查明各由哪台设备写入，再重新登记；证据已保存。",
    remedy: "Two logs claim to be one: find out which machine wrote which, then enrol it anew. The proof is kept.",
  },
} as const satisfies Readonly<Record<string, RefusalRow>>;
