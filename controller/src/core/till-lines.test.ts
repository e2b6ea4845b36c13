import { expect, test } from "vitest";
import { NOTHING_TYPED } from "./amount-entry.ts";
import { IDLE_TERMINAL, type Terminal } from "./terminal.ts";
import { TILL_WORDS, type TillFacts, tillLines } from "./till-lines.ts";
import type { MonotonicMs } from "@portico/card-protocol";

const IDLE: TillFacts = { merchant: "North canteen", language: "en", isTest: true, entry: NOTHING_TYPED, entryRefusal: undefined, terminal: IDLE_TERMINAL, balance: undefined, asked: undefined, isFresh: false }; // prettier-ignore
const waiting: Terminal = { waiting: { amountFen: 1_250, until: 60_000 as MonotonicMs }, last: undefined };
const refused = (reason: string): Terminal => ({ ...waiting, last: { kind: "refused", amountFen: 1_250, reason, detail: "" } });

test.each<[string, Partial<TillFacts>, string, string]>([
  ["nobody pays", {}, "North canteen|Welcome TEST", "North canteen|欢迎光临 测试"],
  ["a cashier types", { entry: { text: "12.5", isVoid: false } }, "TEST ¥12.50|Amount", "测试 ¥12.50|金额"],
  [
    "the amount is too large",
    { entry: { text: "900", isVoid: false }, entryRefusal: "AmountOverLimit" },
    "TEST ¥900.00|Over the limit",
    "测试 ¥900.00|超过单笔上限",
  ],
  ["half an amount is shown as none", { entry: { text: "12", isVoid: true }, terminal: waiting }, "TEST|Clear and type again", "测试|请清除后重新输入"],
  ["an amount waits", { terminal: waiting }, "TEST ¥12.50|Show card or code", "测试 ¥12.50|请刷卡或出示二维码"],
  ["somebody is refused", { terminal: refused("CredentialNotEnabled"), isFresh: true }, "TEST ¥12.50|Card is blocked", "测试 ¥12.50|凭证已停用或挂失"],
  ["and some time later the next may pay", { terminal: refused("CredentialNotEnabled") }, "TEST ¥12.50|Show card or code", "测试 ¥12.50|请刷卡或出示二维码"],
  ["a reason that this list does not know", { terminal: refused("Unheard"), isFresh: true }, "TEST ¥12.50|Ask the cashier", "测试 ¥12.50|请联系收银员"],
  [
    "somebody has paid",
    { terminal: { waiting: undefined, last: { kind: "charged", amountFen: 1_250, charge: 1 } }, isFresh: true },
    "TEST ¥12.50|Paid, thank you",
    "测试 ¥12.50|支付成功，谢谢",
  ],
  [
    "and what is left is known",
    {
      terminal: { waiting: undefined, last: { kind: "charged", amountFen: 1_250, charge: 1 } },
      isTest: false,
      isFresh: true,
      balance: { kind: "left", fen: 8_750 },
    },
    "¥12.50|Paid, left ¥87.50",
    "¥12.50|已付，余额 ¥87.50",
  ],
  [
    "or nobody says it now",
    { terminal: { waiting: undefined, last: { kind: "charged", amountFen: 1_250, charge: 1 } }, isTest: false, isFresh: true, balance: { kind: "unknown" } },
    "¥12.50|Paid; no balance now",
    "¥12.50|已付，余额暂不可知",
  ],
  [
    "somebody only asks what is left",
    {
      isTest: false,
      isFresh: true,
      terminal: { waiting: undefined, last: { kind: "charged", amountFen: 1_250, charge: 1 } },
      asked: { kind: "left", fen: 8_750 },
    },
    "North canteen|Balance ¥87.50",
    "North canteen|余额 ¥87.50",
  ],
  [
    "somebody asks while nobody can say it",
    { isTest: false, isFresh: true, asked: { kind: "unknown" } },
    "North canteen|No balance now",
    "North canteen|余额暂不可知",
  ],
  ["and has read it", { isTest: false, asked: { kind: "left", fen: 8_750 } }, "North canteen|Welcome", "North canteen|欢迎光临"],
  [
    "and has gone",
    { terminal: { waiting: undefined, last: { kind: "charged", amountFen: 1_250, charge: 1 } } },
    "North canteen|Welcome TEST",
    "North canteen|欢迎光临 测试",
  ],
  [
    "an amount that nobody paid stays to be read",
    { terminal: { waiting: undefined, last: { kind: "timeout", amountFen: 1_250 } } },
    "TEST ¥12.50|Not paid in time",
    "测试 ¥12.50|超时未支付",
  ],
  ["money is real", { terminal: waiting, isTest: false }, "¥12.50|Show card or code", "¥12.50|请刷卡或出示二维码"],
])("%s", (_, facts, en, zh) => {
  const told = (language: "en" | "zh"): string =>
    tillLines({ ...IDLE, ...facts, language }).map(({ left, right }) => [left, right].filter((text) => text !== "").join(" ")).join("|"); // prettier-ignore
  expect([told("en"), told("zh")]).toEqual([en, zh]);
});

test("every sentence fits one line of 20 columns, in both languages", () => {
  for (const [en, zh] of TILL_WORDS) {
    expect(en, en).toMatch(/^[ -~]{1,20}$/);
    expect(zh, zh).toMatch(/^[^ -~]{1,10}$/u);
  }
});
