import type { Check, CheckTrace } from "./check.ts";
import { detailInChinese } from "./detail-in-chinese.ts";

/** Every check of the list as it goes for these facts. */
export function traceChecks<Facts>(checks: readonly Check<Facts>[], facts: Facts): CheckTrace[] {
  let failed = false;
  return checks.map((check): CheckTrace => {
    const named = { check: check.name, checkZh: check.zh };
    if (failed) return { ...named, outcome: "not reached", detail: "", detailZh: "" };
    const reason = check.judge(facts);
    failed = reason !== undefined;
    const detail = check.detail(facts);
    const seen = { detail, detailZh: detailInChinese(detail) };
    return reason === undefined ? { ...named, outcome: "passed", ...seen } : { ...named, outcome: "failed", ...seen, reason };
  });
}
