import type { CaseType } from "../core/cases/case-type.ts";
import type { CaseFacts, CaseVote } from "../core/cases/step-case.ts";
import { REFUSAL, refuseAs, type RefusalName, type RefusalRow } from "../core/refusal.ts";
import { contactText } from "../services/contact-answer.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { CampusCaseTable, CaseReporterTable } from "../store/case-tables.ts";

/** What cases are judged by: their types, and the campus's services. */
export interface CaseLaw {
  readonly types: readonly CaseType[];
  readonly services: ServiceDocument;
}

/** A case as it is kept, with whose it is. */
export interface KeptCase {
  readonly row: CampusCaseTable;
  /** Undefined: a device's, or of somebody who was erased. */
  readonly reporter: CaseReporterTable | undefined;
}

export async function readCase(queries: Queries, id: string): Promise<KeptCase | undefined> {
  const row = await queries.selectFrom("campus_case").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return undefined;
  return { row, reporter: await queries.selectFrom("case_reporter").selectAll().where("campus_case", "=", id).executeTakeFirst() };
}

/** What the judgement of a step reads. */
export const factsOf = ({ state, round, opened_at, completed_at, votes }: CampusCaseTable): CaseFacts => ({
  state,
  round,
  openedAt: opened_at,
  completedAt: completed_at,
  votes: JSON.parse(votes) as CaseVote[],
});

/** The type of a case. @throws Error where the store has one of a type that is no longer defined: the folder of case types lacks a file */
export function typeOfCase({ types }: CaseLaw, { id, type }: Pick<CampusCaseTable, "id" | "type">): CaseType {
  const found = types.find((each) => each.id === type);
  if (found === undefined) throw new Error(`case ${id} is of type ${type}, which no file of the case types defines`);
  return found;
}

export const textsOf = (json: string): Readonly<Record<string, string>> => JSON.parse(json) as Readonly<Record<string, string>>;

/** A refusal that names the rule, the category of the case and whom to ask (rule 1.7). */
export function refuseOf<Name extends RefusalName>({ services }: CaseLaw, type: CaseType, category: string, name: Name, detail: string, rule?: string) {
  const asked = services.services.find(({ id }) => id === type.service)?.contact;
  const contact = services.contacts.find(({ id }) => id === asked);
  const { rule: own }: RefusalRow = REFUSAL[name];
  return refuseAs(name, detail, { rule: rule ?? own ?? type.rules[0]!, contact: contact === undefined ? "" : contactText(contact), caseCategory: category });
}
