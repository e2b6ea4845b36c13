import { readFileSync } from "node:fs";
import { atLocal, CAPABILITIES, type Capability, EMPTY_CALENDAR, type LocalDate, scheduleContext, type UnixSeconds } from "@portico/card-protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { putCalendar } from "../calendar-change.ts";
import { readCalendarFile } from "../calendar-file.ts";
import { type Audience, AUDIENCES, type Membership } from "../core/audience.ts";
import { ALWAYS, type Validity } from "../core/validity.ts";
import { type CloudRig, cloudRig, done, NOTE } from "../rig/cloud-rig.ts";
import { whomToAskAbout } from "./contact-answer.ts";
import { type Asker, answerService, answerServices, type ServiceAnswer } from "./service-answer.ts";
import { type Login, LOGINS, readServiceDocument } from "./service-document.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "./service-file.ts";
import type { ServiceVerdict } from "./service-verdict.ts";
import { readCampusTime } from "../campus-time.ts";

const campus = loadServiceDocument(CAMPUS_SERVICES_FILE);
const context = scheduleContext("Asia/Shanghai", [], EMPTY_CALENDAR);
/** 2026-09-01, a Tuesday, in the morning. */
const NOW = local("2026-09-01", "10:00");

function local(date: LocalDate, time: string): UnixSeconds {
  const [hour, minute] = time.split(":").map(Number);
  return atLocal("Asia/Shanghai", date, hour! * 3600 + minute! * 60);
}
const as = (audience: Audience, validity: Validity = ALWAYS): Membership => ({ audience, validity });
const asker = (login: Login, ...memberships: Membership[]): Asker => ({ login, memberships, at: NOW, context });
const ask = (id: string, who: Asker): ServiceAnswer => answerService(campus, id, who)!;
const verdict = (id: string, login: Login, ...audiences: Audience[]): ServiceVerdict => ask(id, asker(login, ...audiences.map((each) => as(each)))).verdict;
const idsThat = (may: ServiceVerdict["may"], who: Asker): string[] =>
  answerServices(campus, who).flatMap(({ id, verdict: { may: is } }) => (is === may ? [id] : []));

const CARD = ["campus-card", "gates", "lifts", "smart-locks"];

test("rule 1.3: without login the public looks at what is public and changes nothing; a report or a visit needs a phone number", () => {
  const nobody = asker("none");
  expect(idsThat("use", nobody)).toEqual(["campus-map-public"]);
  expect(idsThat("read", nobody)).toEqual(["individual-visits"]);
  expect(ask("individual-visits", nobody).verdict).toEqual({ may: "read", rule: "1.3", loginNeeded: "phone" });
  expect(ask("repairs", nobody).verdict).toEqual({ may: "nothing", reason: "LoginRequired", rule: "1.3", loginNeeded: "phone" });
  for (const service of campus.services) {
    if (!service.writes) continue;
    expect(verdict(service.id, "none", ...AUDIENCES).may, service.id).not.toBe("use");
  }
  expect(idsThat("use", asker("phone"))).toEqual(["app-hall", "repairs", "visitors", "campus-map-public", "individual-visits"]);
});

