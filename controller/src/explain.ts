import {
  isPassPresentation,
  type CheckTrace,
  type Credential,
  type ControllerEvent,
  type CredentialId,
  DENY_REASON,
  type DenyReason,
  detailInChinese,
  encodeBase45,
  type EventPosition,
  ok,
  PASS_CHECKS,
  PASS_PREFIX,
  type PassContext,
  replayClass,
  type SpentCounter,
  unixSeconds,
  U32_MAX,
  verifyPass,
  type WallTime,
} from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { AccessList } from "./access-list.ts";
import type { AccessPointConfiguration, Configuration } from "./configuration/configuration.ts";
import type { EventExplanation } from "./control/event-explanation.ts";
import { askedFor, type AuthenticationFacts, levelsNow, levelsText } from "./core/authentication.ts";
import { DECISION_CHECKS, type Request, traceDecision } from "./core/decide.ts";
import { floorsAgain, floorTraces } from "./explain-floors.ts";
import type { DecisionRecord, ExplanationParts } from "./explain-parts.ts";
import { spendOf } from "./store/spent-counters.ts";

/** The decision that an event tells of, also one at a door that the old system drives; undefined: none. */
export function decisionOf(position: Pick<EventPosition, "seq" | "at">, event: ControllerEvent): DecisionRecord | undefined {
  const { seq, at } = position;
  if (event.name === "AccessGranted") return { seq, at, name: event.name, fields: event.fields };
  if (event.name === "AccessDenied") return { seq, at, name: event.name, fields: event.fields };
  if (event.name === "ShadowGranted") return { seq, at, name: "AccessGranted", fields: event.fields, isShadow: true };
  return event.name === "ShadowDenied" ? { seq, at, name: "AccessDenied", fields: event.fields, isShadow: true } : undefined;
}

/** What a decision is explained with. */
export type Explained = Pick<EventExplanation, "outcome" | "denial" | "checks" | "floors" | "basis" | "basisZh">;

/** The check that a refusal by one of {@link PASS_CHECKS} fails in a decision. */
const PASS_HOLDS = "pass holds";
/** The first check that asks about floors. */
const PERMITTED = "a valid permission names this access point";
/** Which other check gives each reason. Reasons that no recorded decision has stand in none. */
export const CHECK_OF: Readonly<Partial<Record<DenyReason, string>>> = {
  ClockUntrusted: "clock known, or not needed here",
  CredentialNotFound: "credential is in the list",
  CredentialNotEnabled: "credential is enabled",
  CredentialNotActive: "credential is active",
  CredentialExpired: "credential has not expired",
  PassReplayed: "pass was not spent before",
  ListStale: "list is fresh enough",
  AccessPointDisabled: "access point is enabled",
  RecognitionMethodNotTaken: "shown is what is taken here now",
  InvalidPIN: "PIN is right, or not asked for",
  SecondPersonRequired: "holder may pass alone",
  Unauthorized: PERMITTED,
  NotPermittedAtThisTime: "a valid permission is open at this time",
  DoorBlocked: "door lets somebody in",
  LockedDown: "door lets somebody in",
  Interlock: "door lets somebody in",
  LaneNotReady: "door lets somebody in",
  AntipassbackViolated: "holder comes from where they were seen last",
  OccupancyExceeded: "area has room",
  Other: "door lets somebody in",
};
/** What the record alone says of them: nobody kept what the door, an area or the list's age was. */
const RECORDED_ALONE = new Set([
  "list is fresh enough",
  "PIN is right, or not asked for",
  "holder may pass alone",
  "door lets somebody in",
  "holder comes from where they were seen last",
  "area has room",
]);
/** How many events of the credential are searched for the pass that was spent before. */
const EARLIER_MAX = 500;

/**
 * Why somebody was let in or not: the checks of the decision, asked again of what was recorded and, as long as the list is still the same, of the list. Where
 * the list has been replaced since, or says something else now, the record alone is told: the check that failed, and that those before it passed.
 */
export function explainDecision(decision: DecisionRecord, parts: ExplanationParts): Explained {
  const point = parts.configuration.accessPoints.find(({ id }) => id === decision.fields.accessPoint);
  const { floors, ...explained } = explainChecks(decision, point, parts);
  const isReached = explained.checks.find(({ check }) => check === PERMITTED)?.outcome !== "not reached";
  const traces = isReached ? floorTraces(decision, point, parts, floors) : undefined;
  return { ...explained, ...(traces && { floors: traces }) };
}

