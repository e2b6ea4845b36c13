import {
  type Credential,
  DENY_REASONS,
  type DenyReason,
  EMPTY_CALENDAR,
  err,
  ok,
  type PassOutcome,
  type Permission,
  type Schedule,
  scheduleContext,
  unixSeconds,
  type VerifiedPass,
  FRESHNESS,
} from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AuthenticationFacts, PinState } from "./authentication.ts";
import { decide, DECISION_CHECKS, decideOrAwait, type Request, traceDecision, windowWhileUntrusted } from "./decide.ts";

const NOW = unixSeconds(1_790_000_000);
const DAY = 86_400;
const allDay: Schedule = {
  id: "always",
  weekly: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((weekday) => [weekday, [{ startS: 0, endS: DAY }]])),
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
};
const pass: VerifiedPass = { kind: "H", credentialId: "00112233445566ff", signedAt: NOW, counter: 8, bytes: new Uint8Array(96) };
const credential: Credential = {
  id: pass.credentialId,
  holder: 5,
  kind: "qr",
  validFrom: unixSeconds(NOW - DAY),
  validUntil: unixSeconds(NOW + DAY),
  takes: ["H", "HC"],
  flags: [],
};
const permission: Permission = {
  accessProfile: "students",
  capability: "pass",
  validFrom: unixSeconds(NOW - DAY),
  validUntil: unixSeconds(NOW + DAY),
  schedule: allDay,
};
const good: Request = {
  presented: { by: "pass", outcome: { kind: "verified", pass } },
  wall: { now: NOW, uncertaintyS: 1 },
  untrustedClock: "refuse",
  credential,
  spent: { counter: 7, signedAt: unixSeconds(NOW - 60) },
  freshness: "fresh",
  accessPoint: { enabled: true, capability: "pass", egress: false },
  permissions: [permission],
  scheduleContext: scheduleContext("Asia/Shanghai", [], EMPTY_CALENDAR),
  authentication: undefined,
  second: undefined,
  escort: undefined,
  doorRefusal: undefined,
  area: undefined,
};
const goodCard: Request = { ...good, presented: { by: "card", number: ok({ bytes: Uint8Array.of(1, 2, 3, 4) }) }, spent: undefined };

const ASKED: AuthenticationFacts = { profile: "laboratory", levels: "card and pin", asked: "pin", pin: { kind: "right" } };

type Spoiler = (request: Request) => Request;
const refusedPass =
  (reason: DenyReason): Spoiler =>
  (request) => {
    const outcome: PassOutcome = { kind: "refused", reason, step: "a step", detail: "seen" };
    return { ...request, presented: { by: "pass", outcome } };
  };
const ofCredential =
  (change: Partial<Credential>): Spoiler =>
  (request) => ({ ...request, credential: request.credential === undefined ? undefined : { ...request.credential, ...change } });

/** What is wrong with a pass by itself: one answer of the verification, which no second one joins. */
const PASS_REASONS = [
  "PassMalformed",
  "ClockUntrusted",
  "PassNotYetValid",
  "PassExpired",
  "ChallengeRequired",
  "SignatureInvalid",
  "PassKindNotTaken",
] as const;
/** One spoiler a reason, in the order in which the reasons come out. They change different facts, so any of them can be applied together. */
const SPOILERS: readonly (readonly [DenyReason, Spoiler])[] = [
  ["SignatureInvalid", refusedPass("SignatureInvalid")],
  ["ClockUntrusted", (request) => ({ ...request, wall: "untrusted" })],
  ["CredentialNotFound", (request) => ({ ...request, credential: undefined })],
  ["CredentialNotEnabled", ofCredential({ suspension: "CredentialLost" })],
  ["CredentialNotActive", ofCredential({ validFrom: unixSeconds(NOW + 1) })],
  ["CredentialExpired", ofCredential({ validUntil: NOW })],
  ["PassReplayed", (request) => ({ ...request, spent: { counter: 8, signedAt: NOW } })],
  ["ListStale", (request) => ({ ...request, freshness: "expired" })],
  ["AccessPointDisabled", (request) => ({ ...request, accessPoint: { ...request.accessPoint, enabled: false } })],
  ["Unauthorized", (request) => ({ ...request, permissions: request.permissions.map((each) => ({ ...each, capability: "ride" })) })],
  ["NotPermittedAtThisTime", (request) => ({ ...request, permissions: request.permissions.map((each) => ({ ...each, schedule: { ...allDay, weekly: {} } })) })],
  ["RecognitionMethodNotTaken", (request) => ({ ...request, authentication: { ...ASKED, asked: "another" } })],
  ["InvalidPIN", (request) => ({ ...request, authentication: request.authentication ?? { ...ASKED, pin: { kind: "wrong", count: 1, max: 5 } } })],
  ["SecondPersonRequired", ofCredential({ flags: ["escortRequired"] })],
  ["DoorBlocked", (request) => ({ ...request, doorRefusal: request.doorRefusal ?? { reason: "DoorBlocked", detail: "mode Blocked" } })],
  ["AntipassbackViolated", (request) => ({ ...request, area: { refusal: { reason: "AntipassbackViolated", detail: "hall: inside" }, violations: [] } })],
  [
    "OccupancyExceeded",
    (request) => ({ ...request, area: request.area ?? { refusal: { reason: "OccupancyExceeded", detail: "hall: 2 of 2 inside" }, violations: [] } }),
  ],
];
/** Reasons that this decision does not give yet, or that are given behind it. */
const ELSEWHERE: readonly DenyReason[] = ["InsufficientFunds", "Other"];
const reasonOf = (request: Request): DenyReason | "granted" => {
  const decision = decide(request);
  return decision.kind === "granted" ? "granted" : decision.reason;
};