describe("rule 1.4: one table says who uses what by which login, and by which rule", () => {
  test.each<[Audience, Login, string[]]>([
    [
      "student",
      "campus",
      CARD.concat(
        "printing",
        "card-payment",
        "card-borrowing",
        "app-hall",
        "card-loss",
        "sports-hall",
        "repairs",
        "campus-map",
        "visitors",
        "scan-to-borrow",
        "spaces",
        "gpt",
        "one-stop-hall",
        "guest-room",
        "spouse-card",
        "off-campus-lodging",
        "hpc-ai",
        "dormitory-lock",
        "office-lock",
        "billing",
        "nice-laboratory",
        "nff-laboratory",
        "counselling",
        "ar-scan",
      ),
    ],
    [
      "staff",
      "campus",
      CARD.concat(
        "printing",
        "card-payment",
        "card-borrowing",
        "app-hall",
        "card-loss",
        "family-account",
        "sports-hall",
        "repairs",
        "campus-map",
        "visitors",
        "visitor-invitation",
        "scan-to-borrow",
        "spaces",
        "gpt",
        "dormitory-lock",
        "office-lock",
        "billing",
        "nice-laboratory",
        "nff-laboratory",
        "ar-scan",
      ),
    ],
    ["family", "campus", CARD.concat("app-hall", "card-loss", "sports-hall", "repairs", "campus-map")],
    ["contractor", "phone", ["repairs", "app-hall", "visitors"]],
    ["visitor", "phone", ["repairs", "app-hall", "visitors"]],
    ["alumni", "campus", ["repairs"]],
  ])("%s, %s", (audience, login, services) => {
    const all = [...services, "campus-map-public", "individual-visits"];
    expect(idsThat("use", asker(login, as(audience))).sort()).toEqual(all.sort());
  });

  test("each verdict names its rule", () => {
    expect(verdict("sports-hall", "campus", "family")).toEqual({ may: "use", rule: "5.1" });
    expect(verdict("sports-hall", "phone", "contractor")).toEqual({ may: "nothing", reason: "ServiceNotForYou", rule: "5.1" });
    expect(verdict("counselling", "campus", "staff")).toEqual({ may: "nothing", reason: "ServiceNotForYou", rule: "19.1" });
    expect(verdict("printing", "phone", "staff")).toEqual({ may: "nothing", reason: "LoginRequired", rule: "1.2", loginNeeded: "campus" });
    expect(verdict("printing", "none")).toEqual({ may: "nothing", reason: "LoginRequired", rule: "1.2", loginNeeded: "campus" });
    expect(verdict("scan-to-borrow", "phone", "student")).toEqual({ may: "nothing", reason: "LoginRequired", rule: "10.3", loginNeeded: "campus" });
  });

  test("an audience counts at the instant that is asked about, family no longer than its sponsor", () => {
    const term: Validity = { from: NOW, until: local("2026-10-01", "00:00") };
    const at = (instant: UnixSeconds, membership: Membership): string =>
      answerService(campus, "sports-hall", { login: "campus", memberships: [membership], at: instant, context })!.verdict.may;
    expect([NOW - 1, NOW, term.until - 1, term.until].map((instant) => at(instant as UnixSeconds, as("student", term)))).toEqual([
      "nothing",
      "use",
      "use",
      "nothing",
    ]);
    const family: Membership = { ...as("family"), sponsorHolds: [term] };
    expect([NOW, term.until].map((instant) => at(instant, family))).toEqual(["use", "nothing"]);
  });

  test("several audiences add up, and a stronger login never takes anything away", () => {
    const both = idsThat("use", asker("campus", as("family"), as("student")));
    for (const one of ["family", "student"] as const) expect(both).toEqual(expect.arrayContaining(idsThat("use", asker("campus", as(one)))));
    for (const audience of AUDIENCES) {
      const [none, phone, strongest] = LOGINS.map((login) => idsThat("use", asker(login, as(audience))));
      expect(phone).toEqual(expect.arrayContaining(none!));
      // Whoever is known by phone alone is a visitor, too.
      expect(strongest).toEqual(expect.arrayContaining(phone!.filter((id) => id !== "app-hall" && id !== "visitors")));
    }
  });
});

test("rule 1.7: every service names its contact, and every refusal for whom it is, whom to ask and in which category", () => {
  const stranger = asker("campus", as("alumni"));
  const refused = answerServices(campus, stranger).filter(({ verdict: { may } }) => may === "nothing");
  expect(refused.length).toBeGreaterThan(20);
  for (const { id, contact, caseCategory, audiences, sentence } of answerServices(campus, stranger)) {
    expect(contact.mail ?? contact.phone ?? contact.place, id).not.toBeNull();
    for (const language of ["zh", "en"] as const) {
      expect(sentence[language], id).toContain(contact.names[language]);
      if (caseCategory !== null) expect(sentence[language], id).toContain(caseCategory.path);
    }
    expect(audiences.length, id).toBeGreaterThan(0);
  }
  expect(ask("printing", stranger)).toMatchObject({
    verdict: { reason: "ServiceNotForYou", rule: "2.9" },
    audiences: [{ audience: "staff", login: "campus" }, { audience: "student" }],
    contact: { mail: "gzit@hkust-gz.edu.cn", phone: "020-88330101", hours: null },
    caseCategory: { id: "打印机", path: "报事报修-IT-打印机" },
    sentence: {
      zh: "您不在打印服务的服务对象之内。服务对象：教职工、学生（校园统一账号登录）。如有疑问请联系：IT 服务热线，020-88330101，gzit@hkust-gz.edu.cn，或通过“报事报修-IT-打印机”提交工单。",
      en:
        "Printing is not for you. It is for staff, students (campus account). " +
        "Questions: IT hotline, 020-88330101, gzit@hkust-gz.edu.cn, or a case under 报事报修-IT-打印机.",
    },
  });
});

