import * as fc from "fast-check";
import { expect, test } from "vitest";
import { endOfDay, startOfDay } from "./campus-time.ts";
import { type Check, firstFailure } from "./check.ts";
import { traceChecks } from "./trace-checks.ts";
import type { DenyReason } from "./deny-reason.ts";
import { EMPTY_CALENDAR, scheduleContext } from "./opening.ts";
import {
  type Credential,
  CREDENTIAL_CHECKS,
  type CredentialFacts,
  grantingPermission,
  type Permission,
  PERMISSION_CHECKS,
  type PermissionFacts,
} from "./permission.ts";
import type { Schedule } from "./schedule.ts";
import { U32_MAX, unixSeconds } from "./units.ts";

const ZONE = "Asia/Shanghai";
const context = scheduleContext(ZONE, [], EMPTY_CALENDAR);
const now = unixSeconds(startOfDay(ZONE, "2026-09-07") + 10 * 3600); // a Monday, 10:00
const schedule = (id: string, startH: number, endH: number): Schedule => ({
  id,
  weekly: { 1: [{ startS: startH * 3600, endS: endH * 3600 }] },
  specialDays: [],
  follows: { holidays: true, makeUpDays: true },
});
const credential: Credential = {
  id: "00112233445566ff",
  holder: 7,
  kind: "qr",
  validFrom: startOfDay(ZONE, "2026-09-01"),
  validUntil: endOfDay(ZONE, "2026-09-30"),
  takes: ["T", "H", "HC"],
  flags: [],
};
const permission: Permission = {
  accessProfile: "students",
  capability: "pass",
  validFrom: startOfDay(ZONE, "2026-09-01"),
  validUntil: endOfDay(ZONE, "2026-09-30"),
  schedule: schedule("mornings", 8, 12),
};
type Facts = CredentialFacts & PermissionFacts;
const good: Facts = { credential, wall: { now, uncertaintyS: 0 }, accessPoint: { capability: "pass" }, permissions: [permission], scheduleContext: context };
const CHECKS: readonly Check<Facts>[] = [...CREDENTIAL_CHECKS, ...PERMISSION_CHECKS];
const withCredential = (change: Partial<Credential>): Partial<Facts> => ({ credential: { ...credential, ...change } });
const withPermission = (change: Partial<Permission>): Partial<Facts> => ({ permissions: [{ ...permission, ...change }] });

test("untouched facts pass every check, each with what it saw", () => {
  expect(firstFailure(CHECKS, good)).toBeUndefined();
  expect(traceChecks(CHECKS, good).map(({ detail }) => detail)).toEqual([
    "kind qr",
    "enabled",
    "begins 2026-09-01 00:00",
    "ends 2026-10-01 00:00",
    "students",
    "students, schedule mornings",
  ]);
});

test("a credential without limits is told as such, not with the first and the last second that can be written", () => {
  const details = traceChecks(CREDENTIAL_CHECKS, { ...good, ...withCredential({ validFrom: unixSeconds(0), validUntil: unixSeconds(U32_MAX) }) });
  expect(details.slice(2).map(({ detail }) => detail)).toEqual(["no limit", "no limit"]);
});

/** In precedence order: each spoils one thing. */
const SPOILERS: readonly (readonly [string, Partial<Facts>, DenyReason, string])[] = [
  ["no row in the list", { credential: undefined }, "CredentialNotFound", "no row"],
  ["a lost credential", withCredential({ suspension: "CredentialLost" }), "CredentialNotEnabled", "CredentialLost"],
  ["a frozen credential", withCredential({ suspension: "Frozen" }), "CredentialNotEnabled", "Frozen"],
  ["a credential that begins in a second", withCredential({ validFrom: unixSeconds(now + 1) }), "CredentialNotActive", "begins 2026-09-07 10:00:01"],
  ["a credential that ends now", withCredential({ validUntil: now }), "CredentialExpired", "ends 2026-09-07 10:00"],
  ["no permission", { permissions: [] }, "Unauthorized", "no permission names this access point"],
  ["a permission for something else", withPermission({ capability: "print" }), "Unauthorized", "none with the capability pass: students"],
  ["a permission that begins in a second", withPermission({ validFrom: unixSeconds(now + 1) }), "Unauthorized", "students begins 2026-09-07 10:00:01"],
  ["a permission that ends now", withPermission({ validUntil: now }), "Unauthorized", "students ended 2026-09-07 10:00"],
  ["a schedule that opens later", withPermission({ schedule: schedule("afternoons", 14, 17) }), "NotPermittedAtThisTime", "opens again 2026-09-07 14:00"],
  ["a schedule that opens in a week", withPermission({ schedule: schedule("early", 6, 10) }), "NotPermittedAtThisTime", "opens again 2026-09-14 06:00"],
  [
    "a schedule that opens only behind the permission's end",
    withPermission({ schedule: schedule("afternoons", 14, 17), validUntil: unixSeconds(now + 60) }),
    "NotPermittedAtThisTime",
    "does not open again while the permission is valid",
  ],
];

