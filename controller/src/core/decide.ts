import {
  type Capability,
  type CardNumber,
  type Check,
  type CheckTrace,
  type Credential,
  CREDENTIAL_CHECKS,
  type DenyReason,
  firstFailure,
  grantingPermission,
  isReplayed,
  type PassOutcome,
  type Permission,
  PERMISSION_CHECKS,
  type Result,
  type ScheduleContext,
  type SpentCounter,
  traceChecks,
  U32_MAX,
  type UnixSeconds,
  unixSeconds,
  type WallTime,
  type Freshness,
} from "@portico/card-protocol";
import type { AreaVerdict } from "./area.ts";
import { type AuthenticationFacts, pinText } from "./authentication.ts";
import type { EscortFacts } from "./escort.ts";
import type { JudgedFloors } from "./floors.ts";
import { SECOND_PERSON_TEXT, type SecondPerson } from "./second-person.ts";
import type { DoorRefusal } from "./door-operation.ts";

/** Everything that a decision depends on, already looked up: the shell gathers it, {@link decide} asks nobody. */
export interface Request {
  /** What the reader saw, as far as it can be judged alone. */
  readonly presented:
    | { readonly by: "pass"; readonly outcome: PassOutcome }
    | { readonly by: "card"; readonly number: Result<CardNumber, "InvalidIdentifierValue"> };
  readonly wall: WallTime;
  /** What was chosen at commissioning for this kind of presentation, QR and card apart, while nobody vouches for the clock. */
  readonly untrustedClock: UntrustedClock;
  /** The list's row of what was presented; undefined: none, or nothing may be looked up because no signature holds. */
  readonly credential: Credential | undefined;
  /** The last pass spent of this credential, replay class and replay group; undefined also for a card, which cannot be replayed. */
  readonly spent: SpentCounter | undefined;
  /** Of the worst list that this access point decides by. */
  readonly freshness: Freshness;
  readonly accessPoint: DecidingAccessPoint;
  /** Those of the credential that name this access point. */
  readonly permissions: readonly Permission[];
  readonly scheduleContext: ScheduleContext;
  /** What has to be shown and typed here now; undefined: a card or pass is enough. */
  readonly authentication: AuthenticationFacts | undefined;
  /** Where two have to come; undefined: one is enough. */
  readonly second: SecondPerson | undefined;
  /** Whether an escort goes in front; undefined: nobody is escorted in here. */
  readonly escort: EscortFacts | undefined;
  /** What the door or lane behind the reader says; undefined: it would let somebody in. */
  readonly doorRefusal: DoorRefusal | undefined;
  /** In a lift what each floor says: permissions and door's refusal are those of all of them together. Absent: it is no lift. */
  readonly floors?: JudgedFloors;
  /** What the areas say that the reader leads out of and into; undefined: it leads along none, or nobody is known. */
  readonly area: AreaVerdict | undefined;
}

/** `refuse` everybody, or let the `emergency` group pass alone. */
export type UntrustedClock = "refuse" | "emergency";

/** What was chosen for the access point at commissioning. */
export interface DecidingAccessPoint {
  readonly enabled: boolean;
  readonly capability: Capability;
  /**
   * It leads out. Then neither the age of the list nor an untrusted clock refuses anybody: staleness, the emergency group, the window of signing times and
   * the escort are not asked. All else is: signature, challenge, credential state, replay, permission, door mode, and with a trusted clock every time.
   */
  readonly egress: boolean;
}

/** Granted, or exactly one named reason with what was seen. */
export type Decision =
  | {
      readonly kind: "granted";
      readonly accessProfile: string;
      /** The holder needs longer. */ readonly extended: boolean;
      /** So many pass on it where somebody can count them, 1..255. */ readonly partySize: number;
    }
  | { readonly kind: "denied"; readonly reason: DenyReason; /** Name of the check that failed. */ readonly check: string; readonly detail: string };

/**
 * All questions of a decision in the order of their reasons' precedence. What a pass is worth comes as one answer: its own steps are ordered in
 * `PASS_CHECKS`, and nothing that it says is looked up before they hold. A later restriction is a line here.
 */
