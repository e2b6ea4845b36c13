import { CAPABILITIES, type Capability, isListId, type Schedule, type TimeRange, type Weekday } from "@portico/card-protocol";
import * as z from "zod";
import { AUDIENCES, type Audience } from "../core/audience.ts";
import { QUOTA_PER, QUOTA_UNITS } from "../core/reservations/terms.ts";
import { reservationTerms, termsTroubles } from "./reservation-terms.ts";
import { moneyTerms } from "./money-terms.ts";
import { problemsOf, type ServiceProblem } from "./service-problem.ts";

/** How somebody made himself known, from weakest to strongest: not at all (免登陆), by phone number, by the campus account. Rules 1.2 and 1.3. */
export const LOGINS = ["none", "phone", "campus"] as const;
export type Login = (typeof LOGINS)[number];
/** The quota that says how many apps a home page holds (rule 3.2). */
const HOME_APPS = "home-apps";

const id = z.string().refine(isListId, "1 to 64 letters, digits or Chinese characters, inside also . _ - /");
const ruleNumber = z.string().regex(/^[1-9]\d?\.[1-9]\d?$/, "a rule's number, such as 2.11");
const names = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });
const count = z.int().min(1).max(1_000_000_000);
/** A value that the rule asks for and the guide does not give is `ours`. */
const ours = z.boolean().default(false);

const timeOfDay = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "a time of the day, such as 09:00; the end of the day is 24:00")
  .transform((text) => Number(text.slice(0, 2)) * 3600 + Number(text.slice(3)) * 60);
const range = z
  .strictObject({ days: z.array(z.int().min(1).max(7)).min(1), from: timeOfDay, until: timeOfDay })
  .refine(({ from, until }) => from < until, "ends before it begins");
/** When somebody is there to be asked: a schedule of card-protocol, written so that people can read it. Weekdays are 1 Monday … 7 Sunday. */
const hours = z
  .strictObject({ id, rule: ruleNumber, ours, weekly: z.array(range).min(1), follows: z.strictObject({ holidays: z.boolean(), makeUpDays: z.boolean() }) })
  .transform(({ weekly, ...said }): Pick<Schedule, "id" | "weekly" | "specialDays" | "follows"> & { readonly rule: string; readonly ours: boolean } => {
    const days: Partial<Record<Weekday, TimeRange[]>> = {};
    for (const { days: of, from, until } of weekly) for (const day of of as Weekday[]) (days[day] ??= []).push({ startS: from, endS: until });
    return { ...said, weekly: days, specialDays: [] };
  });

const contact = z
  .strictObject({
    id,
    rules: z.array(ruleNumber).min(1),
    names,
    place: names.nullable().default(null),
    mail: z.email().nullable().default(null),
    /** As one reads it out. */
    phone: z
      .string()
      .regex(/^[+()\d -]{5,24}$/, "a phone number")
      .nullable()
      .default(null),
    /** One of `hours`; null: nobody says when. */
    hours: id.nullable().default(null),
  })
  .refine(({ place, mail, phone }) => place !== null || mail !== null || phone !== null, "a contact has a place, a mail address or a phone number");

const caseCategory = z.strictObject({
  id: z.string().min(1),
  rules: z.array(ruleNumber).min(1),
  /** As the menus lead to it, from 报事报修 on. */
  path: z.string().min(1),
  names,
  requiresDescription: z.boolean().default(false),
});

const notice = z.strictObject({
  id,
  rule: ruleNumber,
  names,
  /** Rises whenever it has to be accepted again. */
  version: count,
  /** Null: the campus has yet to give it. */
  text: names.nullable(),
});

/** offsetS behind (negative: before) something that happens once to each booking, case or pass. */
const moment = z.strictObject({ of: z.enum(["booking", "issue", "start", "end", "completion"]), offsetS: z.int() });
/** from ≤ t < until. */
const window = z.strictObject({ id, rule: ruleNumber, ours, from: moment, until: moment });
const quota = z.strictObject({
  id,
  rule: ruleNumber,
  ours,
  limit: count,
  unit: z.enum(QUOTA_UNITS),
  per: z.enum(QUOTA_PER),
});
const price = z.strictObject({ id, rule: ruleNumber, names, amountFen: z.int().min(0), per: names });

const logins = z.partialRecord(z.enum(AUDIENCES), z.enum(LOGINS)).refine((who) => Object.keys(who).length > 0, "at least one audience");
const service = z.strictObject({
  id,
  names,
  /** All rules of docs/contract.md that say something of it. */
  rules: z.array(ruleNumber).min(1),
  /** The service within which it stands. */
  partOf: id.nullable().default(null),
  audience: z.strictObject({
    /** The rule that says for whom it is. */
    rule: ruleNumber,
    /** The weakest login with which each audience uses it. */
    logins,
    /** The rule that says which login, where a rule of the service's own does. */
    loginRule: ruleNumber.nullable().default(null),
  }),
  /** Whether using it changes anything: who is not logged in may then look at most (rule 1.3). */
  writes: z.boolean(),
  /** What of the card it is: a grant of one of these opens it to whom no audience does (rule 2.18). */
  capabilities: z.array(z.enum(CAPABILITIES)).default([]),
  contact: id,
  /** Null: there is none, the contact alone is asked (rule 2.12). */
  caseCategory: z.string().min(1).nullable(),
  notices: z.array(notice).default([]),
  windows: z.array(window).default([]),
  quotas: z.array(quota).default([]),
  prices: z.array(price).default([]),
  /** Null: nothing of it is booked. */
  reservations: reservationTerms.nullable().default(null),
  accessPoints: z
    .strictObject({ rule: ruleNumber, ids: z.array(id).min(1) })
    .nullable()
    .default(null),
  /** The deep link's parameter; 1..32 characters that a mini program's code can carry (rule 1.1). */
  scene: z
    .string()
    .regex(/^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}$/, "1 to 32 of 0-9 A-Z a-z !#$&'()*+,/:;=?@-._~")
    .nullable(),
  /** Where it stands before anybody moves it (rules 3.1 to 3.3). `nowhere`: it is no app of its own. */
  shownIn: z.enum(["home", "allApps", "nowhere"]),
});

