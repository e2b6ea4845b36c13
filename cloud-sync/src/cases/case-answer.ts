import { type Expression, type ExpressionBuilder, type SqlBool } from "kysely";
import type { CaseType } from "../core/cases/case-type.ts";
import { isOverAt, stateAt } from "../core/cases/step-case.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { CaseAttachmentTable, CaseStepTable } from "../store/case-tables.ts";
import type { Schema } from "../store/schema.ts";
import { type CaseLaw, factsOf, type KeptCase, readCase, typeOfCase } from "./case-row.ts";

/** A case with all that happened in it. */
export interface WholeCase extends KeptCase {
  readonly steps: readonly (CaseStepTable & { readonly text: string | null })[];
  readonly attachments: readonly CaseAttachmentTable[];
}

export async function readWholeCase(queries: Queries, id: string): Promise<WholeCase | undefined> {
  const kept = await readCase(queries, id);
  if (kept === undefined) return undefined;
  const texts = new Map(
    (await queries.selectFrom("case_text").select(["seq", "text"]).where("campus_case", "=", id).execute()).map(({ seq, text }) => [seq, text]),
  );
  const steps = await queries.selectFrom("case_step").selectAll().where("campus_case", "=", id).orderBy("seq").execute();
  const attachments = await queries.selectFrom("case_attachment").selectAll().where("campus_case", "=", id).orderBy("at").orderBy("sha256").execute();
  return { ...kept, steps: steps.map((step) => ({ ...step, text: texts.get(step.seq) ?? null })), attachments };
}

/** Which cases are listed. */
export interface CaseQuery {
  readonly person?: string | undefined;
  readonly phone?: string | undefined;
  readonly team?: string | undefined;
  readonly type?: string | undefined;
  readonly category?: string | undefined;
  readonly state?: string | undefined;
  readonly isOpen?: boolean | undefined;
  /** Those that were opened before this one. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** The newest first. States are those of this instant. @param now  seconds */
export async function listCases(queries: Queries, { types }: CaseLaw, asked: CaseQuery, now: number): Promise<KeptCase[]> {
  const { person, phone, team, type, category, state, isOpen, before, limit } = asked;
  let query = queries
    .selectFrom("campus_case")
    .leftJoin("case_reporter", "case_reporter.campus_case", "campus_case.id")
    .select("campus_case.id")
    .orderBy("nth", "desc")
    .limit(limit);
  if (person !== undefined) query = query.where("case_reporter.person", "=", person);
  if (phone !== undefined) query = query.where("case_reporter.phone", "=", phone);
  if (team !== undefined) query = query.where("team", "=", team);
  if (type !== undefined) query = query.where("type", "=", type);
  if (category !== undefined) query = query.where("category", "=", category);
  if (before !== undefined) query = query.where("nth", "<", before);
  if (state !== undefined) query = query.where((each) => inState(each, types, now, (_, id) => id === state));
  if (isOpen !== undefined) query = query.where((each) => inState(each, types, now, (of, id) => of.states.find((one) => one.id === id)?.isOver !== isOpen));
  const ids = await query.execute();
  const found: KeptCase[] = [];
  for (const { id } of ids) found.push((await readCase(queries, id))!);
  return found;
}

/** Cases whose state at an instant is wanted: what ends by itself is told from what is kept. */
function inState(
  each: ExpressionBuilder<Schema, "campus_case">,
  types: readonly CaseType[],
  now: number,
  isWanted: (type: CaseType, state: string) => boolean,
): Expression<SqlBool> {
  const all = types.flatMap((type) =>
    type.states.flatMap(({ id }): Expression<SqlBool>[] => {
      const kept = each.and([each("campus_case.type", "=", type.id), each("campus_case.state", "=", id)]);
      if (type.closing === null || !type.closing.from.includes(id)) return isWanted(type, id) ? [kept] : [];
      const { of, offsetS } = type.closing.behind.until;
      const column = of === "issue" ? "campus_case.opened_at" : "campus_case.completed_at";
      return [
        ...(isWanted(type, id) ? [each.and([kept, each(column, ">", now - offsetS)])] : []),
        ...(isWanted(type, type.closing.to) ? [each.and([kept, each(column, "<=", now - offsetS)])] : []),
      ];
    }),
  );
  return each.or(all);
}

/** The state of a case at an instant, and whether anything is left to be done. */
export function standingOf(law: CaseLaw, { row }: KeptCase, now: number): { readonly type: CaseType; readonly state: string; readonly isOver: boolean } {
  const type = typeOfCase(law, row);
  const facts = factsOf(row);
  return { type, state: stateAt(type, facts, now), isOver: isOverAt(type, facts, now) };
}