export const DECISION_CHECKS: readonly Check<Request>[] = [
  {
    name: "pass holds",
    zh: "二维码验证通过",
    judge: ({ presented }) => (presented.by === "pass" && presented.outcome.kind === "refused" ? presented.outcome.reason : undefined),
    detail: ({ presented }) => {
      if (presented.by === "card") return "not asked of a card";
      const { outcome } = presented;
      if (outcome.kind === "verified") return `kind ${outcome.pass.kind}`;
      return outcome.detail === "" ? outcome.step : `${outcome.step}: ${outcome.detail}`;
    },
  },
  {
    name: "clock known, or not needed here",
    zh: "时钟可信，或此处不要求",
    judge: ({ wall, accessPoint, untrustedClock, credential }) => {
      if (wall !== "untrusted" || accessPoint.egress) return undefined;
      return untrustedClock === "emergency" && isEmergency(credential) ? undefined : "ClockUntrusted";
    },
    detail: ({ wall, accessPoint, untrustedClock, credential }) => {
      if (wall !== "untrusted") return `± ${wall.uncertaintyS} s`;
      if (accessPoint.egress) return "untrusted; a way out";
      if (untrustedClock === "refuse") return "untrusted; nobody passes here then";
      return isEmergency(credential) ? "untrusted; emergency group" : "untrusted; only the emergency group passes here then";
    },
  },
  {
    name: "card number fits the reader's format",
    zh: "卡号符合读头的卡格式",
    judge: ({ presented }) => (presented.by === "card" && !presented.number.ok ? "InvalidIdentifierValue" : undefined),
    detail: ({ presented }) => {
      if (presented.by === "pass") return "not asked of a pass";
      return presented.number.ok ? `${presented.number.value.bytes.length} bytes` : presented.number.detail;
    },
  },
  ...CREDENTIAL_CHECKS,
  {
    name: "pass was not spent before",
    zh: "二维码未被使用过（防重放）",
    judge: ({ presented, spent }) =>
      presented.by === "pass" && presented.outcome.kind === "verified" && isReplayed(spent, presented.outcome.pass) ? "PassReplayed" : undefined,
    detail: spentDetail,
  },
  {
    name: "list is fresh enough",
    zh: "名单时效符合要求",
    judge: ({ freshness, accessPoint, credential }) =>
      accessPoint.egress || TAKEN_BY[freshness](credential, accessPoint.capability) ? undefined : "ListStale",
    detail: ({ freshness, accessPoint }) => (accessPoint.egress ? `${freshness}; a way out` : freshness),
  },
  {
    name: "access point is enabled",
    zh: "门禁点已启用",
    judge: ({ accessPoint }) => (accessPoint.enabled ? undefined : "AccessPointDisabled"),
    detail: ({ accessPoint }) => (accessPoint.enabled ? "enabled" : "switched off in the configuration"),
  },
  ...PERMISSION_CHECKS,
  {
    name: "shown is what is taken here now",
    zh: "验证方式符合当前要求",
    judge: ({ authentication }) => (authentication?.asked === "another" ? "RecognitionMethodNotTaken" : undefined),
    detail: ({ authentication }) => (authentication === undefined ? "any card or pass" : `${authentication.profile} asks for ${authentication.levels}`),
  },
  {
    name: "PIN is right, or not asked for",
    zh: "密码正确，或无需密码",
    judge: ({ authentication }) => (authentication?.asked === "pin" && !isRight(authentication) ? "InvalidPIN" : undefined),
    detail: ({ authentication }) => (authentication?.asked === "pin" ? pinText(authentication.pin) : "not asked for"),
  },
  {
    name: "holder may pass alone",
    zh: "可单独通行（双人规则、陪同）",
    judge: (request) => (isAccompanied(request) && (request.second === undefined || request.second === "here") ? undefined : "SecondPersonRequired"),
    detail: (request) => {
      const { credential, accessPoint, second, escort } = request;
      if (needsEscort(credential)) {
        if (accessPoint.egress) return "needs an escort; a way out";
        if (!isAccompanied(request)) return escort?.detail ?? "needs an escort; nobody is escorted in here";
      }
      if (second !== undefined) return SECOND_PERSON_TEXT[second];
      return needsEscort(credential) ? escort!.detail : "needs no escort";
    },
  },
  {
    name: "door lets somebody in",
    zh: "门允许通行（门模式、封锁、互锁）",
    judge: ({ doorRefusal }) => doorRefusal?.reason,
    detail: ({ doorRefusal }) => doorRefusal?.detail ?? "",
  },
  {
    name: "holder comes from where they were seen last",
    zh: "进出记录相符（反潜回）",
    judge: ({ area }) => (area?.refusal?.reason === "AntipassbackViolated" ? "AntipassbackViolated" : undefined),
    detail: ({ area }) => (area?.refusal?.reason === "AntipassbackViolated" ? area.refusal.detail : ""),
  },
  {
    name: "area has room",
    zh: "区域未满员",
    judge: ({ area }) => (area?.refusal?.reason === "OccupancyExceeded" ? "OccupancyExceeded" : undefined),
    detail: ({ area }) => (area?.refusal?.reason === "OccupancyExceeded" ? area.refusal.detail : ""),
  },
];

