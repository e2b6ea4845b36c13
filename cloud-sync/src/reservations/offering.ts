import { refuseAs, type RefusalName } from "../core/refusal.ts";
import type { NearbySlot } from "../core/reservations/nearby.ts";
import type { Offering } from "../core/reservations/terms.ts";
import { contactText } from "../services/contact-answer.ts";
import { audiencesOf } from "../services/service-document.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Audience } from "../core/audience.ts";

/** A service of which something is booked, with whom to ask about it (rule 1.7). */
export interface OfferingWithContact extends Offering {
  /** For whom it is. */
  readonly audiences: readonly Audience[];
  readonly contact: string;
  readonly caseCategory: string | undefined;
}

/** Undefined: the document has no such service, or nothing of it is booked. */
export function offeringOf(document: ServiceDocument, id: string): OfferingWithContact | undefined {
  const offering = document.services.find((each) => each.id === id);
  if (offering === undefined || offering.reservations === null) return undefined;
  const { names, windows, quotas, notices, reservations } = offering;
  const contact = contactText(document.contacts.find((each) => each.id === offering.contact)!);
  const audiences = audiencesOf(offering).map(({ audience }) => audience);
  return { id, names, terms: reservations, windows, quotas, notices, audiences, contact, caseCategory: offering.caseCategory ?? undefined };
}

/** Ids of the services of which something is booked. */
export const offeringIds = ({ services }: ServiceDocument): string[] => services.filter(({ reservations }) => reservations !== null).map(({ id }) => id);

/** A refusal that names what stands in the way, with the rule and the contact of the service of which it is booked. */
export function toldFor<Name extends RefusalName>(document: ServiceDocument, id: string, refused: ReturnType<typeof refuseAs<Name>>) {
  const offering = offeringOf(document, id);
  if (offering === undefined) return refused;
  const { contact, caseCategory, terms } = offering;
  return { ...refused, facts: { ...refused.facts, rule: terms.rule, contact, caseCategory } };
}

/** A refusal with the rule that says so, and whom to ask. */
export function refuseFor<Name extends RefusalName>(
  { contact, caseCategory }: OfferingWithContact,
  name: Name,
  detail: string,
  rule: string,
  nearby?: { readonly sameTime: readonly NearbySlot[]; readonly sameResource: readonly NearbySlot[] },
) {
  return refuseAs(name, detail, { rule, contact, caseCategory, ...(nearby && { nearby }) });
}
