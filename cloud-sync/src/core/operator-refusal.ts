import type { RefusalRow } from "./refusal-row.ts";

/** How operators, delegations and reviews are refused: part of the table of all refusals. */
export const OPERATOR_REFUSAL = {
  OperatorUnknown: { status: 404, title: "No such operator", zh: "没有该操作员。请列出操作员。", remedy: "List the operators." },
  OperatorEnded: {
    status: 403,
    title: "The operator's part has ended",
    zh: "该操作员的任务已结束。请管理员用新的编号另建操作员。",
    remedy: "Have an administrator make another operator of another id.",
  },
  RoleBeyondYours: {
    status: 403,
    title: "That is more than you may yourself",
    zh: "这超出您自己的权限。请找有权限的人办理。",
    remedy: "Ask somebody who may it.",
  },
  DelegationUnknown: {
    status: 404,
    title: "No such delegation, or it has ended",
    zh: "没有该委托，或委托已结束。请列出委托。",
    remedy: "List the delegations.",
  },
  DelegationEnded: {
    status: 403,
    title: "What was delegated has ended meanwhile",
    zh: "委托已在此期间结束。请联系委托人。",
    remedy: "Ask whoever delegated it.",
  },
  NotDelegable: {
    status: 403,
    title: "This is the campus's, and no delegation opens it",
    zh: "此事由学校统一管理，不可委托。请找全校操作员办理。",
    remedy: "Ask a campus-wide operator.",
  },
  NotYourPlace: {
    status: 403,
    title: "That is not within your places, or not there",
    zh: "该地点不在您的范围内，或不存在。请找全校操作员，或受托管理该地点的人。",
    remedy: "Ask a campus-wide operator, or whoever the place was delegated to.",
  },
  NotYourCapability: {
    status: 403,
    title: "That capability was not delegated to you",
    zh: "该权限没有委托给您。请联系把地点委托给您的人。",
    remedy: "Ask whoever delegated the place to you.",
  },
  BeyondYourDate: {
    status: 403,
    title: "That is for longer than was delegated to you",
    zh: "期限超出您的委托期限。请选择在期限内的截止时间，或延长委托。",
    remedy: "Choose an end within yours, or have yours prolonged.",
  },
  MayNotDelegate: {
    status: 403,
    title: "You may not pass on what was delegated to you",
    zh: "您不能转委托。请联系委托人。",
    remedy: "Ask whoever delegated it to you.",
  },
  ReviewUnknown: {
    status: 404,
    title: "No such review, or no such row in it",
    zh: "没有该复核，或其中没有该行。请列出复核并查看。",
    remedy: "List the reviews, and show this one.",
  },
  ReviewOver: {
    status: 409,
    title: "The review's date has come: what was not confirmed has ended",
    zh: "复核已到期：未确认的授权已结束。如有误，请重新授权。",
    remedy: "Grant anew what was ended by mistake.",
  },
  RowGone: {
    status: 409,
    title: "What the row is about has ended already",
    zh: "该行所指的内容已结束。请重新查看复核；缺少的请重新授权。",
    remedy: "Show the review anew; grant anew what is missed.",
  },
} as const satisfies Record<string, RefusalRow>;
