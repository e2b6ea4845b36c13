import { DENY_REASONS, detailInChinese, type EventName, eventOf } from "@portico/card-protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Judged } from "./access-point-parts.ts";
import { DECISION_CHECKS } from "./core/decide.ts";
import type { DecisionRecord } from "./explain-parts.ts";
import { CHECK_OF, explainDecision } from "./explain.ts";
import { CARD, challengedPass, CREDENTIAL, heldPass, issuedPass, type ListChange, START } from "./rig/people.ts";
import { outcomeOf, type ReaderChange, ReaderRig } from "./rig/reader-rig.ts";
import { RIG_TRUST, rigConfiguration } from "./rig/rig-configuration.ts";

type Explained = ReturnType<typeof explainDecision>;

let rig: ReaderRig | undefined;
beforeEach(() => {
  rig = undefined;
});
afterEach(() => rig?.end());

/** The same choices at commissioning, as the reader and as the configuration have them. */
interface Commissioned {
  readonly reader?: ReaderChange;
  readonly gate?: string;
  readonly tables?: string;
  readonly list?: ListChange;
}

function opened({ reader = {}, list = {} }: Commissioned): ReaderRig {
  rig = new ReaderRig(reader);
  rig.load(list);
  return rig;
}

function explained(of: ReaderRig, judged: Judged | undefined, { gate = "", tables = "", hasTrust = true } = {}): Explained {
  const record = of.store.events.event(judged!.seq!)!.record;
  if (!record.ok) throw new Error(record.detail);
  const { seq, at, event } = record.value;
  return explainDecision({ seq, at, ...event } as DecisionRecord, {
    configuration: rigConfiguration({ folder: "/nowhere", gate, tables, gateScanner: 'keypad = true\ncard = { format = "uid-hex" }' }),
    store: of.store,
    trustList: () => (hasTrust ? RIG_TRUST : undefined),
    listOf: () => of.store.list,
  });
}

/** A profile as the reader and as the configuration have it. */
const asking = (method: "card" | "pass"): Commissioned => ({
  reader: { profile: { id: "strict", anyOf: [[method, "pin"]], policies: [] } },
  gate: 'authentication_profile = "strict"',
  tables: `[[authentication_profile]]\nid = "strict"\nany_of = [["${method}", "pin"]]`,
});

