import { ok, type Result, unixSeconds } from "@portico/card-protocol";
import type { Call } from "../api/route.ts";
import type { ComingAs } from "../api/routes/case-schemas.ts";
import type { CaseType } from "../core/cases/case-type.ts";
import { refuse } from "../core/refusal.ts";
import { Campus } from "../expansion/campus-facts.ts";
import { readMemberships, readPeople } from "../expansion/person-facts.ts";
import { capabilitiesAt } from "../core/withholding.ts";
import { readSession, type StandingRefusal } from "../login/sessions.ts";
import { type Asker, answerService } from "../services/service-answer.ts";
import type { Queries } from "../store/cloud-database.ts";
import { type CaseLaw, type KeptCase, refuseOf, textsOf, typeOfCase } from "./case-row.ts";
import type { Reporter } from "./open-case.ts";
import { teamsOf } from "./teams.ts";
import { readCampusTime } from "../campus-time.ts";

/** Somebody who comes with a case, or into one. */
export interface Coming {
  readonly reporter: Reporter;
  readonly asker: Asker;
  /** Of whoever the campus knows too. */
  readonly phone: string | null;
}
export type ComingRefusal = "SessionUnknown" | "PersonUnknown" | StandingRefusal;

export const lawOf = ({ caseTypes, services }: Pick<Call, "caseTypes" | "services">): CaseLaw => ({ types: caseTypes, services });

/** Who comes, with all that holds of them now. */
export async function whoComes(call: Call, as: ComingAs): Promise<Result<Coming, ComingRefusal>> {
  if (!("session" in as)) return whoIsKnown(call, as);
  const session = await readSession(call.cloud, as.session);
  return session.ok ? whoIsKnown(call, { person: session.value.person }, session.value.login) : session;
}

/** Somebody whom the caller vouches for. @param login  as they made themselves known; absent: whoever vouches for a person has seen who it is */
export async function whoIsKnown(
  { cloud }: Call,
  as: Exclude<ComingAs, { readonly session: string }>,
  login?: Asker["login"],
): Promise<Result<Coming, "PersonUnknown">> {
  const { queries } = cloud.database;
  const at = unixSeconds(Math.floor(cloud.nowMs() / 1000));
  const { context } = await readCampusTime(cloud, queries);
  if ("phone" in as) {
    const asker: Asker = { memberships: [], login: "phone", at, context };
    return ok({ reporter: { person: null, name: as.name ?? "", phone: as.phone }, asker, phone: as.phone });
  }
  const { person } = as;
  const row = await queries.selectFrom("person").select(["account", "phone"]).where("id", "=", person).executeTakeFirst();
  if (row === undefined) return refuse("PersonUnknown", person);
  const campus = await Campus.read(queries);
  const [facts] = await readPeople(queries, campus, [person]);
  const memberships = await readMemberships(queries, person);
  const asker: Asker = {
    memberships,
    login: login ?? (row.account === null ? "phone" : "campus"),
    at,
    context,
    ...(facts && capabilitiesAt(facts, campus, at)),
  };
  return ok({ reporter: { person, name: "", phone: null }, asker, phone: row.phone });
}

/** Whether somebody may open cases of a type: as the service says that it belongs to (rules 1.4 and 6.3). */
export function mayOpen(law: CaseLaw, type: CaseType, category: string, asker: Asker) {
  const said = answerService(law.services, type.service, asker);
  if (said === undefined || said.verdict.may === "use") return undefined;
  const { verdict, sentence } = said;
  return refuseOf(law, type, category, verdict.may === "nothing" ? verdict.reason : "LoginRequired", sentence.zh, verdict.rule);
}

/** What somebody is to a case. @param coming  undefined: the caller itself, as the campus's desk or a member of the team */
export async function rolesIn(
  { authority, apiKey, caseTypes, services }: Call,
  queries: Queries,
  coming: Coming | undefined,
  kept: KeptCase,
): Promise<ReadonlySet<string>> {
  const { row, reporter } = kept;
  const roles = new Set<string>();
  if (coming === undefined) {
    if (authority.scopes.has("cases:decide")) roles.add("desk");
    const operator = apiKey?.operator ?? null;
    if (operator !== null && row.team !== null && (await teamsOf(queries, operator)).includes(row.team)) roles.add("team");
    return roles;
  }
  if (reporter === undefined) return roles;
  const { person } = coming.reporter;
  const isOwn = reporter.person === null ? reporter.phone !== null && reporter.phone === coming.phone : reporter.person === person;
  if (isOwn) roles.add("reporter");
  const form = textsOf(reporter.form);
  for (const { id, kind } of typeOfCase({ types: caseTypes, services }, row).form)
    if (kind === "person" && person !== null && form[id] === person) roles.add(`named:${id}`);
  return roles;
}

/** Tells two who act apart. */
export const actingAs = ({ note }: Call, coming: Coming | undefined): string =>
  coming === undefined ? note.actor : (coming.reporter.person ?? coming.phone ?? note.actor);
