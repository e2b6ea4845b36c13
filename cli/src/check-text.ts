import type { CheckTrace, Language } from "@portico/card-protocol";
import { displayWidth, filled, printable } from "./terminal.ts";

const MARK = { passed: "+", failed: "x", "not reached": " " } as const;
const WENT = {
  en: { passed: "passed", failed: "failed", "not reached": "not reached" },
  zh: { passed: "通过", failed: "未通过", "not reached": "未检查" },
} as const;

/** Every check on a line of its own, in columns: `+ signature holds  passed       for site demo`. */
export function checkLines(checks: readonly Omit<CheckTrace, "reason">[], language: Language): readonly string[] {
  const names = checks.map(({ check, checkZh }) => (language === "zh" ? checkZh : check));
  const [width, wentWidth] = [widest(names), widest(Object.values(WENT[language]))];
  return checks.map(({ outcome, detail, detailZh }, nth) =>
    printable(
      `${MARK[outcome]} ${filled(names[nth]!, width)}  ${filled(WENT[language][outcome], wentWidth)}  ${language === "zh" ? detailZh : detail}`,
    ).trimEnd(),
  );
}

const widest = (texts: readonly string[]): number => Math.max(...texts.map(displayWidth), 0);
