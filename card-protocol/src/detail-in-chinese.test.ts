import { expect, test } from "vitest";
import { detailInChinese } from "./detail-in-chinese.ts";
import { DETAIL_PHRASES } from "./detail-phrases.ts";
import { HEALTH_FINDING } from "./health-finding.ts";
import { SUSPENSION_REASONS } from "./suspension-reason.ts";

const holes = (phrase: string): readonly string[] => (phrase.match(/\{[#@~&%]?\w+\}/g) ?? []).sort();
const VALUES: Readonly<Record<string, string>> = { "#": "7", "@": "2027-01-11 07:50", "~": "3 h", "&": "card and pin", "%": "retired" };
const filled = (phrase: string): string => phrase.replace(/\{([#@~&%]?)\w+\}/g, (_, kind: string) => VALUES[kind] ?? "library");

test.each(DETAIL_PHRASES)("%s is told with the same fields, and no phrase before it takes it", (en, zh) => {
  expect(holes(zh)).toEqual(holes(en));
  expect(zh).toMatch(/[\u4e00-\u9fff]/);
  const said: Readonly<Record<string, string>> = { "~": "3 小时", "&": "实体卡加密码", "%": "已停用" };
  expect(detailInChinese(filled(en))).toBe(zh.replace(/\{([#@~&%]?)\w+\}/g, (_, kind: string) => said[kind] ?? VALUES[kind] ?? "library"));
});

test.each([
  ["not after its time: 30 s too late, ± 1 s", "未过失效时间：晚 30 秒，误差 ±1 秒"],
  ["issuer's key may sign T: kid 3: another usage", "签发密钥可签发 T 码：密钥号 3：用途不符"],
  ["length of a pass: 3 characters", "二维码长度正确：3 个字符"],
  ["floor 3: mode Blocked, as its schedule says", "楼层 3：门模式为封锁（Blocked），按时段表"],
  ["night asks for card and pin, or pass", "night 要求实体卡加密码，或二维码"],
  ["students, staff; clock untrusted, not judged", "students, staff；时钟不可信，未检查"],
  [HEALTH_FINDING.RelayStuck.en, HEALTH_FINDING.RelayStuck.zh],
])("%s is told in Chinese, its parts too", (en, zh) => {
  expect(detailInChinese(en)).toBe(zh);
});

test.each(["", "students", "library: a word of a driver", "ETIMEDOUT", "2027-01-11 07:50"])("%j is no phrase of ours and is told as it is", (detail) => {
  expect(detailInChinese(detail)).toBe(detail);
});

test("why a credential is not enabled is told in Chinese, with the name that documents have", () => {
  for (const word of SUSPENSION_REASONS) expect(detailInChinese(word)).toMatch(new RegExp(`[\\u4e00-\\u9fff].*（${word}）$`));
});
