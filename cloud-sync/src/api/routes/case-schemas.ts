import { z } from "@hono/zod-openapi";
import type { CaseType } from "../../core/cases/case-type.ts";
import { closesAt, openTransitions, stateOf } from "../../core/cases/step-case.ts";
import { standingOf, type WholeCase } from "../../cases/case-answer.ts";
import { type CaseLaw, factsOf, type KeptCase, textsOf } from "../../cases/case-row.ts";
import { OPENING, OPENING_NAMES } from "../../cases/open-case.ts";
import type { Queries } from "../../store/cloud-database.ts";
import { entityId, listId, names, phoneField, text, time, timeOf } from "../schemas.ts";

/** Text of several lines, as people dictate it (rule 6.7). */
export const longText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !/[\p{Cs}]/u.test(value) && !/\p{Cc}/u.test(value.replaceAll(/[\r\n\t]/g, "")), "holds a control character, or half a character");

export const caseId = z
  .string()
  .regex(/^[A-Z]{1,6}-\d{4}-\d{6,9}$/, "a case's number, such as BX-2026-000042")
  .openapi({ example: "BX-2026-000042" });
export const saidPlace = z
  .strictObject({ area: text(1, 40).nullable().openapi({ description: "Building or area; null: the text says it", example: "C1" }), text: text(1, 200) })
  .openapi("SaidPlace");
/** As whom somebody comes: who is logged in, a person whom the caller vouches for, or a phone number that the caller has proven (rule 1.3). */
export const comingAs = z
  .union(
    [
      z.strictObject({ session: z.string().regex(/^[0-9a-f]{64}$/, "a session's id") }),
      z.strictObject({ person: entityId }),
      z.strictObject({ phone: phoneField.unwrap(), name: text(1, 100).optional() }),
    ],
    { error: "session, person or phone; null, where that is taken: the caller itself" },
  )
  .openapi("ComingAs");
export type ComingAs = z.output<typeof comingAs>;

const named = z.object({ id: z.string(), names });
const step = z.object({
  seq: z.int(),
  at: time,
  round: z.int(),
  transition: named,
  from: z.string(),
  to: z.string(),
  role: z.string().openapi({ description: "As what it was done: reporter, team, desk, system, or named:field" }),
  actor: z.string().openapi({ description: "Who asked for it" }),
  text: z.string().nullable().openapi({ description: "Null: nothing was said, or it went with the person" }),
  rating: z.int().nullable(),
  changes: z.record(z.string(), z.string()),
});
export const caseAttachment = z
  .object({ sha256: z.string(), name: z.string(), type: z.string(), bytes: z.int(), at: time, role: z.string() })
  .openapi("CaseAttachment");
export const caseSummary = z
  .object({
    id: caseId,
    type: named,
    category: z.string(),
    state: named.openapi({ description: "At this instant: what closes by itself is closed" }),
    isOver: z.boolean(),
    round: z.int(),
    place: z.object({ area: z.string().nullable(), text: z.string().nullable() }),
    team: z.string().nullable().openapi({ description: "Null: nobody takes it by itself, the desk dispatches it" }),
    openedAt: time,
    movedAt: time,
    completedAt: time.nullable(),
    closesAt: time.nullable().openapi({ description: "When it closes by itself" }),
  })
  .openapi("CaseSummary");
export const wholeCase = caseSummary
  .extend({
    reporter: z
      .object({ person: entityId.nullable(), name: z.string(), phone: z.string().nullable() })
      .nullable()
      .openapi({ description: "Null: a device, or somebody who was erased" }),
    form: z.record(z.string(), z.string()),
    results: z.record(z.string(), z.string()).openapi({ description: "What its steps have made" }),
    may: z.array(named).openapi({ description: "What whoever asks may do now" }),
    history: z.array(step),
    attachments: z.array(caseAttachment),
  })
  .openapi("Case");

const stateNamed = (type: CaseType, id: string): z.output<typeof named> => ({ id, names: stateOf(type, id)?.names ?? { zh: id, en: id } });

export function summaryJson(law: CaseLaw, kept: KeptCase, now: number): z.output<typeof caseSummary> {
  const { row } = kept;
  const { type, state, isOver } = standingOf(law, kept, now);
  const closing = closesAt(type, factsOf(row));
  return {
    id: row.id,
    type: { id: type.id, names: type.names },
    category: row.category,
    state: stateNamed(type, state),
    isOver,
    round: row.round,
    place: { area: row.area, text: row.place },
    team: row.team,
    openedAt: timeOf(row.opened_at),
    movedAt: timeOf(row.moved_at),
    completedAt: row.completed_at === null ? null : timeOf(row.completed_at),
    closesAt: closing === undefined ? null : timeOf(closing),
  };
}

