import { type Capability, type DenyReason, REMEDY, type Remedy, remedyAgainst } from "@portico/card-protocol";
import { contactText } from "./contact-answer.ts";
import { type Service, type ServiceDocument, serviceOf } from "./service-document.ts";

/** What helps whom a door refused, and whom to ask (rule 1.7). */
export interface HelpAnswer {
  readonly remedy: Remedy;
  /** The remedy as one sentence to the person. */
  readonly en: string;
  readonly zh: string;
  /** Where a case is opened, as the menus lead to it; null: nowhere, the contact alone is asked. */
  readonly caseCategory: string | null;
  /** As one reads it out; null: the service document names nobody for it. */
  readonly contact: string | null;
}

/** The case category of whatever concerns a credential itself (rule 2.12). */
const CARD_CATEGORY = "校园卡";

/**
 * Answers a refusal: what helps, and whom to ask. What concerns the credential is the campus card's matter, what concerns the place that of the capability that
 * was asked for there.
 *
 * @param detail  as the decision told it
 */
export function helpAgainst(services: ServiceDocument | undefined, reason: DenyReason, detail: string, capability: Capability): HelpAnswer {
  const remedy = remedyAgainst(reason, detail);
  const { en, zh, matter } = REMEDY[remedy];
  const service = services && (matter === "credential" ? cardOf(services) : serviceOf(services, capability));
  const category = services?.caseCategories.find(({ id }) => id === service?.caseCategory);
  const contact = services?.contacts.find(({ id }) => id === service?.contact);
  return { remedy, en, zh, caseCategory: category?.path ?? null, contact: contact === undefined ? null : contactText(contact) };
}

const cardOf = ({ services }: ServiceDocument): Service | undefined => services.find(({ caseCategory }) => caseCategory === CARD_CATEGORY);
