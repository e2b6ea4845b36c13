import type { ChargeRefusal, DenyReason, Language } from "@portico/card-protocol";
import type { AmountEntry } from "./amount-entry.ts";
import { fenOf } from "./amount-entry.ts";
import { type AmountRefusal, type Terminal, yuan } from "./terminal.ts";

/** One line of a customer display; `right` is never cut. */
export interface TillLine {
  readonly left: string;
  readonly right: string;
}

type TillBalance = { readonly kind: "left"; readonly fen: number } | { readonly kind: "unknown" };

/** What a customer display tells of. */
export interface TillFacts {
  readonly merchant: string;
  readonly language: Language;
  /** No money moves. */
  readonly isTest: boolean;
  readonly entry: AmountEntry;
  /** Why the terminal did not take what is typed; undefined: it was not asked yet. */
  readonly entryRefusal: AmountRefusal | undefined;
  readonly terminal: Terminal;
  /** What whoever paid the last amount has left; undefined: nobody has said so yet. */
  readonly balance: TillBalance | undefined;
  /** What whoever showed a card while nothing was to be paid has left; undefined: nobody did. */
  readonly asked: TillBalance | undefined;
  /** What became of the last amount, or what is left, is still to be read. */
  readonly isFresh: boolean;
}

/** At most 20 columns each, where a Chinese character takes two: `en` up to 20 letters, `zh` up to 10 characters. */
type Words = readonly [en: string, zh: string];

const SAID = {
  welcome: ["Welcome", "欢迎光临"],
  test: ["TEST", "测试"],
  amount: ["Amount", "金额"],
  again: ["Clear and type again", "请清除后重新输入"],
  show: ["Show card or code", "请刷卡或出示二维码"],
  charged: ["Paid, thank you", "支付成功，谢谢"],
  paidLeft: ["Paid, left", "已付，余额"],
  paidUnknown: ["Paid; no balance now", "已付，余额暂不可知"],
  left: ["Balance", "余额"],
  unknown: ["No balance now", "余额暂不可知"],
  cancelled: ["Cancelled", "已取消"],
  timeout: ["Not paid in time", "超时未支付"],
} as const satisfies Record<string, Words>;

/** What is wrong with an amount, for whoever typed it. */
const AMOUNT_SAID: Readonly<Record<AmountRefusal, Words>> = {
  AmountNotANumber: ["Not an amount", "金额无效"],
  AmountNotWhole: ["Not an amount", "金额无效"],
  AmountNotPositive: ["No amount", "金额不能为零"],
  AmountOverLimit: ["Over the limit", "超过单笔上限"],
};

/** Why nobody paid, for a customer who reads one short line. The rest stands in the log, with what to do. */
const REFUSAL_SAID: Readonly<Record<DenyReason | ChargeRefusal, Words>> = {
  PassMalformed: ["Code not readable", "无法识别二维码"],
  ClockUntrusted: ["Ask the cashier", "请联系收银员"],
  PassNotYetValid: ["Set phone's clock", "请校准手机时间"],
  PassExpired: ["Refresh the code", "请刷新二维码"],
  ChallengeRequired: ["Scan reader's code", "请先扫读头动态码"],
  CredentialNotFound: ["Card not known here", "此处未登记该凭证"],
  SignatureInvalid: ["Code not valid", "二维码无效"],
  PassKindNotTaken: ["Refresh the code", "请刷新二维码"],
  InvalidIdentifierValue: ["Card not readable", "卡号无法识别"],
  CredentialNotEnabled: ["Card is blocked", "凭证已停用或挂失"],
  CredentialNotActive: ["Card not valid yet", "凭证尚未生效"],
  CredentialExpired: ["Card has expired", "凭证已过期"],
  PassReplayed: ["Code used, refresh", "二维码已用请刷新"],
  ListStale: ["Ask the cashier", "请联系收银员"],
  AccessPointDisabled: ["Terminal is off", "终端已停用"],
  Unauthorized: ["Not allowed here", "没有支付权限"],
  NotPermittedAtThisTime: ["Not at this time", "当前时段不可用"],
  RecognitionMethodNotTaken: ["Another way, please", "请换其他方式"],
  InvalidPIN: ["Wrong PIN", "密码错误"],
  SecondPersonRequired: ["Second person needed", "需要第二人确认"],
  DoorBlocked: ["Ask the cashier", "请联系收银员"],
  LockedDown: ["Closed now", "已紧急封锁"],
  Interlock: ["Try again", "请稍后重试"],
  LaneNotReady: ["Try again", "请稍后重试"],
  AntipassbackViolated: ["Ask the cashier", "请联系收银员"],
  OccupancyExceeded: ["Ask the cashier", "请联系收银员"],
  InsufficientFunds: ["Balance too low", "余额不足"],
  Other: ["Ask the cashier", "请联系收银员"],
  NoAmount: ["Wait for the amount", "请等待输入金额"],
  NoLimits: ["Pay another way", "请用其他方式支付"],
  LimitsEnded: ["Pay another way", "请用其他方式支付"],
  OverPerPayment: ["Over your limit", "超过单笔限额"],
  OverTotal: ["Over your limit", "超过累计限额"],
  OverCount: ["Too many payments", "付款次数已达上限"],
  OverCeiling: ["Ask the cashier", "请联系收银员"],
};

/** Every sentence that a customer display may say, for a test that it fits. */
export const TILL_WORDS: readonly Words[] = [...Object.values(SAID), ...Object.values(AMOUNT_SAID), ...Object.values(REFUSAL_SAID)];

/**
 * Both lines of a customer display: an amount at the right edge of the first and what is to do or has become of it below. What stands at the keypad goes before
 * what waits, so that a cashier reads each key; until money is real every amount has TEST beside it.
 */
export function tillLines(facts: TillFacts): readonly [TillLine, TillLine] {
  const { merchant, language, isTest, entry, entryRefusal, terminal, balance, asked, isFresh } = facts;
  const say = ([en, zh]: Words): string => (language === "zh" ? zh : en);
  const test = isTest ? say(SAID.test) : "";
  const about = (amountFen: number | undefined, words: Words): readonly [TillLine, TillLine] => [
    { left: test, right: amountFen === undefined ? "" : yuan(amountFen) },
    { left: say(words), right: "" },
  ];
  const leftLine = (of: TillBalance, words: Words, unknown: Words): TillLine =>
    of.kind === "left" ? { left: say(words), right: yuan(of.fen) } : { left: say(unknown), right: "" };
  if (entry.isVoid) return about(undefined, SAID.again);
  if (entry.text !== "") return about(fenOf(entry.text), entryRefusal === undefined ? SAID.amount : AMOUNT_SAID[entryRefusal]);
  const { last, waiting } = terminal;
  if (isFresh && asked !== undefined) return [{ left: merchant, right: "" }, leftLine(asked, SAID.left, SAID.unknown)];
  if (isFresh && balance !== undefined && last?.kind === "charged")
    return [{ left: test, right: yuan(last.amountFen) }, leftLine(balance, SAID.paidLeft, SAID.paidUnknown)];
  if (last !== undefined && (isFresh || last.kind === "cancelled" || last.kind === "timeout"))
    return about(last.amountFen, last.kind === "refused" ? refusalWords(last.reason) : SAID[last.kind]);
  if (waiting !== undefined) return about(waiting.amountFen, SAID.show);
  return [
    { left: merchant, right: "" },
    { left: say(SAID.welcome), right: test },
  ];
}

const refusalWords = (reason: string): Words => REFUSAL_SAID[reason as DenyReason] ?? REFUSAL_SAID.Other;