/** @param roles  of whoever asks */
export async function caseJson(
  queries: Queries,
  law: CaseLaw,
  whole: WholeCase,
  roles: ReadonlySet<string>,
  actor: string,
  now: number,
): Promise<z.output<typeof wholeCase>> {
  const { row, reporter, steps, attachments } = whole;
  const { type } = standingOf(law, whole, now);
  const known = reporter?.person ?? null;
  const person = known === null ? undefined : await queries.selectFrom("person").select(["name", "phone"]).where("id", "=", known).executeTakeFirst(); // prettier-ignore
  const ways = openTransitions(type, factsOf(row), roles, actor, now);
  const namesOf = (id: string, from: string) => (id === OPENING ? OPENING_NAMES : (type.transitions.find((each) => each.id === id && each.from.includes(from)) ?? type.transitions.find((each) => each.id === id))?.names ?? { zh: id, en: id }); // prettier-ignore
  return {
    ...summaryJson(law, whole, now),
    reporter:
      reporter === undefined
        ? null
        : { person: reporter.person, name: person?.name ?? reporter.name, phone: person === undefined ? reporter.phone : person.phone },
    form: textsOf(reporter?.form ?? "{}"),
    results: textsOf(row.results),
    may: ways.map(({ id, names: called }) => ({ id, names: called })),
    history: steps.map((each) => ({
      seq: each.seq,
      at: timeOf(each.at),
      round: each.round,
      transition: { id: each.transition, names: namesOf(each.transition, each.from_state) },
      from: each.from_state,
      to: each.to_state,
      role: each.role,
      actor: each.actor,
      text: each.text,
      rating: each.rating,
      changes: textsOf(each.changes),
    })),
    attachments: attachments.map(({ sha256, name, type: media, bytes, at, role }) => ({ sha256, name, type: media, bytes, at: timeOf(at), role })),
  };
}

/** A case type as it is told: what a form is made of, and the table. */
export const caseTypeAnswer = z
  .object({
    id: z.string(),
    names,
    service: listId,
    categories: z.array(z.object({ id: z.string(), path: z.string(), names, requiresDescription: z.boolean() })),
    form: z.array(z.object({ id: z.string(), names, kind: z.string(), required: z.boolean() })),
    start: z.string(),
    states: z.array(z.object({ id: z.string(), names, isOver: z.boolean() })),
    transitions: z.array(
      z.object({
        id: z.string(),
        names,
        rule: z.string(),
        from: z.array(z.string()),
        to: z.string().nullable().openapi({ description: "Null: it stays where it is" }),
        by: z.array(z.string()),
        window: z.string().nullable(),
        demands: z.array(z.string()),
        approvals: z.int(),
        effects: z.array(z.string()),
      }),
    ),
    closing: z.object({ from: z.array(z.string()), to: z.string(), behind: z.string() }).nullable(),
    attachments: z.object({ countMax: z.int(), bytesMax: z.int(), types: z.array(z.string()) }),
    beaconAreas: z.array(z.string()),
  })
  .openapi("CaseType");
export const caseTypeJson = ({ services }: CaseLaw, type: CaseType): z.output<typeof caseTypeAnswer> => ({
  id: type.id,
  names: type.names,
  service: type.service,
  categories: services.caseCategories
    .filter(({ id }) => type.categories.includes(id))
    .map(({ id, path, names: called, requiresDescription }) => ({ id, path, names: called, requiresDescription })),
  form: type.form.map((field) => ({ ...field })),
  start: type.start,
  states: type.states.map((state) => ({ ...state })),
  transitions: type.transitions.map(({ id, names: called, rule, from, to, by, window, demands, approvals, effects }) => ({
    id,
    names: called,
    rule,
    from: [...from],
    to,
    by: [...by],
    window: window?.id ?? null,
    demands: [...demands],
    approvals,
    effects: effects.map(({ act }) => act),
  })),
  closing: type.closing && { from: [...type.closing.from], to: type.closing.to, behind: type.closing.behind.id },
  attachments: { ...type.attachments, types: [...type.attachments.types] },
  beaconAreas: [...type.beaconAreas],
});
