import type { DenyReason } from "./deny-reason.ts";

/**
 * One question asked of the facts of a decision. Checks stand in lists whose order is the precedence of their reasons;
 * the decision and its explanation both run the same list.
 */
export interface Check<Facts> {
  /** What is asked, as a technician says it, e.g. `signature holds`. Unique within its list. */
  readonly name: string;
  /** The same in Chinese, e.g. `签名有效`. */
  readonly zh: string;
  /** The reason for a no, or undefined when this check passes. Pure; asked only when every check before it has passed. */
  judge(facts: Facts): DenyReason | undefined;
  /**
   * What was seen, for a technician, e.g. `until 2026-09-01 00:00`; never a secret, a pass or a card number. Only called for a refusal, which records it, and
   * for an explanation. In English: `DETAIL_PHRASES` has it in Chinese.
   */
  detail(facts: Facts): string;
}

/** One check as it went. */
export interface CheckTrace {
  readonly check: string;
  /** The check's name in Chinese. */
  readonly checkZh: string;
  /** `not reached` stands behind the first that failed. */
  readonly outcome: "passed" | "failed" | "not reached";
  readonly detail: string;
  /** What was seen, in Chinese; names and numbers are the same. */
  readonly detailZh: string;
  /** Present exactly where the outcome is `failed`. */
  readonly reason?: DenyReason;
}

/** The reason of the first check that fails, or undefined when all pass. */
export function firstFailure<Facts>(checks: readonly Check<Facts>[], facts: Facts): { readonly check: Check<Facts>; readonly reason: DenyReason } | undefined {
  for (const check of checks) {
    const reason = check.judge(facts);
    if (reason !== undefined) return { check, reason };
  }
  return undefined;
}
