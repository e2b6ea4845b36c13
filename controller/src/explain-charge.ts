import { CHARGE_REFUSAL, CHARGE_REFUSALS, detailInChinese, type EventFields } from "@portico/card-protocol";
import type { Explained } from "./explain.ts";

/** Why nothing was charged: what was asked before holds, what comes after was not asked any more. */
export function explainChargeRefusal({ reason, detail }: EventFields<"ChargeRefused">): Explained {
  const failed = CHARGE_REFUSALS.indexOf(reason);
  const name = CHARGE_REFUSALS[failed]!;
  return {
    outcome: "denied",
    denial: { reason: name, ...CHARGE_REFUSAL[name] },
    checks: CHARGE_REFUSALS.map((each, at) => ({
      check: CHECK[each].en,
      checkZh: CHECK[each].zh,
      detail: at === failed ? detail : "",
      detailZh: at === failed ? detailInChinese(detail) : "",
      outcome: at < failed ? ("passed" as const) : at === failed ? ("failed" as const) : ("not reached" as const),
      ...(at === failed && { reason: "Other" as const }),
    })),
    basis: "the record",
    basisZh: "记录",
  };
}

/** Each question by the refusal that it may end in. */
const CHECK = {
  NoAmount: { en: "an amount was entered", zh: "已输入金额" },
  NoLimits: { en: "the holder has limits", zh: "持有人有支付限额" },
  ClockUntrusted: { en: "the clock is trusted", zh: "时钟可信" },
  LimitsEnded: { en: "the limits have not ended", zh: "限额未到期" },
  OverPerPayment: { en: "not more than at once", zh: "未超过单笔限额" },
  OverTotal: { en: "not more than in all", zh: "未超过累计限额" },
  OverCount: { en: "not too many payments", zh: "未超过笔数上限" },
  OverCeiling: { en: "the terminal may hold it", zh: "未超过终端上限" },
} as const;