test("what nothing speaks against is granted by its permission", () => {
  expect(decide(good)).toEqual({ kind: "granted", accessProfile: "students", extended: false, partySize: 1 });
  expect(decide(goodCard)).toEqual({ kind: "granted", accessProfile: "students", extended: false, partySize: 1 });
  expect(decide(ofCredential({ flags: ["extendedTime"] })(good))).toEqual({ kind: "granted", accessProfile: "students", extended: true, partySize: 1 });
});

test.each(SPOILERS)("%s alone denies, and the same check fails in the trace", (reason, spoil) => {
  const decision = decide(spoil(good));
  expect(decision).toMatchObject({ kind: "denied", reason });
  const trace = traceDecision(spoil(good));
  expect(trace.map(({ check }) => check)).toEqual(DECISION_CHECKS.map(({ name }) => name));
  const failed = trace.findIndex(({ outcome }) => outcome === "failed");
  expect(decision).toEqual({ kind: "denied", reason, check: trace[failed]!.check, detail: trace[failed]!.detail });
  expect(trace.slice(0, failed).every(({ outcome }) => outcome === "passed")).toBe(true);
  expect(trace.slice(failed + 1).every(({ outcome }) => outcome === "not reached")).toBe(true);
});

test.each(PASS_REASONS)("a pass refused as %s is denied for that, with the step that refused it", (reason) => {
  expect(decide(refusedPass(reason)(good))).toEqual({ kind: "denied", reason, check: "pass holds", detail: "a step: seen" });
});

test.each(["LockedDown", "Interlock", "LaneNotReady"] as const)("a door that says %s is believed", (reason) => {
  expect(decide({ ...good, doorRefusal: { reason, detail: "seen" } })).toEqual({ kind: "denied", reason, check: "door lets somebody in", detail: "seen" });
});

test("what an area finds amiss and lets pass is granted", () => {
  expect(reasonOf({ ...good, area: { refusal: undefined, violations: [{ area: "hall", detail: "hall: inside" }] } })).toBe("granted");
});

test("who needs an escort may leave without one", () => {
  const escorted = ofCredential({ flags: ["escortRequired"] })(good);
  expect(reasonOf(escorted)).toBe("SecondPersonRequired");
  expect(reasonOf({ ...escorted, accessPoint: { ...escorted.accessPoint, egress: true } })).toBe("granted");
});

test("who needs an escort follows one; behind none, nobody, or where nobody is escorted in, they are refused", () => {
  const escorted = ofCredential({ flags: ["escortRequired"] })(good);
  const detail = "behind the escort of grant 40";
  expect(reasonOf({ ...escorted, escort: { isHere: true, detail } })).toBe("granted");
  expect(decide({ ...escorted, escort: { isHere: false, detail: "an escort has to go in front, within 20 s" } })).toMatchObject({
    reason: "SecondPersonRequired",
    detail: "an escort has to go in front, within 20 s",
  });
  expect(decide(escorted)).toMatchObject({ detail: "needs an escort; nobody is escorted in here" });
});

