import { readFileSync } from "node:fs";
import { CAPABILITIES, SetupError } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { REFUSAL, type RefusalRow } from "../core/refusal.ts";
import { openScene } from "./scene.ts";
import { readServiceDocument, type ServiceDocument, serviceOf } from "./service-document.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "./service-file.ts";
import type { ServiceProblem } from "./service-problem.ts";

const TEXT = readFileSync(CAMPUS_SERVICES_FILE, "utf8");
const campus = loadServiceDocument(CAMPUS_SERVICES_FILE);
const rulesOfContract = new Set(
  [...readFileSync(new URL("../../../docs/contract.md", import.meta.url), "utf8").matchAll(/^- (\d+\.\d+) /gm)].map(([, rule]) => rule!),
);

/** The campus's document with one thing changed, as its text would be. */
type Draft = Record<string, unknown> & { services: Record<string, unknown>[]; contacts: Record<string, unknown>[]; hours: Record<string, unknown>[] };
function changed(change: (draft: Draft) => void): string {
  const draft = JSON.parse(TEXT) as Draft;
  change(draft);
  return JSON.stringify(draft);
}
const entry = (list: Record<string, unknown>[], id: string): Record<string, unknown> => list.find((each) => each["id"] === id)!;
function problemsIn(text: string): readonly ServiceProblem[] {
  const read = readServiceDocument(text);
  return read.ok ? [] : read.problems;
}

test("the campus's document names every capability once, and only rules that the contract has", () => {
  expect(CAPABILITIES.map((capability) => serviceOf(campus, capability)?.id)).toEqual([
    "gates",
    "lifts",
    "smart-locks",
    "printing",
    "card-payment",
    "card-borrowing",
  ]);
  const named = [...TEXT.matchAll(/"(\d+\.\d+)"/g)].map(([, rule]) => rule!);
  expect(rulesOfContract.size).toBeGreaterThan(100);
  expect(named.filter((rule) => !rulesOfContract.has(rule))).toEqual([]);
});

test("the category that a refusal of the API names is one of the document", () => {
  const categories = campus.caseCategories.map(({ id }) => id);
  const named = Object.values(REFUSAL).flatMap((row: RefusalRow) => row.caseCategory ?? []);
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((category) => !categories.includes(category))).toEqual([]);
});

test("hours are read as a schedule: the desk is there from Monday to Friday and follows the calendar", () => {
  const nine = [{ startS: 32_400, endS: 61_200 }];
  expect(campus.hours.find(({ id }) => id === "working-hours")).toMatchObject({
    weekly: { 1: nine, 2: nine, 3: nine, 4: nine, 5: nine },
    specialDays: [],
    follows: { holidays: true, makeUpDays: true },
    rule: "2.11",
    ours: false,
  });
});

test("rule 1.1: a deep link opens the service whose scene it is and is carried through as it came; two services with one scene are refused", () => {
  expect(openScene(campus, "scan-to-borrow")).toEqual({ scene: "scan-to-borrow", service: "scan-to-borrow" });
  for (const scene of ["", "Scan-To-Borrow", "scan-to-borrow ", "a=1&b=%E5%9B%BE", "图书馆", "x".repeat(500), "\u0000__proto__"])
    expect(openScene(campus, scene)).toEqual({ scene, service: null });
  expect(problemsIn(changed((draft) => (entry(draft.services, "spaces")["scene"] = "scan-to-borrow")))).toEqual([
    { path: "services[spaces].scene", cause: "opens another service already (rule 1.1)" },
  ]);
  expect(problemsIn(changed((draft) => (entry(draft.services, "spaces")["scene"] = "x".repeat(33))))).toMatchObject([{ path: "services[spaces].scene" }]);
});

