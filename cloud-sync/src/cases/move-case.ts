import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { CaseDemand } from "../core/cases/case-type.ts";
import type { SaidPlace } from "../core/cases/place.ts";
import { type CaseStepRefusal, stepCase } from "../core/cases/step-case.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { CampusCaseTable } from "../store/case-tables.ts";
import type { Queries } from "../store/cloud-database.ts";
import { runEffects } from "./case-effects.ts";
import { keepCaseMessages } from "./case-messages.ts";
import { type CaseLaw, factsOf, type KeptCase, readCase, refuseOf, textsOf, typeOfCase } from "./case-row.ts";
import { isTeam, routeCase } from "./teams.ts";
import { writeStep } from "./write-step.ts";

/** What somebody does in a case. */
export interface CaseMove {
  readonly transition: string;
  /** What the one who asks is to this case. */
  readonly rolesIn: (of: KeptCase, queries: Queries) => ReadonlySet<string> | Promise<ReadonlySet<string>>;
  /** Tells two who ask apart: an operator, a person, the cloud itself. */
  readonly actor: string;
  readonly text: string;
  readonly rating: number | null;
  readonly team: string | null;
  /** Put right, where the step corrects. */
  readonly place: SaidPlace | null;
  readonly category: string | null;
}
/** A move that brings nothing along. */
export const BARE = { text: "", rating: null, team: null, place: null, category: null } as const;

export type MoveRefusal = CaseStepRefusal | "CaseUnknown" | "TeamUnknown" | "CaseCategoryUnknown" | "CaseTypeUnknown" | "CaseEffectRefused";

/** Takes one step in a case, with all that it does, as one transaction. */
export function moveCase(cloud: Cloud, note: ChangeNote, law: CaseLaw, id: string, move: CaseMove): Promise<Result<Changed<KeptCase>, MoveRefusal>> {
  return mutate(cloud, { ...note, target: `case ${id}` }, (mutation) => moveWithin(cloud, mutation, note, law, id, move));
}

/** The same within a change that does more. */
export async function moveWithin(
  cloud: Cloud,
  mutation: Mutation,
  note: ChangeNote,
  law: CaseLaw,
  id: string,
  move: CaseMove,
): Promise<Result<KeptCase, MoveRefusal>> {
  const { queries, now, notify } = mutation;
  const kept = await readCase(queries, id);
  if (kept === undefined) return refuse("CaseUnknown", id);
  const { row, reporter } = kept;
  const type = typeOfCase(law, row);
  const no = <Name extends MoveRefusal>(name: Name, detail: string, rule?: string) => refuseOf(law, type, row.category, name, detail, rule);
  const roles = await move.rolesIn(kept, queries);
  const team = move.team ?? row.team;
  const text = move.text.trim();
  const brings = new Set<CaseDemand>([
    ...(text === "" ? [] : (["text"] as const)),
    ...(move.rating === null ? [] : (["rating"] as const)),
    ...(team === null ? [] : (["team"] as const)),
  ]);
  const verdict = stepCase(type, factsOf(row), { transition: move.transition, roles, actor: move.actor, brings, at: now });
  if (!verdict.ok) return no(verdict.error, verdict.detail, verdict.rule);
  const { transition, from, isVote, next } = verdict.value;
  const { demands, corrects, by, effects, messages, newRound } = transition;
  if (demands.includes("team") && move.team !== null && !(await isTeam(queries, move.team))) return no("TeamUnknown", move.team, transition.rule);
  const put = corrects ? await corrected(cloud, mutation, law, row, move) : ok({});
  if (!put.ok) return no(put.error, put.detail);
  const moved: CampusCaseTable = {
    ...row,
    ...put.value,
    ...(demands.includes("team") ? { team } : newRound ? { team: row.team } : {}),
    state: next.state,
    round: next.round,
    completed_at: next.completedAt,
    votes: JSON.stringify(next.votes),
    moved_at: now,
    steps: row.steps + 1,
  };
  let made: Readonly<Record<string, string>> = {};
  if (!isVote && effects.length > 0) {
    const of = { id, openedAt: row.opened_at, person: reporter?.person ?? null, form: textsOf(reporter?.form ?? "{}") };
    const result = await runEffects(effects, { cloud, mutation, note, of });
    if (!result.ok) return no("CaseEffectRefused", result.detail, transition.rule);
    made = result.value;
  }
  const results = { ...textsOf(row.results), ...made };
  await queries
    .updateTable("campus_case")
    .set({ ...moved, results: JSON.stringify(results) })
    .where("id", "=", id)
    .execute();
  await writeStep(queries, {
    campus_case: id,
    seq: moved.steps,
    at: now,
    round: row.round,
    transition: transition.id,
    from_state: from,
    to_state: next.state,
    role: by.find((role) => roles.has(role))!,
    actor: note.actor,
    text,
    person: reporter?.person ?? null,
    rating: demands.includes("rating") ? move.rating : null,
    changes: { ...changesOf(row, moved), ...made },
  });
  const after: KeptCase = { row: { ...moved, results: JSON.stringify(results) }, reporter };
  if (!isVote) await keepCaseMessages(cloud, queries, law, type, after, messages, text);
  const body = { case: id, type: type.id, category: moved.category, state: moved.state, team: moved.team, transition: transition.id, round: moved.round };
  notify({ kind: "case.moved", person: reporter?.person ?? null, body });
  return ok(after);
}

/** Place and category as they were put right, and the team that takes it there. */
async function corrected(
  cloud: Cloud,
  { queries }: Mutation,
  law: CaseLaw,
  row: CampusCaseTable,
  { place, category }: CaseMove,
): Promise<Result<Partial<CampusCaseTable>, "CaseCategoryUnknown" | "CaseTypeUnknown">> {
  const type = typeOfCase(law, row);
  if (category !== null && !law.services.caseCategories.some(({ id }) => id === category)) return refuse("CaseCategoryUnknown", category);
  if (category !== null && !type.categories.includes(category)) return refuse("CaseTypeUnknown", `${type.id} in ${category}`);
  const put = { category: category ?? row.category, area: place === null ? row.area : place.area, place: place === null ? row.place : place.text };
  const isElsewhere = put.category !== row.category || put.area !== row.area;
  const team = isElsewhere ? await routeCase(cloud, law.services, queries, put.category, put.area) : undefined;
  return ok({ ...put, team: team ?? row.team });
}

const changesOf = (before: CampusCaseTable, after: CampusCaseTable): Record<string, string> =>
  Object.fromEntries((["category", "area", "place", "team"] as const).flatMap((key) => (before[key] === after[key] ? [] : [[key, after[key] ?? ""]])));