test.each(SPOILERS)("%s is refused for that reason, and the detail says what was seen", (_, spoil, reason, detail) => {
  const facts = { ...good, ...spoil };
  expect(firstFailure(CHECKS, facts)?.reason).toBe(reason);
  const trace = traceChecks(CHECKS, facts);
  expect(trace.find(({ outcome }) => outcome === "failed")).toMatchObject({ reason, detail });
});

test("of two things that are wrong the one that stands first is reported", () => {
  for (const [i, [, first, reason]] of SPOILERS.entries())
    for (const [, second] of SPOILERS.slice(i + 1)) {
      if (Object.keys(first)[0] === Object.keys(second)[0]) continue;
      expect(firstFailure(CHECKS, { ...good, ...second, ...first })?.reason).toBe(reason);
    }
});

test("validity is start ≤ t < end to the second", () => {
  const reasonAt = (t: number): DenyReason | undefined =>
    firstFailure(CREDENTIAL_CHECKS, { ...good, wall: { now: unixSeconds(t), uncertaintyS: 300 } })?.reason;
  const { validFrom, validUntil } = credential;
  expect([validFrom - 1, validFrom, validUntil - 1, validUntil].map(reasonAt)).toEqual(["CredentialNotActive", undefined, undefined, "CredentialExpired"]);
});

test("with an untrusted clock neither validity nor schedule is judged, and the trace says so", () => {
  const over = { ...permission, validUntil: unixSeconds(1), schedule: schedule("never", 1, 2) };
  const facts: Facts = { ...good, ...withCredential({ validUntil: unixSeconds(1) }), permissions: [over], wall: "untrusted" };
  expect(firstFailure(CHECKS, facts)).toBeUndefined();
  expect(traceChecks(CHECKS, facts).map(({ detail }) => detail)).toEqual([
    "kind qr",
    "enabled",
    "clock untrusted, not judged",
    "clock untrusted, not judged",
    "students; clock untrusted, not judged",
    "clock untrusted, not judged",
  ]);
  expect(firstFailure(CHECKS, { ...facts, ...withCredential({ suspension: "Frozen" }) })?.reason).toBe("CredentialNotEnabled");
  expect(firstFailure(CHECKS, { ...facts, accessPoint: { capability: "ride" } })?.reason).toBe("Unauthorized");
});

test("several permissions are a union: the first that is valid and open grants and is named", () => {
  const closed = { ...permission, accessProfile: "night staff", schedule: schedule("nights", 20, 30) };
  const over = { ...permission, accessProfile: "guests", validUntil: now };
  const second = { ...permission, accessProfile: "staff" };
  expect(grantingPermission({ ...good, permissions: [closed, over, permission, second] })?.accessProfile).toBe("students");
  expect(firstFailure(PERMISSION_CHECKS, { ...good, permissions: [closed, over] })?.reason).toBe("NotPermittedAtThisTime");
  expect(traceChecks(PERMISSION_CHECKS, { ...good, permissions: [closed, over] }).map(({ detail }) => detail)).toEqual([
    "night staff",
    "opens again 2026-09-07 20:00",
  ]);
});

test("what grants is what the checks let pass, for any permissions", () => {
  const one = fc.record({
    accessProfile: fc.constantFrom("a", "b"),
    capability: fc.constantFrom("pass" as const, "print" as const),
    validFrom: fc.integer({ min: now - 2, max: now + 2 }).map(unixSeconds),
    validUntil: fc.integer({ min: now - 2, max: now + 4 }).map(unixSeconds),
    schedule: fc.constantFrom(schedule("open", 8, 12), schedule("closed", 14, 17)),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 5 }), (permissions) => {
      const facts = { ...good, permissions };
      const order = [...permissions];
      expect(firstFailure(PERMISSION_CHECKS, facts) === undefined).toBe(grantingPermission(facts) !== undefined);
      traceChecks(PERMISSION_CHECKS, facts);
      expect(permissions).toEqual(order);
    }),
  );
});