function explainChecks(
  decision: DecisionRecord,
  point: AccessPointConfiguration | undefined,
  parts: ExplanationParts,
): Omit<Explained, "floors"> & Pick<Request, "floors"> {
  const { listOf } = parts;
  const reason = decision.name === "AccessDenied" ? decision.fields.reason : undefined;
  const outcome = reason === undefined ? "granted" : "denied";
  const denial = reason === undefined ? null : denialFor(reason);
  const { listVersion, accessPoint: id } = decision.fields;
  if (point === undefined)
    return {
      outcome,
      denial,
      checks: recordedChecks(decision),
      basis: `the record alone: access point ${id} is not configured any more`,
      basisZh: `仅凭记录：门禁点 ${id} 已不在配置中`,
    };
  const listNow = listOf(point).version()?.version ?? 0;
  if (listNow !== listVersion)
    return {
      outcome,
      denial,
      checks: recordedChecks(decision),
      basis: `the record alone: list ${listVersion}, by which it was judged, has been replaced by ${listNow}`,
      basisZh: `仅凭记录：判定时所用的名单 ${listVersion} 已由名单 ${listNow} 取代`,
    };
  const { authenticationProfile: _, secondPersonMs: __, escortMs: ___, ...alone } = point;
  const request = requestAgain(decision, decision.isShadow === true ? alone : point, parts);
  const checks = traceDecision(request).map((check) => asRecorded(check, decision));
  if (checks.find(({ outcome: each }) => each === "failed")?.reason !== reason)
    return {
      outcome,
      denial,
      checks: recordedChecks(decision),
      basis: "the record alone: configuration or trust list say something else since",
      basisZh: "仅凭记录：配置或信任列表此后已变更",
    };
  return {
    outcome,
    denial,
    checks,
    basis: `the record and list ${listVersion}, which has not changed since`,
    basisZh: `记录和名单 ${listVersion}（此后未变更）`,
    ...(request.floors && { floors: request.floors }),
  };
}

/** What the decision was made from, as far as it was kept or still stands. */
function requestAgain(decision: DecisionRecord, point: AccessPointConfiguration, { configuration, store, trustList, listOf }: ExplanationParts): Request {
  const { fields, at } = decision;
  const { presentation, pass, credential: id } = fields;
  const list = listOf(point);
  const reason = decision.name === "AccessDenied" ? decision.fields.reason : undefined;
  const wall: WallTime = at === null ? "untrusted" : { now: at, uncertaintyS: fields.uncertaintyS ?? 0 };
  const row: Credential | undefined = id === null ? undefined : list.credential(id);
  const context: PassContext = {
    site: configuration.site.id,
    wall,
    verifier: nodeVerifier,
    issuerKey: (kid) => trustList()?.keys.get(kid),
    credential: () => row,
    challengeDemanded: point.demandChallenge,
    spendChallenge: () => (reason === "ChallengeRequired" ? "unknown" : "open"),
    // A pass that was signed outside the window was only counted.
    untrustedWindow: { from: unixSeconds(0), until: unixSeconds(U32_MAX) },
    verifyDespiteTime: () => true,
  };
  const doorRefusal = reason !== undefined && failedCheck(decision) === "door lets somebody in" ? { reason, detail: detailOf(decision) } : undefined;
  const floors = floorsAgain(decision, point, list, wall, { configuration, store }, doorRefusal);
  return {
    presented: !isPassPresentation(presentation)
      ? { by: "card", number: ok({ bytes: new Uint8Array() }) }
      : { by: "pass", outcome: verifyPass(PASS_PREFIX + encodeBase45(pass ?? new Uint8Array()), context) },
    wall,
    untrustedClock: isPassPresentation(presentation) ? point.untrustedClock.qr : point.untrustedClock.card,
    credential: row,
    spent: id === null || !isPassPresentation(presentation) ? undefined : spentBefore(decision.seq, id, presentation, point.replayGroup, store),
    freshness: reason === "ListStale" ? "expired" : "fresh",
    authentication: authenticationAgain(point, isPassPresentation(presentation) ? "pass" : "card", wall, list, configuration, reason === "InvalidPIN"),
    second: reason === "SecondPersonRequired" ? "notCome" : point.secondPersonMs === undefined ? undefined : "here",
    escort: point.escortMs === undefined ? undefined : { isHere: reason !== "SecondPersonRequired", detail: detailOf(decision) },
    accessPoint: point,
    permissions: floors?.permissions ?? (id === null ? [] : list.permissions(id, point.id)),
    scheduleContext: list.scheduleContext(),
    doorRefusal: floors === undefined ? doorRefusal : floors.refusal,
    ...(floors && { floors }),
    area: reason === "AntipassbackViolated" || reason === "OccupancyExceeded" ? { refusal: { reason, detail: detailOf(decision) }, violations: [] } : undefined,
  };
}