test("a PIN or a second person that may still come is waited for, and only when everything else holds; a right PIN is one that tells of a duress too", () => {
  const awaited: Request = { ...good, authentication: { ...ASKED, pin: { kind: "awaited" } } };
  expect(decideOrAwait(awaited)).toEqual({ kind: "awaiting", what: "PIN" });
  expect(decideOrAwait({ ...good, second: "awaited" })).toEqual({ kind: "awaiting", what: "secondPerson" });
  expect(decideOrAwait({ ...awaited, second: "awaited" })).toEqual({ kind: "awaiting", what: "PIN" });
  for (const kind of ["right", "duress"] as const)
    expect(decideOrAwait({ ...good, authentication: { ...ASKED, pin: { kind } } })).toMatchObject({ kind: "granted" });
  for (const [reason, spoil] of SPOILERS) {
    if (reason === "InvalidPIN") continue;
    expect(decideOrAwait(spoil(awaited))).toMatchObject({ kind: "denied", reason });
    expect(decideOrAwait(spoil({ ...good, second: "awaited" })), reason).toMatchObject({ kind: "denied", reason });
  }
});

test.each<PinState>([{ kind: "unset" }, { kind: "notTyped" }, { kind: "notRecorded" }, { kind: "lockedOut", whose: "reader", forS: 30 }])(
  "a PIN that is %j lets nobody in, and is not waited for",
  (pin) => {
    expect(decideOrAwait({ ...good, authentication: { ...ASKED, pin } })).toMatchObject({ kind: "denied", reason: "InvalidPIN" });
  },
);

test.each(["sameHolder", "notCome"] as const)("a second person who is %s lets nobody in", (second) => {
  expect(decideOrAwait({ ...good, second })).toMatchObject({ kind: "denied", reason: "SecondPersonRequired" });
  expect(reasonOf({ ...good, second: "here" })).toBe("granted");
});

test("a card number that does not fit its format is InvalidIdentifierValue, before anything is looked up", () => {
  const number = err("InvalidIdentifierValue", "7 hex digits, expected 8, 14 or 20");
  expect(decide({ ...goodCard, presented: { by: "card", number }, credential: undefined })).toEqual({
    kind: "denied",
    reason: "InvalidIdentifierValue",
    check: "card number fits the reader's format",
    detail: "7 hex digits, expected 8, 14 or 20",
  });
});

test("every reason is given here, by the pass, or elsewhere", () => {
  const given = new Set<DenyReason>([
    ...SPOILERS.map(([reason]) => reason),
    ...PASS_REASONS,
    "LockedDown",
    "Interlock",
    "LaneNotReady",
    "InvalidIdentifierValue",
    ...ELSEWHERE,
  ]);
  expect(DENY_REASONS.filter((reason) => !given.has(reason))).toEqual([]);
});

test("precedence: with every later spoiler applied too, the first reason wins", () => {
  SPOILERS.forEach(([reason], first) => {
    const spoilt = SPOILERS.slice(first).reduce((request, [, spoil]) => spoil(request), good);
    expect(reasonOf(spoilt)).toBe(reason);
  });
});

test("precedence is the order of the table of reasons; only what a pass says about itself comes as one answer, before anything is looked up", () => {
  const ranks = SPOILERS.slice(1).map(([reason]) => DENY_REASONS.indexOf(reason));
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
});

test("under any set of spoilers it grants only when every check passes, and else gives the reason of the first", () => {
  fc.assert(
    fc.property(fc.subarray([...SPOILERS]), fc.boolean(), (spoilers, byCard) => {
      const applied = byCard ? spoilers.filter(([reason]) => reason !== "SignatureInvalid" && reason !== "PassReplayed") : spoilers;
      const request = applied.reduce((spoilt, [, spoil]) => spoil(spoilt), byCard ? goodCard : good);
      const untrusted = request.wall === "untrusted";
      const wanted = applied
        .map(([reason]) => reason)
        .filter((reason) => !untrusted || !["CredentialNotActive", "CredentialExpired", "NotPermittedAtThisTime"].includes(reason));
      expect(reasonOf(request)).toBe(wanted[0] ?? "granted");
      expect(traceDecision(request).every(({ outcome }) => outcome === "passed")).toBe(wanted.length === 0);
    }),
  );
});

test("a pass is spent: a counter that is not greater, or an earlier signing time, is a replay", () => {
  const against = (counter: number, signedAt: number): string => reasonOf({ ...good, spent: { counter, signedAt: unixSeconds(signedAt) } });
  expect([against(7, NOW), against(8, NOW), against(9, NOW), against(7, NOW + 1)]).toEqual(["granted", "PassReplayed", "PassReplayed", "PassReplayed"]);
  expect(reasonOf({ ...good, spent: undefined })).toBe("granted");
  expect(decide({ ...good, spent: { counter: 7, signedAt: unixSeconds(NOW + 30) } })).toMatchObject({ detail: "counter 8, but signed 30 s before the last" });
});