test("rule 2.2: the card is for staff, students and family; for others by grant, and not for anybody else", () => {
  for (const audience of AUDIENCES)
    expect(verdict("campus-card", "campus", audience).may, audience).toBe(["staff", "student", "family"].includes(audience) ? "use" : "nothing");
  expect(verdict("campus-card", "phone", "contractor")).toEqual({ may: "nothing", reason: "ServiceNotForYou", rule: "2.2" });
  const granted: readonly Capability[] = ["pass"];
  const contractor: Asker = { ...asker("phone", as("contractor")), granted };
  expect(ask("campus-card", contractor).verdict).toEqual({ may: "use", rule: "2.18" });
  expect(ask("gates", contractor).verdict).toEqual({ may: "use", rule: "2.18" });
  expect(ask("printing", contractor).verdict.may).toBe("nothing");
  expect(ask("gates", { ...contractor, login: "none" }).verdict).toMatchObject({ reason: "LoginRequired", loginNeeded: "phone" });
});

test("a grant opens a capability of the card, never the setting of a lock's PIN", () => {
  const family: Asker = { ...asker("campus", as("family")), granted: ["unlock", "print"] };
  expect(["smart-locks", "printing"].map((id) => ask(id, family).verdict)).toEqual([
    { may: "use", rule: "2.8" },
    { may: "use", rule: "2.18" },
  ]);
  expect(ask("dormitory-lock", family).verdict).toEqual({ may: "nothing", reason: "ServiceNotForYou", rule: "14.3" });
});

describe("rule 2.11: the library's desk is there on working days of the calendar from 9:00 to 17:00; outside them the answer says when next", () => {
  let rig: CloudRig;
  beforeEach(async () => void (rig = await cloudRig()));
  afterEach(() => rig.close());

  test.each<[string, LocalDate, string, string | null]>([
    ["Tuesday before nine", "2030-09-03", "08:59", "2030-09-03 09:00"],
    ["Tuesday at nine", "2030-09-03", "09:00", null],
    ["Tuesday before five", "2030-09-03", "16:59", null],
    ["Tuesday at five", "2030-09-03", "17:00", "2030-09-04 09:00"],
    ["Friday evening", "2030-09-06", "18:00", "2030-09-09 09:00"],
    ["the eve of a holiday that ends on a Monday", "2030-09-30", "17:00", "2030-10-08 09:00"],
    ["Wednesday, a holiday", "2030-10-02", "10:00", "2030-10-08 09:00"],
    ["Sunday that runs as Friday", "2030-09-29", "10:00", null],
    ["Friday before a Saturday that runs as Monday", "2030-10-11", "17:00", "2030-10-12 09:00"],
  ])("%s", async (_, date, time, nextOpeningLocal) => {
    const file = readCalendarFile(readFileSync(new URL("../../services/calendar.example-2030.csv", import.meta.url)), 2030);
    if (!file.ok) throw new Error(file.detail);
    await done(putCalendar({ cloud: rig, services: campus }, NOTE, file.value));
    const { context: time2030 } = await readCampusTime(rig, rig.database.queries);
    const {
      contact,
      sentence,
      verdict: refusal,
      caseCategory,
    } = answerService(campus, "card-borrowing", { login: "campus", memberships: [as("family")], at: local(date, time), context: time2030 })!;
    expect(refusal).toEqual({ may: "nothing", reason: "ServiceNotForYou", rule: "2.11" });
    expect(caseCategory).toBeNull();
    expect(contact).toMatchObject({ mail: "library@hkust-gz.edu.cn", place: { zh: "图书馆 2 楼服务前台" } });
    expect(contact.hours).toEqual(nextOpeningLocal === null ? { isOpen: true } : { isOpen: false, nextOpening: expect.any(Number), nextOpeningLocal });
    expect(sentence.zh).toContain(nextOpeningLocal === null ? "现在是服务时间。" : `下次服务时间：${nextOpeningLocal}。`);
  });

  test("a desk that never opens again says that it is closed, and no more", () => {
    const never = scheduleContext("Asia/Shanghai", [], { days: new Map(days("2026-09-01", 500).map((date) => [date, { kind: "holiday" }])), termPhases: [] });
    const { contact, sentence } = answerService(campus, "card-borrowing", { ...asker("campus", as("student")), context: never })!;
    expect(contact.hours).toEqual({ isOpen: false, nextOpening: null, nextOpeningLocal: null });
    expect(sentence.en).toMatch(/Closed now\.$/);
  });
});