test.each<[string, (draft: Draft) => void, ServiceProblem]>([
  ["an unknown key", (draft) => (entry(draft.services, "gpt")["hint"] = 1), { path: "services[gpt].hint", cause: "is not known here" }],
  ["a missing part", (draft) => delete entry(draft.services, "gpt")["writes"], { path: "services[gpt].writes", cause: "is missing" }],
  ["a service without id", (draft) => delete draft.services[1]!["id"], { path: "services[#2].id", cause: "is missing" }],
  [
    "a contact that is not there",
    (draft) => (entry(draft.services, "gpt")["contact"] = "ti"),
    { path: "services[gpt].contact", cause: "there is no contact ti" },
  ],
  [
    "a category that is not there",
    (draft) => (entry(draft.services, "gpt")["caseCategory"] = "门x"),
    { path: "services[gpt].caseCategory", cause: "there is no case category 门x" },
  ],
  [
    "hours that are not there",
    (draft) => (entry(draft.contacts, "it")["hours"] = "nights"),
    { path: "contacts[it].hours", cause: "there are no hours nights" },
  ],
  ["a part of itself", (draft) => (entry(draft.services, "gpt")["partOf"] = "gpt"), { path: "services[gpt].partOf", cause: "there is no other service gpt" }],
  ["an id twice", (draft) => (entry(draft.services, "office-lock")["id"] = "gpt"), { path: "services[gpt].id", cause: "stands for another one already" }],
  [
    "a notice twice",
    (draft) =>
      (entry(draft.services, "gpt")["notices"] as unknown[]).push({
        id: "rule-of-use",
        rule: "12.2",
        names: { zh: "规范", en: "Rule" },
        version: 2,
        text: null,
      }),
    { path: "services[gpt].notices[rule-of-use].id", cause: "stands for another one already" },
  ],
  [
    "a rule that is not listed",
    (draft) => (entry(draft.services, "gpt")["rules"] = ["12.2"]),
    { path: "services[gpt].rules", cause: "12.1 is missing, by which a part of it goes" },
  ],
  [
    "an unknown login",
    (draft) => (entry(draft.services, "gpt")["audience"] = { rule: "12.1", logins: { staff: "mail" } }),
    { path: "services[gpt].audience.logins.staff", cause: 'is "mail": only "none", "phone", "campus" are known' },
  ],
  [
    "a twelfth app at home",
    (draft) => (entry(draft.services, "ar-scan")["shownIn"] = "home"),
    { path: "services[ar-scan].shownIn", cause: "home holds 11 apps at most (rule 3.2)" },
  ],
  [
    "nobody to ask",
    (draft) => draft.contacts.push({ id: "nobody", rules: ["1.7"], names: { zh: "无", en: "nobody" } }),
    { path: "contacts[nobody]", cause: "a contact has a place, a mail address or a phone number" },
  ],
  [
    "hours that end before they begin",
    (draft) => (entry(draft.hours, "working-hours")["weekly"] = [{ days: [1], from: "17:00", until: "09:00" }]),
    { path: "hours[working-hours].weekly[#1]", cause: "ends before it begins" },
  ],
])("%s is refused, by path and cause", (_, change, problem) => {
  expect(problemsIn(changed(change))).toEqual([problem]);
});

test("an audience that no campus knows is refused, and so is a document without names for one", () => {
  expect(
    problemsIn(changed((draft) => (entry(draft.services, "gpt")["audience"] = { rule: "12.1", logins: { staff: "campus", robots: "none" } }))),
  ).toMatchObject([{ path: expect.stringMatching(/^services\[gpt\]\.audience\.logins/), cause: "is not known here" }]);
  expect(problemsIn(changed((draft) => delete (draft["audiences"] as Record<string, unknown>)["alumni"]))).toEqual([
    { path: "audiences.alumni", cause: "is missing" },
  ]);
});

test("all mistakes are named together; a text that is no JSON is one, and the file's name is said before anything starts", () => {
  const two = changed((draft) => {
    entry(draft.services, "gpt")["contact"] = "ti";
    entry(draft.services, "billing")["contact"] = "ti";
  });
  expect(readServiceDocument(two)).toMatchObject({
    ok: false,
    error: "ServiceDocumentBroken",
    detail: "services[gpt].contact: there is no contact ti\nservices[billing].contact: there is no contact ti",
  });
  expect(problemsIn(TEXT.slice(0, -10))).toMatchObject([{ path: "", cause: expect.stringContaining("is no JSON") }]);
  expect(problemsIn("[]")).toMatchObject([{ path: "", cause: "is a list of 0: object is wanted" }]);
  expect(() => loadServiceDocument("/nowhere/services.json")).toThrow(SetupError);
  expect(() => loadServiceDocument(new URL("./service-file.ts", import.meta.url).pathname)).toThrow(/service-file\.ts/);
});

test("the types say what the document holds", () => {
  const gpt: ServiceDocument["services"][number] = campus.services.find(({ id }) => id === "gpt")!;
  expect(gpt.notices).toEqual([
    {
      id: "rule-of-use",
      rule: "12.2",
      names: { zh: "使用规范", en: "Rule of use" },
      version: 1,
      text: { zh: "遵循“谁使用、谁负责”原则", en: "Who uses it answers for it." },
    },
  ]);
  const repairs = campus.services.find(({ id }) => id === "repairs")!;
  expect(repairs.windows.map(({ id, ours, until }) => [id, ours, until])).toEqual(
    ["reject", "rate"].map((id) => [id, false, { of: "completion", offsetS: 604_800 }]),
  );
});