/** Every way in which a recorded decision ends, with what it takes. */
const DECISIONS: readonly (readonly [string, Commissioned, (rig: ReaderRig) => Judged | undefined])[] = [
  ["granted", {}, (r) => r.show(r.pass("zhang"))],
  ["granted", {}, (r) => r.show(issuedPass(r.now() + 20))],
  ["granted", {}, (r) => r.show(challengedPass("zhang", 5, r.point.challenge()))],
  ["granted", {}, (r) => r.show(CARD.chen)],
  ["PassExpired: pass holds", {}, (r) => r.show(r.pass("zhang", { ageS: 60 }))],
  ["PassExpired: pass holds", {}, (r) => r.show(issuedPass(r.now() - 60))],
  ["PassNotYetValid: pass holds", {}, (r) => r.show(r.pass("zhang", { ageS: -60 }))],
  ["ChallengeRequired: pass holds", {}, (r) => r.show(challengedPass("zhang", r.now(), new Uint8Array(8)))],
  ["PassKindNotTaken: pass holds", { list: { credentials: { zhang: { takes: ["HC"] } } } }, (r) => r.show(r.pass("zhang"))],
  ["CredentialNotFound: credential is in the list", {}, (r) => r.show(issuedPass(r.now() + 9, { credential: CREDENTIAL.unlisted }))],
  ["CredentialNotFound: credential is in the list", {}, (r) => r.show(CARD.nobody)],
  ["CredentialNotEnabled: credential is enabled", { list: { credentials: { zhang: { suspension: "Frozen" } } } }, (r) => r.show(r.pass("zhang"))],
  ["SecondPersonRequired: holder may pass alone", { list: { credentials: { zhang: { flags: ["escortRequired"] } } } }, (r) => r.show(r.pass("zhang"))],
  ["RecognitionMethodNotTaken: shown is what is taken here now", asking("card"), (r) => r.show(r.pass("zhang"))],
  ["InvalidPIN: PIN is right, or not asked for", asking("pass"), (r) => r.show(r.pass("zhang"))],
  [
    "granted",
    asking("pass"),
    (r) => {
      r.pins.set({ zone: "", holder: r.store.list.credential(CREDENTIAL.zhang)!.holder }, "4826", { by: "wang", reason: "" });
      r.show(r.pass("zhang"));
      return r.type("4826#");
    },
  ],
  ["CredentialNotEnabled: credential is enabled", { list: { credentials: { chen: { suspension: "CredentialLost" } } } }, (r) => r.show(CARD.chen)],
  ["CredentialNotActive: credential is active", { list: { credentials: { zhang: { validFrom: (START + 60) as never } } } }, (r) => r.show(r.pass("zhang"))],
  ["CredentialExpired: credential has not expired", { list: { credentials: { zhang: { validUntil: START } } } }, (r) => r.show(r.pass("zhang"))],
  [
    "PassReplayed: pass was not spent before",
    {},
    (r) => {
      r.show(r.pass("zhang", { counter: 6 }));
      return r.show(r.pass("zhang", { counter: 5 }));
    },
  ],
  [
    "PassReplayed: pass was not spent before",
    {},
    (r) => {
      r.show(issuedPass(r.now() + 25));
      r.show(CARD.chen);
      return r.show(issuedPass(r.now() + 24));
    },
  ],
  [
    "granted",
    {},
    (r) => {
      r.show(r.pass("zhang", { counter: 5 }));
      return r.show(r.pass("zhang", { counter: 6 }));
    },
  ],
  [
    "ListStale: list is fresh enough",
    {},
    (r) => {
      r.freshness = "expired";
      return r.show(r.pass("zhang"));
    },
  ],
  [
    "ListStale: list is fresh enough",
    {},
    (r) => {
      r.freshness = "stale-strict";
      return r.show(issuedPass(r.now() + 20));
    },
  ],
  ["AccessPointDisabled: access point is enabled", { reader: { enabled: false }, gate: "enabled = false" }, (r) => r.show(r.pass("zhang"))],
  ["Unauthorized: a valid permission names this access point", { list: { without: ["zhang"] } }, (r) => r.show(r.pass("zhang"))],
  ["NotPermittedAtThisTime: a valid permission is open at this time", { list: { hours: { startS: 0, endS: 60 } } }, (r) => r.show(r.pass("zhang"))],
  ...(["DoorBlocked", "LockedDown", "Interlock", "LaneNotReady", "Other"] as const).map(
    (reason) =>
      [
        `${reason}: door lets somebody in`,
        {},
        (r: ReaderRig): Judged | undefined => {
          r.refusal = { reason, detail: "as the door says" };
          return r.show(r.pass("zhang"));
        },
      ] as const,
  ),
  ...(
    [
      ["AntipassbackViolated", "holder comes from where they were seen last"],
      ["OccupancyExceeded", "area has room"],
    ] as const
  ).map(
    ([reason, check]) =>
      [
        `${reason}: ${check}`,
        {},
        (r: ReaderRig): Judged | undefined => {
          r.areas = () => ({ refusal: { reason, detail: "as the area says" }, violations: [] });
          return r.show(r.pass("zhang"));
        },
      ] as const,
  ),
  [
    "ClockUntrusted: clock known, or not needed here",
    {
      reader: { trusted: "time-frames", untrustedClock: { qr: "emergency", card: "refuse" } },
      gate: 'untrusted_clock = { qr = "emergency", card = "refuse" }',
    },
    (r) => r.show(heldPass("zhang", START - 80_000)),
  ],
  ["ClockUntrusted: clock known, or not needed here", { reader: { trusted: "time-frames" } }, (r) => r.show(challengedPass("zhang", 1, r.point.challenge()))],
  ["ClockUntrusted: clock known, or not needed here", { reader: { trusted: "time-frames" } }, (r) => r.show(CARD.chen)],
  [
    "granted",
    {
      reader: { trusted: "time-frames", untrustedClock: { qr: "emergency", card: "refuse" } },
      gate: 'untrusted_clock = { qr = "emergency", card = "refuse" }',
      list: { credentials: { zhang: { flags: ["emergency"] } } },
    },
    (r) => r.show(heldPass("zhang", START - 80_000)),
  ],
  ["granted", { reader: { trusted: "time-frames", egress: true }, gate: "egress = true" }, (r) => r.show(heldPass("zhang", 5))],
];