test("rule 2.12: each capability that is refused has its case category; borrowing has none, the library is asked", () => {
  const asked = Object.fromEntries(CAPABILITIES.map((capability) => [capability, whomToAskAbout(campus, capability, NOW, context)!]));
  expect(Object.entries(asked).map(([capability, { caseCategory, contact }]) => [capability, caseCategory?.id ?? null, contact.id])).toEqual([
    ["pass", "智能门禁", "it"],
    ["ride", "智能门禁", "it"],
    ["unlock", "智能门锁", "it"],
    ["print", "打印机", "it"],
    ["pay", "校园卡", "it"],
    ["borrow", null, "library-desk"],
  ]);
  const stranger = asker("campus", as("alumni"));
  expect(["campus-card", "gpt", "billing", "office-lock"].map((id) => ask(id, stranger).caseCategory?.path)).toEqual([
    "报事报修-IT-校园卡",
    "报事报修-IT-GPT",
    "报事报修-宿舍-账单申诉",
    "报事报修-IT-智能门锁",
  ]);
  expect(campus.caseCategories.filter(({ requiresDescription }) => requiresDescription).map(({ id }) => id)).toEqual(["其他-其他"]);
});

test("a service of a known shape is added as data: its text alone gives answers for it", () => {
  const draft = JSON.parse(readFileSync(CAMPUS_SERVICES_FILE, "utf8")) as { services: unknown[]; contacts: unknown[] };
  draft.contacts.push(
    JSON.parse('{ "id": "clinic", "rules": ["1.7"], "names": { "zh": "校医院", "en": "Clinic" }, "phone": "020-88330000", "hours": "working-hours" }'),
  );
  draft.services.push(
    JSON.parse(`{
      "id": "clinic", "names": { "zh": "校医院预约", "en": "Clinic" }, "rules": ["1.4"],
      "audience": { "rule": "1.4", "logins": { "staff": "campus", "alumni": "phone" } },
      "writes": true, "contact": "clinic", "caseCategory": "其他-其他", "scene": "clinic", "shownIn": "allApps"
    }`),
  );
  const read = readServiceDocument(JSON.stringify(draft));
  if (!read.ok) throw new Error(read.detail);
  const answer = (...audiences: Audience[]) => answerService(read.value, "clinic", asker("campus", ...audiences.map((each) => as(each))))!;
  expect(answer("alumni")).toMatchObject({ verdict: { may: "use", rule: "1.4" }, contact: { phone: "020-88330000", hours: { isOpen: true } } });
  expect(answer("student")).toMatchObject({ verdict: { may: "nothing", reason: "ServiceNotForYou" }, caseCategory: { requiresDescription: true } });
  expect(answerService(campus, "clinic", asker("campus"))).toBeUndefined();
});

function days(first: LocalDate, count: number): LocalDate[] {
  const start = Date.parse(`${first}T00:00:00Z`);
  return Array.from({ length: count }, (_, nth) => new Date(start + nth * 86_400_000).toISOString().slice(0, 10));
}
