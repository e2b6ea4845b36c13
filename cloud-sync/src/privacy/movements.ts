import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import type { Validity } from "../core/validity.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { MovementRequestTable } from "../store/privacy-tables.ts";

/** From its approval a request can be read for so long. */
export const READABLE_S = 24 * 3600;

/** The wish to read where a person went: by whom, why, and who agreed. */
export interface MovementRequest {
  readonly id: string;
  readonly person: string;
  /** from ≤ t < until. */
  readonly range: Validity;
  readonly reason: string;
  readonly askedBy: string;
  readonly askedAt: number;
  readonly approvedBy: string | null;
  readonly approvedAt: number | null;
}

/** Asks to read where a person went. Nothing is told before another operator agrees. */
export function askForMovements(
  cloud: Cloud,
  note: ChangeNote,
  person: string,
  range: Validity,
): Promise<Result<Changed<MovementRequest>, "PersonUnknown" | "ReasonRequired">> {
  return mutate(cloud, { ...note, target: `person ${person}` }, async ({ queries, now }) => {
    if (note.reason === "") return refuse("ReasonRequired", note.action);
    if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
    const row: MovementRequestTable = {
      id: newEntityId(cloud.nowMs(), cloud.randomBytes),
      person,
      from_time: range.from,
      until_time: range.until,
      reason: note.reason,
      asked_by: note.actor,
      asked_at: now,
      approved_by: null,
      approved_at: null,
    };
    await queries.insertInto("movement_request").values(row).execute();
    return ok(requestOf(row));
  });
}

/** Another operator agrees, with a reason of their own. A second time changes nothing. */
export function approveMovements(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
): Promise<Result<Changed<MovementRequest>, "MovementRequestUnknown" | "SameOperator" | "ReasonRequired">> {
  return mutate(cloud, { ...note, target: `movement request ${id}` }, async ({ queries, now }) => {
    if (note.reason === "") return refuse("ReasonRequired", note.action);
    const row = await readRow(queries, id);
    if (row === undefined) return refuse("MovementRequestUnknown", id);
    if (row.asked_by === note.actor) return refuse("SameOperator", note.actor);
    if (row.approved_by !== null) return ok(requestOf(row));
    await queries.updateTable("movement_request").set({ approved_by: note.actor, approved_at: now }).where("id", "=", id).execute();
    return ok(requestOf({ ...row, approved_by: note.actor, approved_at: now }));
  });
}

/** The newest first. @param person  of one person; undefined: of all */
export async function listMovementRequests(queries: Queries, person: string | undefined, limit: number): Promise<MovementRequest[]> {
  let query = queries.selectFrom("movement_request").selectAll().orderBy("id", "desc").limit(limit);
  if (person !== undefined) query = query.where("person", "=", person);
  return (await query.execute()).map(requestOf);
}

/** A request that its asker may read by now, or why not. */
export async function readableRequest(
  queries: Queries,
  actor: string,
  id: string,
  now: number,
): Promise<Result<MovementRequest, "MovementRequestUnknown" | "MovementsNotApproved">> {
  const row = await readRow(queries, id);
  if (row === undefined) return refuse("MovementRequestUnknown", id);
  if (row.approved_at === null) return refuse("MovementsNotApproved", "nobody else has agreed yet");
  if (row.asked_by !== actor) return refuse("MovementsNotApproved", "it was agreed to whoever asked, and to nobody else");
  if (row.approved_at + READABLE_S <= now) return refuse("MovementsNotApproved", "the agreement is more than a day old");
  return ok(requestOf(row));
}

const readRow = (queries: Queries, id: string): Promise<MovementRequestTable | undefined> =>
  queries.selectFrom("movement_request").selectAll().where("id", "=", id).executeTakeFirst();

const requestOf = (row: MovementRequestTable): MovementRequest => ({
  id: row.id,
  person: row.person,
  range: { from: row.from_time as Validity["from"], until: row.until_time as Validity["until"] },
  reason: row.reason,
  askedBy: row.asked_by,
  askedAt: row.asked_at,
  approvedBy: row.approved_by,
  approvedAt: row.approved_at,
});
