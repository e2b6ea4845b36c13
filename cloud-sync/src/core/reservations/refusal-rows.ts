import type { RefusalRow } from "../refusal-row.ts";

/** How the cloud says no to a reservation. Rule, contact and category are the service's: the answer names them. `zh` reads out what was refused and what helps. */
export const RESERVATION_REFUSAL = {
  ResourceUnknown: { status: 404, title: "No such place or course", zh: "没有这个场地或课程。请重新查找。", remedy: "Search for it." },
  ReservationUnknown: { status: 404, title: "No such reservation", zh: "没有这条预约记录。请查看我的预约。", remedy: "List the person's reservations." },
  TimesRefused: {
    status: 422,
    title: "These times cannot be booked",
    zh: "预约时间不符合要求。开始须晚于现在，结束须晚于开始，时长与起止时刻须符合该服务的规定。",
    remedy: "Choose times that lie ahead, end behind their beginning, and have a length and a step that the service allows.",
  },
  TooFarAhead: { status: 422, title: "It is too early to book that", zh: "尚未到可预约的时间。请临近再约。", remedy: "Come back when the day is nearer." },
  NotOpen: {
    status: 422,
    title: "It is not open then",
    zh: "该时段不开放。请查看当天时间轴中的可预定时段。",
    remedy: "See the day's timeline for what can be booked.",
  },
  NoticeNotAccepted: {
    status: 422,
    title: "The notice was not accepted in its current version",
    zh: "尚未同意当前版本的须知。请先阅读并同意所列须知。",
    remedy: "Show the person the notice that is named, and send its version along.",
  },
  AbsencesTooMany: {
    status: 403,
    title: "The person stayed away too often without a word",
    zh: "爽约次数过多，暂时不能预约。可查看爽约记录，如有疑问请联系前台。",
    remedy: "See the absences; ask the front desk where one is wrong.",
  },
  AlreadyBooked: {
    status: 409,
    title: "The person has a seat of it already",
    zh: "您已有该课程或该时段的名额。请查看我的预约；如为保留的名额，请直接确认。",
    remedy: "See the reservation that is named: confirm it where it is held, or cancel it first.",
  },
  QuotaReached: {
    status: 409,
    title: "That is more than the quota allows",
    zh: "已达预约上限。请取消其他预约或另选日期。",
    remedy: "Cancel something, or choose another day.",
  },
  SlotTaken: {
    status: 409,
    title: "Somebody else has it",
    zh: "该时段已被占用。可选择临近的空闲时段，或加入候补。",
    remedy: "Choose from what is free nearby, as the answer names it, or join the waiting list.",
  },
  BookingsInTheWay: {
    status: 409,
    title: "Somebody has the place at that time",
    zh: "该时段已有预约或其他占用。请先改期或取消所列预约（系统会通知预约人），或结束所列占用，再重试。",
    remedy:
      "Move or cancel each booking that is named, of which its person is told: portico reserve modify, portico reserve cancel. End a closure, or let a timetable or course say something else. Then ask again.",
  },
  WindowClosed: { status: 409, title: "It is not the time for that", zh: "不在规定的时间内。请以提示的时间为准。", remedy: "The answer names the window." },
  ReservationOver: {
    status: 409,
    title: "The reservation's state does not allow that",
    zh: "该预约的当前状态不允许此操作。请查看预约的状态。",
    remedy: "See which state it is in.",
  },
  NotCheckedIn: {
    status: 422,
    title: "Nobody signs in for this",
    zh: "该预约无需签到或请假，或没有这一节课。请查看预约的各节时间。",
    remedy: "It is not asked of this service, or not of this session.",
  },
  NotBookable: {
    status: 409,
    title: "The person may not book it now",
    zh: "目前不符合预约条件。详情以预约时会遇到的拒绝原因开头。",
    remedy: "The detail begins with the refusal that booking it would meet.",
  },
  NothingToWaitFor: { status: 409, title: "It is free", zh: "该时段目前空闲。可直接预约。", remedy: "Book it." },
} as const satisfies Record<string, RefusalRow>;