const document = z
  .strictObject({
    audiences: z.record(z.enum(AUDIENCES), names),
    logins: z.record(z.enum(LOGINS), names),
    hours: z.array(hours),
    contacts: z.array(contact),
    caseCategories: z.array(caseCategory),
    services: z.array(service),
    money: moneyTerms,
  })
  .superRefine((whole, context) => {
    const say = (path: (string | number)[], message: string): void => context.addIssue({ code: "custom", path, message });
    const { services, contacts } = whole;
    const known = (list: readonly { readonly id: string }[]): ReadonlySet<string> => new Set(list.map((entry) => entry.id));
    const [hourIds, contactIds, categoryIds, serviceIds] = [known(whole.hours), known(contacts), known(whole.caseCategories), known(services)];
    for (const list of ["hours", "contacts", "caseCategories", "services"] as const)
      for (const nth of repeated(whole[list].map((entry) => entry.id))) say([list, nth, "id"], "stands for another one already");
    for (const [nth, { hours: of }] of contacts.entries()) if (of !== null && !hourIds.has(of)) say(["contacts", nth, "hours"], `there are no hours ${of}`);
    for (const [nth, each] of services.entries()) {
      const at = (...path: (string | number)[]): (string | number)[] => ["services", nth, ...path];
      if (!contactIds.has(each.contact)) say(at("contact"), `there is no contact ${each.contact}`);
      if (each.caseCategory !== null && !categoryIds.has(each.caseCategory)) say(at("caseCategory"), `there is no case category ${each.caseCategory}`);
      if (each.partOf !== null && (each.partOf === each.id || !serviceIds.has(each.partOf))) say(at("partOf"), `there is no other service ${each.partOf}`);
      for (const part of ["notices", "windows", "quotas", "prices"] as const)
        for (const double of repeated(each[part].map((entry) => entry.id))) say(at(part, double, "id"), "stands for another one already");
      for (const [field, cause] of termsTroubles(each)) say(at("reservations", field), cause);
      for (const rule of rulesWithin(each)) if (!each.rules.includes(rule)) say(at("rules"), `${rule} is missing, by which a part of it goes`);
    }
    for (const nth of repeated(services.map(({ scene }) => scene ?? ""))) say(["services", nth, "scene"], "opens another service already (rule 1.1)");
    const homeApps = services.flatMap(({ quotas }) => quotas).find((each) => each.id === HOME_APPS);
    const home = [...services.entries()].filter(([, { shownIn }]) => shownIn === "home");
    if (homeApps !== undefined)
      for (const [nth] of home.slice(homeApps.limit)) say(["services", nth, "shownIn"], `home holds ${homeApps.limit} apps at most (rule ${homeApps.rule})`);
  });

/** What a campus offers, to whom, and whom to ask: data that answers are computed from. docs/services.md. */
export type ServiceDocument = z.output<typeof document>;
export type Service = z.output<typeof service>;
export type Contact = z.output<typeof contact>;
export type CaseCategory = z.output<typeof caseCategory>;

/** A document, or all that is wrong with it; `detail` says it in one text. */
export type ServiceReading =
  | { readonly ok: true; readonly value: ServiceDocument }
  | { readonly ok: false; readonly error: "ServiceDocumentBroken"; readonly detail: string; readonly problems: readonly ServiceProblem[] };

/** Reads a document of service definitions. @param text  JSON */
export function readServiceDocument(text: string): ServiceReading {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch (error) {
    return broken([{ path: "", cause: `is no JSON: ${(error as SyntaxError).message}` }]);
  }
  const read = document.safeParse(said, { reportInput: true });
  return read.success ? { ok: true, value: read.data } : broken(problemsOf(said, read.error.issues));
}

function broken(problems: readonly ServiceProblem[]): ServiceReading {
  return { ok: false, error: "ServiceDocumentBroken", detail: problems.map(({ path, cause }) => `${path || "the document"}: ${cause}`).join("\n"), problems };
}

/** Of each text that stands several times, but for the empty one, all places behind the first. */
function repeated(texts: readonly string[]): number[] {
  return [...texts.keys()].filter((nth) => texts[nth] !== "" && texts.indexOf(texts[nth]!) < nth);
}

/** The rules by which the parts of a service go. */
function rulesWithin({ audience, notices, windows, quotas, prices, accessPoints, reservations }: Service): string[] {
  const parts = [
    audience,
    ...notices,
    ...windows,
    ...quotas,
    ...prices,
    ...(accessPoints === null ? [] : [accessPoints]),
    ...(reservations === null ? [] : [reservations, ...(reservations.absences === null ? [] : [reservations.absences])]),
  ];
  return [...parts.map(({ rule }) => rule), ...(audience.loginRule === null ? [] : [audience.loginRule])];
}

/** The audiences of a service in the order of the campus, each with the login that it needs. */
export const audiencesOf = ({ audience }: Service): readonly { readonly audience: Audience; readonly login: Login }[] =>
  AUDIENCES.flatMap((each) => {
    const login = audience.logins[each];
    return login === undefined ? [] : [{ audience: each, login }];
  });

/** The service that is this capability of the card alone (rules 2.6 to 2.11). */
export const serviceOf = (services: ServiceDocument, capability: Capability): Service | undefined =>
  services.services.find(({ capabilities }) => capabilities.length === 1 && capabilities[0] === capability);
