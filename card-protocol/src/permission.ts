import { formatLocal } from "./campus-time.ts";
import type { Check } from "./check.ts";
import type { WallTime } from "./clock.ts";
import type { SuspensionReason } from "./suspension-reason.ts";
import { isOpenAt, nextOpening, type ScheduleContext } from "./opening.ts";
import type { CredentialId, PassKind } from "./pass.ts";
import type { Schedule } from "./schedule.ts";
import { U32_MAX, type UnixSeconds, unixSeconds } from "./units.ts";

/** What can be presented. One model: each kind is matched to a row of the same list. */
export const CREDENTIAL_KINDS = ["qr", "card", "pin", "finger", "face", "idcard", "plate"] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** What a grant allows: gates and doors, lifts, room locks, printing, payment, borrowing. docs/contract.md. */
export const CAPABILITIES = ["pass", "ride", "unlock", "print", "pay", "borrow"] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Typed flags of a credential's holder; none says why. */
export const HOLDER_FLAGS = ["visitor", "emergency", "extendedTime", "antipassbackExempt", "escortRequired", "escort", "firstPerson", "guard"] as const;
export type HolderFlag = (typeof HOLDER_FLAGS)[number];

/** What a holder may spend at one terminal that cannot reach the cloud. Amounts in fen, u32. */
export interface OfflineLimits {
  readonly perTxFen: number;
  readonly totalFen: number;
  /** Payments, 0..65,535. */
  readonly count: number;
  /** No payment at this instant or later. */
  readonly until: UnixSeconds;
}

/** A credential as a controller holds it: no name, no number, no audience. */
export interface Credential {
  readonly id: CredentialId;
  /** Zone-local handle of the person, u32: two credentials of one person share it. */
  readonly holder: number;
  readonly kind: CredentialKind;
  /** Absent: enabled. */
  readonly suspension?: SuspensionReason;
  /** validFrom ≤ t < validUntil. */
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
  /** Kind `qr` with a key of its own: 32 bytes, canonical and not of small order. */
  readonly publicKey?: Uint8Array;
  /** Kind `qr`: which passes it takes. A key: H and HC; T only until {@link takesIssuedUntil}. */
  readonly takes: readonly PassKind[];
  /** Absent: no limit. */
  readonly takesIssuedUntil?: UnixSeconds;
  readonly flags: readonly HolderFlag[];
  /** So many may pass on one presentation, 2..255: a parent with children, a carer. Absent: one. */
  readonly partySize?: number;
  /** Absent: nothing is paid off-line. */
  readonly offlineLimits?: OfflineLimits;
}

/** One line of an access profile that reaches this credential at this access point. ONVIF AccessPolicy with its schedule resolved. */
export interface Permission {
  /** Which access profile says so, for the explanation. */
  readonly accessProfile: string;
  readonly capability: Capability;
  /** validFrom ≤ t < validUntil. */
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
  readonly schedule: Schedule;
}

/** What the checks of step 8 ask about. Local times in details need the zone of `scheduleContext`. */
export interface CredentialFacts {
  /** The list's row; undefined: the list holds none. */
  readonly credential: Credential | undefined;
  readonly wall: WallTime;
  readonly scheduleContext: ScheduleContext;
  /** Absent: it is asked whether the credential has expired. */
  readonly accessPoint?: WayOut & { readonly capability?: Capability };
}

/** Where somebody leaves, nobody is kept in because something has ended meanwhile. */
export interface WayOut {
  readonly egress?: boolean;
}

/** What the permission checks of step 10 ask about. */
export interface PermissionFacts {
  readonly wall: WallTime;
  readonly accessPoint: WayOut & { readonly capability: Capability };
  /** Those of the credential that name this access point, of any capability and validity. */
  readonly permissions: readonly Permission[];
  readonly scheduleContext: ScheduleContext;
}

const CLOCK_UNTRUSTED = "clock untrusted, not judged";

/**
 * Step 8 in precedence order. The controller's decision and the cloud's explanation both run this list, each for its own rows: a credential must
 * pass for every list that holds it. Validity is judged with the wall clock as it stands, without widening; with an untrusted clock it is
 * not judged, and whether anybody passes then is decided elsewhere.
 */
export const CREDENTIAL_CHECKS: readonly Check<CredentialFacts>[] = [
  {
    name: "credential is in the list",
    zh: "凭证在名单中",
    judge: ({ credential }) => (credential === undefined ? "CredentialNotFound" : undefined),
    detail: ({ credential }) => (credential === undefined ? "no row" : `kind ${credential.kind}`),
  },
  {
    name: "credential is enabled",
    zh: "凭证处于启用状态",
    judge: ({ credential }) => (credential?.suspension === undefined ? undefined : "CredentialNotEnabled"),
    detail: ({ credential }) => credential?.suspension ?? "enabled",
  },
  {
    name: "credential is active",
    zh: "凭证已生效",
    judge: ({ credential, wall }) => (credential !== undefined && wall !== "untrusted" && wall.now < credential.validFrom ? "CredentialNotActive" : undefined),
    detail: ({ credential, wall, scheduleContext }) => validityDetail(wall, scheduleContext, "begins", credential?.validFrom),
  },
  {
    name: "credential has not expired",
    zh: "凭证未过有效期",
    judge: (facts) => (facts.accessPoint?.egress !== true && hasEnded(facts) ? "CredentialExpired" : undefined),
    detail: (facts) => {
      const said = validityDetail(facts.wall, facts.scheduleContext, "ends", facts.credential?.validUntil);
      return facts.accessPoint?.egress === true && hasEnded(facts) ? `${said}; a way out` : said;
    },
  },
];