test("an untrusted clock: nobody, or the emergency group alone, as was chosen; times are not judged then", () => {
  const emergency = ofCredential({ flags: ["emergency"], validUntil: unixSeconds(1) });
  const untrusted = (request: Request, untrustedClock: Request["untrustedClock"]): string => reasonOf({ ...request, wall: "untrusted", untrustedClock });
  for (const request of [good, goodCard])
    expect([
      untrusted(request, "refuse"),
      untrusted(request, "emergency"),
      untrusted(emergency(request), "refuse"),
      untrusted(emergency(request), "emergency"),
      untrusted({ ...request, credential: undefined }, "emergency"),
    ]).toEqual(["ClockUntrusted", "ClockUntrusted", "ClockUntrusted", "granted", "ClockUntrusted"]);
});

test("the stale policy: visitors and payments go first, then everybody but the emergency group, then everybody", () => {
  const pay: Spoiler = (request) => ({
    ...request,
    accessPoint: { ...request.accessPoint, capability: "pay" },
    permissions: [{ ...permission, capability: "pay" }],
  });
  const row = (spoil: Spoiler): string[] => FRESHNESS.map((freshness) => reasonOf(spoil({ ...good, freshness })));
  expect({
    somebody: row((request) => request),
    visitor: row(ofCredential({ flags: ["visitor"] })),
    pay: row(pay),
    emergency: row(ofCredential({ flags: ["emergency"] })),
  }).toEqual({
    somebody: ["granted", "granted", "granted", "ListStale", "ListStale"],
    visitor: ["granted", "granted", "ListStale", "ListStale", "ListStale"],
    pay: ["granted", "granted", "ListStale", "ListStale", "ListStale"],
    emergency: ["granted", "granted", "granted", "granted", "ListStale"],
  });
});

test("a way out asks neither for the list's age, the clock, an escort nor whether something has ended, but for all else", () => {
  const wayOut: Request = { ...good, accessPoint: { ...good.accessPoint, egress: true } };
  expect(FRESHNESS.map((freshness) => reasonOf({ ...wayOut, freshness, wall: "untrusted" }))).toEqual(FRESHNESS.map(() => "granted"));
  const notAsked: readonly DenyReason[] = ["ListStale", "ClockUntrusted", "SecondPersonRequired", "CredentialExpired"];
  for (const [reason, spoil] of SPOILERS) expect(reasonOf(spoil(wayOut))).toBe(notAsked.includes(reason) ? "granted" : reason);
});

test("rule 7.12: exit is never refused for an expired grant: neither the credential's end nor the permission's, and the trace says so", () => {
  const ended = (request: Request): Request => ({
    ...request,
    credential: { ...request.credential!, validUntil: unixSeconds(NOW - 60) },
    permissions: request.permissions.map((permission) => ({ ...permission, validUntil: unixSeconds(NOW - 60) })),
  });
  expect(reasonOf(ended(good))).toBe("CredentialExpired");
  expect(reasonOf({ ...ended(good), credential: good.credential })).toBe("Unauthorized");
  const wayOut = { ...ended(good), accessPoint: { ...good.accessPoint, egress: true } };
  expect(reasonOf(wayOut)).toBe("granted");
  expect(traceDecision(wayOut).find(({ check }) => check === "credential has not expired")?.detail).toMatch(/^ends .*; a way out$/);
  expect(reasonOf({ ...wayOut, permissions: [] })).toBe("Unauthorized");
});

test("while the clock is untrusted a way out takes any signing time, the emergency group one near the ratchet, nobody else any", () => {
  const near = { from: NOW, until: unixSeconds(NOW + DAY) };
  expect(windowWhileUntrusted({ egress: true }, "refuse", near)).toEqual({ from: 0, until: 0xffff_ffff });
  expect(windowWhileUntrusted({ egress: false }, "emergency", near)).toBe(near);
  expect(windowWhileUntrusted({ egress: false }, "refuse", near)).toBeUndefined();
});

test("neither decision nor trace names a credential or a holder", () => {
  for (const [, spoil] of SPOILERS) expect(JSON.stringify([decide(spoil(good)), traceDecision(spoil(good))])).not.toContain(pass.credentialId);
});