function expectSame(explanation: Explained, judged: Judged): void {
  const { decision } = judged;
  const failed = explanation.checks.filter(({ outcome }) => outcome === "failed");
  expect(explanation.outcome).toBe(decision.kind);
  if (decision.kind === "granted") {
    expect([explanation.denial, failed]).toEqual([null, []]);
    return;
  }
  const { reason, check, detail } = decision;
  expect(failed).toMatchObject([{ check, outcome: "failed", detail, detailZh: detailInChinese(detail), reason }]);
  expect(explanation.denial).toMatchObject({ reason, en: expect.any(String), zh: expect.any(String), remedy: expect.any(String) });
  const at = explanation.checks.findIndex(({ outcome }) => outcome === "failed");
  expect(explanation.checks.slice(0, at).every(({ outcome }) => outcome === "passed")).toBe(true);
  expect(explanation.checks.slice(at + 1).every(({ outcome }) => outcome === "not reached")).toBe(true);
}

describe.each(DECISIONS)("%s, with %j", (outcome, commissioned, decide) => {
  test("is explained by the check that the decision failed, with what was seen then, and again by the record alone once the list has been replaced", () => {
    const reader = opened(commissioned);
    const judged = decide(reader)!;
    expect(outcomeOf(judged)).toBe(outcome);
    const { gate = "", tables = "" } = commissioned;
    const explanation = explained(reader, judged, { gate, tables });
    expect(explanation.basis).toBe("the record and list 1, which has not changed since");
    expect(explanation.checks.map(({ check }) => check)).toEqual(DECISION_CHECKS.map(({ name }) => name));
    expectSame(explanation, judged);

    reader.load({ ...commissioned.list, without: ["wang", ...(commissioned.list?.without ?? [])] });
    const alone = explained(reader, judged, { gate, tables });
    expect(alone.basis).toBe("the record alone: list 1, by which it was judged, has been replaced by 2");
    expectSame(alone, judged);
  });
});

test("what is explained is every reason that a recorded decision can have, and no other check is named than those of decisions", () => {
  const names = DECISION_CHECKS.map(({ name }) => name);
  for (const [reason, check] of Object.entries(CHECK_OF)) expect(names, reason).toContain(check);
  const seen = new Set(DECISIONS.map(([outcome]) => outcome.split(":")[0]!).filter((word) => word !== "granted"));
  // Before a signature holds nothing is recorded; some checks are for later restrictions.
  const never = ["PassMalformed", "SignatureInvalid", "InvalidIdentifierValue"];
  const later = ["InsufficientFunds"];
  expect([...seen, ...never, ...later].sort()).toEqual([...DENY_REASONS].sort());
  expect(Object.keys(CHECK_OF).every((reason) => seen.has(reason))).toBe(true);
});

test("the details of the checks that passed are those of the list; what nobody kept is not made up", () => {
  const reader = opened({});
  const { checks } = explained(reader, reader.show(reader.pass("zhang", { counter: 9 })));
  const detail = Object.fromEntries(checks.map((check) => [check.check, check.detail]));
  expect(detail).toMatchObject({
    "pass holds": "kind H",
    "clock known, or not needed here": "± 1 s",
    "pass was not spent before": "none spent here yet",
    "list is fresh enough": "",
    "a valid permission is open at this time": "gates, schedule week",
    "door lets somebody in": "",
  });
});

const inChinese = ({ checks, denial, basisZh }: Explained) => ({
  checks: checks.map(({ checkZh, outcome, detailZh }) => `${outcome === "passed" ? "+" : outcome === "failed" ? "x" : " "} ${checkZh}：${detailZh}`),
  denial: denial && [denial.zh, denial.remedyZh],
  basisZh,
});

