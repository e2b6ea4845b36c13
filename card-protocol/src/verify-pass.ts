import type { CheckTrace } from "./check.ts";
import type { DenyReason } from "./deny-reason.ts";
import type { VerifiedPass } from "./pass.ts";
import { type PassCheck, PASS_CHECKS, PassAttempt, type PassContext } from "./pass-checks.ts";
import { traceChecks } from "./trace-checks.ts";

/** What a scan is worth at this reader. Steps 8 to 12 (credential state, replay, permission, recording, acting) are still to come. */
export type PassOutcome =
  | { readonly kind: "verified"; readonly pass: VerifiedPass }
  | {
      readonly kind: "refused";
      readonly reason: DenyReason;
      /** Name of the check that failed: one of {@link PASS_CHECKS}. */
      readonly step: string;
      /** What was seen, for a technician; names no credential unless `verified` is there. */
      readonly detail: string;
      /**
       * Where the signature held all the same: who it was, and for a refusal by time alone how many seconds the phone's clock seems to be off
       * (+ fast, − slow; 0 in every other refusal).
       */
      readonly verified?: { readonly pass: VerifiedPass; readonly phoneClockOffsetS: number };
    };

/**
 * Steps 0 and 2 to 7 of docs/card-format.md, cheap ones first, the first failure's reason reported. Pure but for the context's questions;
 * at most one signature verification. Total over any bytes.
 *
 * @param text    as the reader sent it
 * @param checks  {@link PASS_CHECKS}; a test leaves one out to see that something notices
 */
export function verifyPass(text: Uint8Array | string, context: PassContext, checks: readonly PassCheck[] = PASS_CHECKS): PassOutcome {
  const attempt = new PassAttempt(text, context);
  const failed = failureFrom(checks, 0, attempt);
  if (failed === undefined) return { kind: "verified", pass: attempt.verifiedPass };
  const { check, reason, index } = failed;
  const refusal = { kind: "refused", reason, step: check.name, detail: check.detail(attempt) } as const;
  if (check.behindSignature) return { ...refusal, verified: { pass: attempt.verifiedPass, phoneClockOffsetS: 0 } };
  if (!check.timeAlone || !context.verifyDespiteTime() || failureFrom(checks, index + 1, attempt) !== undefined) return refusal;
  return { ...refusal, verified: { pass: attempt.verifiedPass, phoneClockOffsetS: attempt.phoneClockOffsetS } };
}

/** Every check as it goes for this scan, for an explanation. Asks the context what {@link verifyPass} would, so it spends a challenge too. */
export function tracePass(text: Uint8Array | string, context: PassContext): CheckTrace[] {
  return traceChecks(PASS_CHECKS, new PassAttempt(text, context));
}

function failureFrom(
  checks: readonly PassCheck[],
  start: number,
  attempt: PassAttempt,
): { readonly check: PassCheck; readonly reason: DenyReason; readonly index: number } | undefined {
  for (let index = start; index < checks.length; index++) {
    const check = checks[index]!;
    const reason = check.judge(attempt);
    if (reason !== undefined) return { check, reason, index };
  }
  return undefined;
}
