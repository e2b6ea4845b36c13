import type { Language } from "@portico/card-protocol";
import type { Problem } from "@portico/cloud-sync";
import { EXIT, Failure } from "./failure.ts";
import { instantText } from "./time-text.ts";

/** A refusal of the cloud: what, on what, what helps, whom to ask and which category of cases; every wrong field is a finding, and every time that is named. */
export function refusedBy(problem: Problem, on: string, language: Language): Failure {
  const { title, detail, reason, rule, contact, caseCategory, scope, errors, status } = problem;
  const exitCode = status === 400 || status === 401 ? EXIT.usage : EXIT.refused;
  const wrong = (errors ?? []).map((field) => `${field.in}${field.pointer === "" ? "" : ` ${field.pointer}`}: ${field.detail}`);
  const { what, next } = saidIn(problem, language);
  const told = detail === title || wrong.length > 0 ? what : `${what}: ${detail}`;
  const named = [reason, ...(rule === undefined ? [] : [`rule ${rule}`]), ...(scope === undefined ? [] : [`scope ${scope}`])].join(", ");
  const category = { en: "case category", zh: "工单类别" }[language];
  const asked = [...(contact === undefined ? [] : [contact]), ...(caseCategory === undefined ? [] : [`${category} ${caseCategory}`])].join("; ");
  return new Failure(exitCode, `${told} (${named})`, on, asked === "" ? next : `${next} (${asked})`, [...wrong, ...timesNamed(problem, language)]);
}

/** In Chinese the first sentence says what was refused, the others what helps. */
function saidIn({ title, remedy, zh }: Problem, language: Language): { readonly what: string; readonly next: string } {
  const end = zh.indexOf("。");
  return language === "zh" ? { what: zh.slice(0, end), next: zh.slice(end + 1) } : { what: title, next: remedy };
}

/** What is free in the place of what is taken, and what has to move before the campus takes a place for itself. */
function timesNamed({ nearby, inTheWay }: Problem, language: Language): string[] {
  const words = { en: { free: "free: ", held: "in the way: ", until: " to " }, zh: { free: "空闲：", held: "占用：", until: " 至 " } }[language];
  const at = (text: string): string => instantText(Date.parse(text) / 1000);
  const timeOf = ({ resource, from, until }: Time): string => `${resource}, ${at(from)}${words.until}${at(until)}`;
  const free = [...(nearby?.sameTime ?? []), ...(nearby?.sameResource ?? [])].map((time) => `${words.free}${timeOf(time)}`);
  return [...free, ...(inTheWay ?? []).map((held) => `${words.held}${timeOf(held)}: ${HOLDER[held.kind](held)[language]}`)];
}

type Held = NonNullable<Problem["inTheWay"]>[number];
type Time = Pick<Held, "resource" | "from" | "until">;

const HOLDER: Readonly<Record<Held["kind"], (held: Held) => Readonly<Record<Language, string>>>> = {
  booking: ({ reservation, person }) => ({ en: `reservation ${reservation} of person ${person}`, zh: `预约 ${reservation}，预约人 ${person}` }),
  sessions: ({ label }) => ({ en: `course ${label}`, zh: `课程 ${label}` }),
  timetable: ({ label }) => ({ en: `timetable ${label}`, zh: `课表 ${label}` }),
  closure: ({ label }) => ({ en: `closure ${label}`, zh: `关闭 ${label}` }),
};
