import { localTime, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { type CaseType, OTHER_CATEGORY } from "../core/cases/case-type.ts";
import { formTrouble } from "../core/cases/form.ts";
import { placeOf, type SaidPlace } from "../core/cases/place.ts";
import type { Names } from "../core/names.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { CampusCaseTable } from "../store/case-tables.ts";
import { keepCaseMessages } from "./case-messages.ts";
import { type CaseLaw, type KeptCase, refuseOf } from "./case-row.ts";
import { routeCase } from "./teams.ts";
import { writeStep } from "./write-step.ts";

/** Whose a case is to be. */
export interface Reporter {
  /** Null: known by phone only (rule 6.3). */
  readonly person: string | null;
  readonly name: string;
  readonly phone: string | null;
}

/** What somebody reports or applies for. */
export interface CaseOpening {
  readonly category: string;
  readonly description: string;
  readonly place: SaidPlace | null;
  /** What beacons say of the place. */
  readonly beacons: SaidPlace | null;
  readonly form: Readonly<Record<string, string>>;
  /** Null: a device's. */
  readonly reporter: Reporter | null;
  readonly role: "reporter" | "desk" | "system";
}

export const OPENING = "open";
type OpeningRefusal = "CaseTypeUnknown" | "CaseNotYours" | "CaseDescriptionRequired" | "CaseFormRefused" | "CredentialUnknown" | "CaseNotForThis";

/** The type that is meant: the one that is named, else the first that takes the category. Where there is none, the refusal names whom the type for all else does. */
export function typeMeant(law: CaseLaw, named: string | undefined, category: string) {
  const { types, services } = law;
  const ofAllElse = types.find(({ categories }) => categories.includes(OTHER_CATEGORY));
  const no = <Name extends "CaseCategoryUnknown" | "CaseTypeUnknown">(name: Name, detail: string) =>
    ofAllElse === undefined ? refuse(name, detail) : refuseOf(law, ofAllElse, OTHER_CATEGORY, name, detail, "6.2");
  if (!services.caseCategories.some(({ id }) => id === category)) return no("CaseCategoryUnknown", category);
  const fitting = types.filter(
    (type) => type.categories.includes(category) && (named === undefined ? !type.opening.by.every((role) => role === "system") : type.id === named),
  );
  const meant = fitting.find(({ form }) => form.every(({ required }) => !required)) ?? fitting[0];
  if (meant !== undefined) return ok(meant);
  return no("CaseTypeUnknown", named === undefined ? `none takes ${category}` : `${named} in ${category}`);
}

/** Opens a case: it gets its number, and goes to the team that takes it. */
export function openCase(
  cloud: Cloud,
  note: ChangeNote,
  law: CaseLaw,
  type: CaseType,
  opening: CaseOpening,
): Promise<Result<Changed<KeptCase>, OpeningRefusal>> {
  return mutate(cloud, { ...note, target: `case of ${type.id}` }, (mutation) => openWithin(cloud, mutation, note, law, type, opening));
}

/** The same within a change that does more. */
export async function openWithin(
  cloud: Cloud,
  { queries, now, notify }: Mutation,
  note: ChangeNote,
  law: CaseLaw,
  type: CaseType,
  { category, description, place, beacons, form, reporter, role }: CaseOpening,
): Promise<Result<KeptCase, OpeningRefusal>> {
  const no = <Name extends OpeningRefusal>(name: Name, detail: string, rule?: string) => refuseOf(law, type, category, name, detail, rule);
  const text = description.trim();
  if (!type.opening.by.includes(role)) return no("CaseNotYours", `${type.id} is opened by ${type.opening.by.join(", ")}`);
  const { requiresDescription } = law.services.caseCategories.find(({ id }) => id === category)!;
  if (requiresDescription && text === "") return no("CaseDescriptionRequired", category, "6.4");
  const trouble = formTrouble(type, form);
  if (trouble !== undefined) return no("CaseFormRefused", trouble);
  for (const { id, kind } of type.form) {
    const answer = form[id] ?? "";
    if (kind !== "credential" || answer === "") continue;
    const row = await queries.selectFrom("credential").select("person").where("id", "=", answer).executeTakeFirst();
    if (row === undefined) return no("CredentialUnknown", answer);
    if (row.person !== reporter?.person) return no("CaseNotForThis", `credential ${answer} is not its reporter's`);
  }
  const nth = (await queries.updateTable("case_count").set((row) => ({ cases: row("cases", "+", 1) })).returning("cases").executeTakeFirstOrThrow()).cases; // prettier-ignore
  const found = placeOf(place, beacons, type.beaconAreas);
  const row: CampusCaseTable = {
    id: `${type.prefix}-${localTime(cloud.timeZone, now).date.slice(0, 4)}-${String(nth).padStart(6, "0")}`,
    nth,
    type: type.id,
    category,
    state: type.start,
    round: 1,
    area: found?.area ?? null,
    place: found?.text ?? null,
    team: (await routeCase(cloud, law.services, queries, category, found?.area ?? null)) ?? null,
    opened_at: now,
    moved_at: now,
    completed_at: null,
    votes: "[]",
    results: "{}",
    steps: 1,
  };
  await queries.insertInto("campus_case").values(row).execute();
  const answers = Object.fromEntries(Object.entries(form).flatMap(([id, answer]) => (answer.trim() === "" ? [] : [[id, answer.trim()]])));
  const whose = reporter === null ? undefined : { campus_case: row.id, ...reporter, form: JSON.stringify(answers) };
  if (whose !== undefined) await queries.insertInto("case_reporter").values(whose).execute();
  await writeStep(queries, {
    campus_case: row.id,
    seq: 1,
    at: now,
    round: 1,
    transition: OPENING,
    from_state: type.start,
    to_state: type.start,
    role,
    actor: note.actor,
    text,
    person: reporter?.person ?? null,
    rating: null,
    changes: { ...(row.team === null ? {} : { team: row.team }), ...(found === undefined ? {} : { placeBy: found.by }) },
  });
  const kept: KeptCase = { row, reporter: whose };
  await keepCaseMessages(cloud, queries, law, type, kept, type.opening.messages, text);
  notify({ kind: "case.opened", person: reporter?.person ?? null, body: { case: row.id, type: type.id, category, state: row.state, team: row.team } });
  return ok(kept);
}

export const OPENING_NAMES: Names = { zh: "提交", en: "Open" };