/** Grants on the last line alone; every other path is a named denial. Pure. */
export function decide(request: Request): Decision {
  const failure = firstFailure(DECISION_CHECKS, request);
  if (failure !== undefined) return { kind: "denied", reason: failure.reason, check: failure.check.name, detail: failure.check.detail(request) };
  const permission = grantingPermission(request);
  if (permission === undefined) return { kind: "denied", reason: "Unauthorized", check: "permission", detail: "none grants" };
  const { credential } = request;
  return {
    kind: "granted",
    accessProfile: permission.accessProfile,
    extended: credential?.flags.includes("extendedTime") === true,
    partySize: credential?.partySize ?? 1,
  };
}

/** What is still to come before somebody is let in: nothing else speaks against them. */
export interface Awaiting {
  readonly kind: "awaiting";
  readonly what: "PIN" | "secondPerson";
}

/**
 * As {@link decide}, but a PIN or a second person that may still come is waited for, once everything else holds: what would refuse somebody afterwards refuses
 * them before they type, and nothing is spent meanwhile.
 */
export function decideOrAwait(request: Request): Decision | Awaiting {
  const { authentication, second } = request;
  const isPinAwaited = authentication?.asked === "pin" && authentication.pin.kind === "awaited";
  if (!isPinAwaited && second !== "awaited") return decide(request);
  const decision = decide({
    ...request,
    authentication: isPinAwaited ? { ...authentication, pin: { kind: "right" } } : authentication,
    second: second === "awaited" ? "here" : second,
  });
  return decision.kind === "denied" ? decision : { kind: "awaiting", what: isPinAwaited ? "PIN" : "secondPerson" };
}

/** Every check as it goes for this request, for an explanation. Names no credential. */
export const traceDecision = (request: Request): CheckTrace[] => traceChecks(DECISION_CHECKS, request);

/**
 * The signing times that the access point takes while the clock is untrusted, for the verification of a pass: any on a way out, those near the ratchet where
 * the emergency group may pass, none elsewhere.
 */
export function windowWhileUntrusted(
  accessPoint: Pick<DecidingAccessPoint, "egress">,
  untrustedClock: UntrustedClock,
  nearRatchet: { readonly from: UnixSeconds; readonly until: UnixSeconds },
): { readonly from: UnixSeconds; readonly until: UnixSeconds } | undefined {
  if (accessPoint.egress) return ALL_TIMES;
  return untrustedClock === "emergency" ? nearRatchet : undefined;
}

const ALL_TIMES = { from: unixSeconds(0), until: unixSeconds(U32_MAX) };
const isEmergency = (credential: Credential | undefined): boolean => credential?.flags.includes("emergency") === true;
const isRight = ({ pin }: AuthenticationFacts): boolean => pin.kind === "right" || pin.kind === "duress";
const isAccompanied = ({ credential, accessPoint, escort }: Request): boolean => !needsEscort(credential) || accessPoint.egress || escort?.isHere === true;
const needsEscort = (credential: Credential | undefined): boolean => credential?.flags.includes("escortRequired") === true;

/** The stale policy: who may pass by a list that old. */
const TAKEN_BY: Readonly<Record<Freshness, (credential: Credential | undefined, capability: Capability) => boolean>> = {
  fresh: () => true,
  "stale-ok": () => true,
  "stale-strict": (credential, capability) => capability !== "pay" && credential?.flags.includes("visitor") !== true,
  essential: isEmergency,
  expired: () => false,
};

function spentDetail({ presented, spent }: Request): string {
  if (presented.by === "card") return "not asked of a card";
  if (presented.outcome.kind === "refused" || spent === undefined) return "none spent here yet";
  const { counter, signedAt } = presented.outcome.pass;
  if (counter <= spent.counter) return `counter ${counter}, last ${spent.counter}`;
  const behindS = spent.signedAt - signedAt;
  return behindS > 0 ? `counter ${counter}, but signed ${behindS} s before the last` : `counter ${counter}, last ${spent.counter}`;
}