test("whoever was let in is explained in Chinese, check by check", () => {
  const reader = opened({});
  expect(inChinese(explained(reader, reader.show(reader.pass("zhang", { counter: 9 }))))).toEqual({
    checks: [
      "+ 二维码验证通过：类型 H",
      "+ 时钟可信，或此处不要求：误差 ±1 秒",
      "+ 卡号符合读头的卡格式：不检查二维码",
      "+ 凭证在名单中：类型 qr",
      "+ 凭证处于启用状态：已启用",
      "+ 凭证已生效：2026-05-29 04:26:40 起生效",
      "+ 凭证未过有效期：2029-07-29 14:13:20 到期",
      "+ 二维码未被使用过（防重放）：此处尚未使用过",
      "+ 名单时效符合要求：",
      "+ 门禁点已启用：已启用",
      "+ 有效的通行权限包含此门禁点：gates",
      "+ 通行权限在当前时段开放：gates，时段 week",
      "+ 验证方式符合当前要求：任意卡或二维码",
      "+ 密码正确，或无需密码：",
      "+ 可单独通行（双人规则、陪同）：",
      "+ 门允许通行（门模式、封锁、互锁）：",
      "+ 进出记录相符（反潜回）：",
      "+ 区域未满员：",
    ],
    denial: null,
    basisZh: "记录和名单 1（此后未变更）",
  });
});

test("whoever was refused is explained in Chinese: what was recorded in English too, and what to do", () => {
  const reader = opened({});
  const told = inChinese(explained(reader, reader.show(heldPass("zhang", START - 60))));
  expect({ ...told, checks: told.checks.slice(0, 3) }).toEqual({
    checks: ["x 二维码验证通过：未过失效时间：晚 30 秒，误差 ±1 秒", "  时钟可信，或此处不要求：", "  卡号符合读头的卡格式："],
    denial: ["二维码已过期，请刷新后重试。", "请刷新二维码；如反复出现，请将手机时间设为自动。"],
    basisZh: "记录和名单 1（此后未变更）",
  });
});

test("a card is explained without its number", () => {
  const reader = opened({});
  const { checks } = explained(reader, reader.show(CARD.chen));
  expect(checks.find(({ check }) => check.startsWith("card number"))).toMatchObject({
    check: "card number fits the reader's format",
    outcome: "passed",
    detail: "",
  });
});

test("what was spent in another replay group, of the other replay class, or behind the decision does not count", () => {
  const reader = opened({ list: { credentials: { zhang: { takes: ["T", "H"] } } } });
  const elsewhere = eventOf("AccessGranted", {
    accessPoint: "gate-1-out",
    credential: CREDENTIAL.zhang,
    presentation: "H",
    holder: 1,
    counter: 50,
    signedAt: START,
    pass: null,
    accessProfile: "gates",
    uncertaintyS: 1,
    listVersion: 1,
    replayGroup: "main-gate/exit",
  });
  reader.recorder.decision(elsewhere);
  expect(outcomeOf(reader.show(issuedPass(reader.now() + 20, { credential: CREDENTIAL.zhang })))).toBe("granted");
  const judged = reader.show(reader.pass("zhang", { counter: 6 }));
  expect(outcomeOf(reader.show(reader.pass("zhang", { counter: 7 })))).toBe("granted");
  const { outcome, basis } = explained(reader, judged);
  expect([outcome, basis]).toEqual(["granted", "the record and list 1, which has not changed since"]);
});

test.each<[string, { readonly gate?: string; readonly hasTrust?: boolean }, (r: ReaderRig) => Judged | undefined]>([
  ["an access point that has been switched off since", { gate: "enabled = false" }, (r) => r.show(r.pass("zhang"))],
  ["a trust list that no longer holds the issuer", { hasTrust: false }, (r) => r.show(issuedPass(r.now() + 20))],
])("after %s the record alone is told", (_, since, decide) => {
  const reader = opened({});
  const judged = decide(reader)!;
  const explanation = explained(reader, judged, since);
  expect(explanation.basis).toBe("the record alone: configuration or trust list say something else since");
  expectSame(explanation, judged);
});

test("a decision at an access point that is not configured any more is told from its record", () => {
  const reader = opened({ reader: { id: "old-gate" } });
  const judged = reader.show(reader.pass("zhang", { ageS: 60 }))!;
  const explanation = explained(reader, judged);
  expect(explanation.basis).toBe("the record alone: access point old-gate is not configured any more");
  expectSame(explanation, judged);
  expect(reader.named("AccessDenied" satisfies EventName)).toHaveLength(1);
});