/**
 * The permission part of step 10 in precedence order. Several permissions are a union: one that is valid and open is enough. With an untrusted
 * clock neither validity nor schedule is judged.
 */
export const PERMISSION_CHECKS: readonly Check<PermissionFacts>[] = [
  {
    name: "a valid permission names this access point",
    zh: "有效的通行权限包含此门禁点",
    judge: (facts) => (facts.permissions.some((permission) => isValid(permission, facts)) ? undefined : "Unauthorized"),
    detail: namedDetail,
  },
  {
    name: "a valid permission is open at this time",
    zh: "通行权限在当前时段开放",
    judge: (facts) => (grantingPermission(facts) === undefined ? "NotPermittedAtThisTime" : undefined),
    detail: openDetail,
  },
];

/** The permission that grants, for the record: the first that has the capability, is valid and open. Undefined: none does. */
export function grantingPermission(facts: PermissionFacts): Permission | undefined {
  for (const permission of facts.permissions) if (isValid(permission, facts) && isOpen(permission, facts)) return permission;
  return undefined;
}

function isValid(permission: Permission, { wall, accessPoint }: PermissionFacts): boolean {
  if (permission.capability !== accessPoint.capability) return false;
  if (wall === "untrusted") return true;
  return permission.validFrom <= wall.now && (accessPoint.egress === true || wall.now < permission.validUntil);
}

const hasEnded = ({ credential, wall }: CredentialFacts): boolean => credential !== undefined && wall !== "untrusted" && wall.now >= credential.validUntil;

function isOpen(permission: Permission, { wall, scheduleContext }: PermissionFacts): boolean {
  return wall === "untrusted" || isOpenAt(permission.schedule, scheduleContext, wall.now);
}

function validityDetail(wall: WallTime, { zone }: ScheduleContext, word: "begins" | "ends", at: UnixSeconds | undefined): string {
  if (wall === "untrusted") return CLOCK_UNTRUSTED;
  if (at === undefined) return "";
  return at === (word === "begins" ? 0 : U32_MAX) ? "no limit" : `${word} ${formatLocal(zone, at)}`;
}

/** Which permission, or why there is none: without one at all, of another capability, not begun, or over. */
function namedDetail(facts: PermissionFacts): string {
  const { wall, permissions, accessPoint, scheduleContext } = facts;
  const valid = permissions.filter((permission) => isValid(permission, facts));
  if (valid.length > 0) return `${names(valid)}${wall === "untrusted" ? `; ${CLOCK_UNTRUSTED}` : ""}`;
  if (permissions.length === 0) return "no permission names this access point";
  const capable = permissions.filter(({ capability }) => capability === accessPoint.capability);
  if (capable.length === 0) return `none with the capability ${accessPoint.capability}: ${names(permissions)}`;
  const now = wall === "untrusted" ? 0 : wall.now;
  const ahead = capable.filter(({ validFrom }) => now < validFrom).sort((a, b) => a.validFrom - b.validFrom)[0];
  if (ahead !== undefined) return `${ahead.accessProfile} begins ${formatLocal(scheduleContext.zone, ahead.validFrom)}`;
  const over = capable.sort((a, b) => b.validUntil - a.validUntil)[0]!;
  return `${over.accessProfile} ended ${formatLocal(scheduleContext.zone, over.validUntil)}`;
}

/** Which permission is open, or when one that is valid then opens next. */
function openDetail(facts: PermissionFacts): string {
  const { wall, permissions, scheduleContext } = facts;
  if (wall === "untrusted") return CLOCK_UNTRUSTED;
  const granting = grantingPermission(facts);
  if (granting !== undefined) return `${granting.accessProfile}, schedule ${granting.schedule.id}`;
  const opens = permissions
    .filter((permission) => isValid(permission, facts))
    .map(({ schedule, validUntil }) => ({ next: nextOpening(schedule, scheduleContext, wall.now), validUntil }))
    .flatMap(({ next, validUntil }) => (next !== undefined && next < validUntil ? [next] : []));
  return opens.length === 0
    ? "does not open again while the permission is valid"
    : `opens again ${formatLocal(scheduleContext.zone, unixSeconds(Math.min(...opens)))}`;
}

const names = (permissions: readonly Permission[]): string => [...new Set(permissions.map(({ accessProfile }) => accessProfile))].join(", ");
