import type { Names } from "../core/names.ts";
import { type Capability, formatLocal, isOpenAt, nextOpening, type ScheduleContext, type UnixSeconds } from "@portico/card-protocol";
import { type CaseCategory, type Contact, type Service, type ServiceDocument, serviceOf } from "./service-document.ts";

/** Whether somebody is there. `nextOpening`: while closed, when next; null: not within 400 days. Local: `2026-09-07 09:00` by the clock of the campus. */
export type Hours = { readonly isOpen: true } | { readonly isOpen: false; readonly nextOpening: UnixSeconds | null; readonly nextOpeningLocal: string | null };

/** Whom to ask, at an instant. */
export interface ContactAnswer {
  readonly id: string;
  readonly names: Names;
  readonly place: Names | null;
  readonly mail: string | null;
  readonly phone: string | null;
  /** Null: nobody says when it can be reached. */
  readonly hours: Hours | null;
}

/** Whom to ask about something, and in which category a case is opened; null: in none, the contact alone is asked (rules 1.7 and 2.12). */
export interface WhomToAsk {
  readonly contact: ContactAnswer;
  readonly caseCategory: Pick<CaseCategory, "id" | "path" | "names" | "requiresDescription"> | null;
}

/** Whom to ask about a service. @param context  the calendar that hours follow (rule 2.11) */
export function whomToAsk(services: ServiceDocument, { contact: id, caseCategory }: Service, at: UnixSeconds, context: ScheduleContext): WhomToAsk {
  const contact = services.contacts.find((each) => each.id === id)!;
  const category = services.caseCategories.find((each) => each.id === caseCategory);
  return {
    contact: contactAt(services, contact, at, context),
    caseCategory: category === undefined ? null : categoryAnswer(category),
  };
}

/** Whom to ask about a capability that was refused; undefined: the document has no service for it. */
export function whomToAskAbout(services: ServiceDocument, capability: Capability, at: UnixSeconds, context: ScheduleContext): WhomToAsk | undefined {
  const service = serviceOf(services, capability);
  return service && whomToAsk(services, service, at, context);
}

function contactAt(services: ServiceDocument, contact: Contact, at: UnixSeconds, context: ScheduleContext): ContactAnswer {
  const { id, names, place, mail, phone } = contact;
  const schedule = services.hours.find((each) => each.id === contact.hours);
  if (schedule === undefined) return { id, names, place, mail, phone, hours: null };
  if (isOpenAt(schedule, context, at)) return { id, names, place, mail, phone, hours: { isOpen: true } };
  const next = nextOpening(schedule, context, at) ?? null;
  const nextOpeningLocal = next === null ? null : formatLocal(context.zone, next);
  return { id, names, place, mail, phone, hours: { isOpen: false, nextOpening: next, nextOpeningLocal } };
}

const categoryAnswer = ({ id, path, names, requiresDescription }: CaseCategory): WhomToAsk["caseCategory"] => ({ id, path, names, requiresDescription });

/** A contact as one reads it out. */
export const contactText = ({ names, place, phone, mail }: Pick<Contact, "names" | "place" | "phone" | "mail">): string =>
  [names.zh, ...(place === null ? [] : [place.zh]), ...(phone === null ? [] : [phone]), ...(mail === null ? [] : [mail])].join("，");

/** Whom to ask where a refusal names a category of cases (rule 1.7); undefined: the document has none for it. */
export function contactOfCategory(services: ServiceDocument, category: string): string | undefined {
  const id = services.services.find(({ caseCategory }) => caseCategory === category)?.contact;
  const contact = services.contacts.find((each) => each.id === id);
  return contact && contactText(contact);
}
