import type { RefusalRow } from "../refusal-row.ts";

/** How the cloud says no to a reservation. Rule, contact and category are the service's: the answer names them. `zh` reads out what was refused and what helps. */
export const RESERVATION_REFUSAL = {
  ResourceUnknown: { status: 404, title: "No such place or course", remedy: "Search for it.", zh: "没有这个场地或课程，请重新查找。" },
  ReservationUnknown: { status: 404, title: "No such reservation", remedy: "List the person's reservations.", zh: "没有这条预约记录，请查看我的预约。" },
  TimesRefused: {
    status: 422,
    title: "These times cannot be booked",
    remedy: "Choose times that lie ahead, end behind their beginning, and have a length and a step that the service allows.",
    zh: "预约时间不符合要求：须晚于现在，结束须晚于开始，时长与起止时刻须符合该服务的规定。",
  },
  TooFarAhead: { status: 422, title: "It is too early to book that", remedy: "Come back when the day is nearer.", zh: "尚未到可预约的时间，请临近再约。" },
  NotOpen: {
    status: 422,
    title: "It is not open then",
    remedy: "See the day's timeline for what can be booked.",
    zh: "该时段不开放，请查看当天时间轴中的可预定时段。",
  },
  NoticeNotAccepted: {
    status: 422,
    title: "The notice was not accepted in its current version",
    remedy: "Show the person the notice that is named, and send its version along.",
    zh: "请先阅读并同意当前版本的须知。",
  },
  AbsencesTooMany: {
    status: 403,
    title: "The person stayed away too often without a word",
    remedy: "See the absences; ask the front desk where one is wrong.",
    zh: "爽约次数过多，暂时不能预约；可查看爽约记录，如有疑问请联系前台。",
  },
  QuotaReached: {
    status: 409,
    title: "That is more than the quota allows",
    remedy: "Cancel something, or choose another day.",
    zh: "已达预约上限，请取消其他预约或另选日期。",
  },
  SlotTaken: {
    status: 409,
    title: "Somebody else has it",
    remedy: "Choose from what is free nearby, as the answer names it, or join the waiting list.",
    zh: "该时段已被占用，可选择临近的空闲时段，或加入候补。",
  },
  WindowClosed: { status: 409, title: "It is not the time for that", remedy: "The answer names the window.", zh: "不在规定的时间内，请以提示的时间为准。" },
  ReservationOver: {
    status: 409,
    title: "The reservation's state does not allow that",
    remedy: "See which state it is in.",
    zh: "该预约的当前状态不允许此操作。",
  },
  NotCheckedIn: {
    status: 422,
    title: "Nobody signs in for this",
    remedy: "It is not asked of this service, or not of this session.",
    zh: "该预约无需签到或没有这一节课。",
  },
  NotBookable: {
    status: 409,
    title: "The person may not book it now",
    remedy: "The detail begins with the refusal that booking it would meet.",
    zh: "目前不符合预约条件，详情见提示。",
  },
  NothingToWaitFor: { status: 409, title: "It is free", remedy: "Book it.", zh: "该时段目前空闲，可直接预约。" },
} as const satisfies Record<string, RefusalRow>;
