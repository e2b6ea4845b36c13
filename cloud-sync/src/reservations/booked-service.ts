import { refuseAs, type RefusalName } from "../core/refusal.ts";
import type { NearbySlot } from "../core/reservations/nearby.ts";
import type { BookedService } from "../core/reservations/terms.ts";
import { contactText } from "../services/contact-answer.ts";
import { audiencesOf, type ServiceDocument } from "../services/service-document.ts";
import type { Audience } from "../core/audience.ts";

/** A service of which something is booked, with whom to ask about it (rule 1.7). */
export interface BookedWithContact extends BookedService {
  /** For whom it is. */
  readonly audiences: readonly Audience[];
  readonly contact: string;
  readonly caseCategory: string | undefined;
}

/** Undefined: the document has no such service, or nothing of it is booked. */
export function bookedService(document: ServiceDocument, id: string): BookedWithContact | undefined {
  const service = document.services.find((each) => each.id === id);
  if (service === undefined || service.reservations === null) return undefined;
  const { names, windows, quotas, notices, reservations } = service;
  const contact = contactText(document.contacts.find((each) => each.id === service.contact)!);
  const audiences = audiencesOf(service).map(({ audience }) => audience);
  return { id, names, terms: reservations, windows, quotas, notices, audiences, contact, caseCategory: service.caseCategory ?? undefined };
}

/** Ids of the services of which something is booked. */
export const bookedServices = ({ services }: ServiceDocument): string[] => services.filter(({ reservations }) => reservations !== null).map(({ id }) => id);

/** A refusal with the rule that says so, and whom to ask. */
export function refuseFor<Name extends RefusalName>(
  { contact, caseCategory }: BookedWithContact,
  name: Name,
  detail: string,
  rule: string,
  nearby?: { readonly sameTime: readonly NearbySlot[]; readonly sameResource: readonly NearbySlot[] },
) {
  return refuseAs(name, detail, { rule, contact, caseCategory, ...(nearby && { nearby }) });
}
