import { CHARGE_REFUSALS } from "./charge-refusal.ts";
import type { EventRow } from "./event-field.ts";

/** The events of payment terminals: amounts in fen, holders by pseudonym. Part of the one table: event-table.ts. */
export const MONEY_EVENT = {
  ChargeMade: {
    severity: "notice",
    en: "The holder of credential {credential} was charged {amountFen} fen at terminal {terminal} on grant {grantedSeq}.",
    zh: "凭证 {credential} 的持有人在终端 {terminal} 支付 {amountFen} 分，放行记录 {grantedSeq}。",
    fields: { terminal: "source", credential: "credential", zone: "text", holder: "u32", amountFen: "u32", grantedSeq: "u32" },
  },
  ChargeRefused: {
    severity: "notice",
    en: "The holder of credential {credential} was not charged {amountFen} fen at terminal {terminal}: {reason}, {detail}.",
    zh: "凭证 {credential} 的持有人在终端 {terminal} 未支付 {amountFen} 分：{reason}，{detail}。",
    fields: {
      terminal: "source",
      credential: "credential",
      amountFen: "u32",
      reason: CHARGE_REFUSALS,
      detail: "text",
    },
  },
  ChargeRefunded: {
    severity: "warning",
    en: "{by} took back {amountFen} fen of charge {chargeSeq} at terminal {terminal}; reason: {reason}.",
    zh: "{by} 在终端 {terminal} 退回收费 {chargeSeq} 中的 {amountFen} 分；原因：{reason}。",
    fields: { terminal: "source", chargeSeq: "u32", amountFen: "u32", by: "text", reason: "text" },
  },
  ChargeDisputed: {
    severity: "alarm",
    en: "Movement {chargeSeq} of terminal {terminal}, {amountFen} fen, is not taken where money is kept: {detail}. A person has to look.",
    zh: "终端 {terminal} 的记录 {chargeSeq}（{amountFen} 分）未被账务系统接受：{detail}。请人工核查。",
    fields: { terminal: "source", chargeSeq: "u32", amountFen: "u32", detail: "text" },
  },
} as const satisfies Record<string, EventRow>;
