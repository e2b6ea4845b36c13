/** What a person at a till is told of a refusal, and what to do next. */
export interface ChargeRefusalRow {
  readonly en: string;
  readonly zh: string;
  readonly remedy: string;
  readonly remedyZh: string;
}

/** Why nothing is charged although the holder may pay here, in the order in which it is asked. */
export const CHARGE_REFUSAL = {
  NoAmount: {
    en: "No amount was entered before the card or code was shown.",
    zh: "出示卡或二维码之前未输入金额。",
    remedy: "Enter the amount, then present the card or code again.",
    remedyZh: "请先输入金额，再出示卡或二维码。",
  },
  NoLimits: {
    en: "The signed list names no payment limits of this holder.",
    zh: "签名名单中没有该持有人的支付限额。",
    remedy: "Let the card office give the holder's grant its limits; take another way to pay until then.",
    remedyZh: "请校园卡中心为该持有人的授权设置限额；在此之前请用其他方式支付。",
  },
  ClockUntrusted: {
    en: "The controller does not know the time, so nobody knows whether the limits have ended.",
    zh: "控制器时钟未校准，无法判断限额是否到期。",
    remedy: "Run `portico doctor` on the controller.",
    remedyZh: "在控制器上运行 `portico doctor`。",
  },
  LimitsEnded: {
    en: "The limits of this holder have ended.",
    zh: "该持有人的限额已到期。",
    remedy: "Let the controller reach the cloud: the list brings new limits. `portico feed status` says since when it has not.",
    remedyZh: "请让控制器连上云端：名单会带来新的限额。`portico feed status` 会说明断开了多久。",
  },
  OverPerPayment: {
    en: "The amount is more than this holder may pay at once.",
    zh: "金额超过该持有人的单笔限额。",
    remedy: "Take another way to pay; the card office sets the limit.",
    remedyZh: "请用其他方式支付；限额由校园卡中心设置。",
  },
  OverTotal: {
    en: "With what is not acknowledged yet, it is more than this holder may pay at this terminal.",
    zh: "加上尚未确认的金额，超过该持有人在本终端的累计限额。",
    remedy: "Let the terminal's payments be acknowledged: `portico terminal show` says how many wait.",
    remedyZh: "请等待终端的付款得到确认：`portico terminal show` 会显示待确认的笔数。",
  },
  OverCount: {
    en: "This holder has as many payments that are not acknowledged yet as the limits allow.",
    zh: "该持有人尚未确认的付款笔数已达上限。",
    remedy: "Let the terminal's payments be acknowledged: `portico terminal show` says how many wait.",
    remedyZh: "请等待终端的付款得到确认：`portico terminal show` 会显示待确认的笔数。",
  },
  OverCeiling: {
    en: "The terminal holds as much as it may that is not acknowledged yet.",
    zh: "本终端尚未确认的金额已达上限。",
    remedy: "Let its payments be acknowledged, or raise ceiling_fen of the [[terminal]].",
    remedyZh: "请等待付款得到确认，或调高 [[terminal]] 的 ceiling_fen。",
  },
} as const satisfies Record<string, ChargeRefusalRow>;

export type ChargeRefusal = keyof typeof CHARGE_REFUSAL;
export const CHARGE_REFUSALS = Object.keys(CHARGE_REFUSAL) as readonly ChargeRefusal[];
