import { expect, test } from "vitest";
import type { Check } from "./check.ts";
import { DENY_REASON } from "./deny-reason.ts";
import { HEALTH_FINDING } from "./health-finding.ts";
import { INPUT_FAULT } from "./input-fault.ts";
import { PASS_CHECKS } from "./pass-checks.ts";
import { CREDENTIAL_CHECKS, PERMISSION_CHECKS } from "./permission.ts";

const CHINESE = /[\u4e00-\u9fff]/;

test.each(Object.entries(DENY_REASON))(
  "%s is told in Chinese, and so is what to do: a sentence that names the same commands",
  (_, { zh, remedy, remedyZh }) => {
    expect([zh, remedyZh]).toEqual([expect.stringMatching(/[\u4e00-\u9fff].*。$/), expect.stringMatching(/[\u4e00-\u9fff].*。$/)]);
    expect(remedyZh.match(/`[^`]+`/g)).toEqual(remedy.match(/`[^`]+`/g));
  },
);

test("what to do about a finding or a faulted wire is told in Chinese, without a full stop: sentences are made of it", () => {
  for (const { en, zh } of [...Object.values(HEALTH_FINDING), ...Object.values(INPUT_FAULT)]) {
    expect(en).toMatch(/^[a-z].*[^.]$/);
    expect(zh).toMatch(/^[\u4e00-\u9fff].*[^。]$/);
  }
});

test.each<[string, readonly Pick<Check<never>, "name" | "zh">[]]>([
  ["pass", PASS_CHECKS],
  ["credential and permissions", [...CREDENTIAL_CHECKS, ...PERMISSION_CHECKS]],
])("every check of a %s has a Chinese name of its own", (_, checks) => {
  expect(checks.filter(({ zh }) => !CHINESE.test(zh))).toEqual([]);
  expect(new Set(checks.map(({ zh }) => zh)).size).toBe(checks.length);
});