/** What the profile asked for then. Nobody kept what was typed: the reason says whether it was right. */
function authenticationAgain(
  { authenticationProfile }: AccessPointConfiguration,
  shown: "card" | "pass",
  wall: WallTime,
  list: AccessList,
  { authenticationProfiles }: Configuration,
  isPinWrong: boolean,
): AuthenticationFacts | undefined {
  const profile = authenticationProfiles.find(({ id }) => id === authenticationProfile);
  if (profile === undefined) return undefined;
  const levels = levelsNow(profile, wall, (id) => list.schedule(id), list.scheduleContext());
  return { profile: profile.id, levels: levelsText(levels), asked: askedFor(shown, levels), pin: { kind: isPinWrong ? "notTyped" : "right" } };
}

/** The last pass of the credential that was spent in the replay group, as the log has it. */
function spentBefore(
  seq: number,
  credential: CredentialId,
  presentation: "T" | "H" | "HC",
  replayGroup: string,
  { events }: ExplanationParts["store"],
): SpentCounter | undefined {
  const earlier = events.newest({ credential, before: seq, name: "AccessGranted", limit: EARLIER_MAX }).reverse();
  for (const { record } of earlier) {
    const spend = record.ok ? spendOf(record.value.event) : undefined;
    if (spend?.replayGroup === replayGroup && spend.replayClass === replayClass(presentation)) return spend;
  }
  return undefined;
}

/** What was recorded stands above what is found again; what nobody kept is not made up. */
function asRecorded(check: CheckTrace, decision: DecisionRecord): CheckTrace {
  if (check.outcome === "failed") return { ...check, ...seen(detailOf(decision)) };
  if (
    check.outcome === "passed" &&
    (RECORDED_ALONE.has(check.check) || (!isPassPresentation(decision.fields.presentation) && check.check.startsWith("card number")))
  )
    return { ...check, ...seen("") };
  return check;
}

/** The checks as the record alone tells of them. */
function recordedChecks(decision: DecisionRecord): CheckTrace[] {
  const names = DECISION_CHECKS.map(({ name, zh }) => ({ check: name, checkZh: zh }));
  if (decision.name === "AccessGranted") return names.map((named) => ({ ...named, outcome: "passed", ...seen("") }));
  const { reason, detail } = decision.fields;
  const failed = failedCheck(decision) ?? PASS_HOLDS;
  const at = names.findIndex(({ check }) => check === failed);
  return names.map((named, index): CheckTrace => {
    if (index === at) return { ...named, outcome: "failed", ...seen(detail), reason };
    return { ...named, outcome: index < at ? "passed" : "not reached", ...seen("") };
  });
}

/** The check that a recorded denial failed. Where a pass did not hold, its detail begins with the name of the step. */
function failedCheck(decision: DecisionRecord): string | undefined {
  if (decision.name === "AccessGranted") return undefined;
  const { reason, detail } = decision.fields;
  return PASS_CHECKS.some(({ name }) => detail === name || detail.startsWith(`${name}: `)) ? PASS_HOLDS : CHECK_OF[reason];
}

function denialFor(reason: DenyReason): EventExplanation["denial"] {
  const { en, zh, remedy, remedyZh } = DENY_REASON[reason];
  return { reason, en, zh, remedy, remedyZh };
}
const seen = (detail: string): Pick<CheckTrace, "detail" | "detailZh"> => ({ detail, detailZh: detailInChinese(detail) });
const detailOf = (decision: DecisionRecord): string => (decision.name === "AccessDenied" ? decision.fields.detail : "");
