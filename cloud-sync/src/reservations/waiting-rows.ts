import type { Selectable } from "kysely";
import { overlaps, type Span, span } from "../core/reservations/span.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { WaitingPlaceTable } from "../store/reservation-tables.ts";

export type WaitingRow = Selectable<WaitingPlaceTable>;

/** Who waits, the first who came first. @param after  a number: those behind it */
export function listWaiting(
  queries: Queries,
  by: { readonly person?: string | undefined; readonly resource?: string | undefined },
  after: number,
  limit: number,
): Promise<WaitingRow[]> {
  let query = queries.selectFrom("waiting_place").selectAll().where("number", ">", after).orderBy("number").limit(limit);
  if (by.person !== undefined) query = query.where("person", "=", by.person);
  if (by.resource !== undefined) query = query.where("resource", "=", by.resource);
  return query.execute();
}

/** All who wait for something of a place or a course, the first who came first. */
export const waitingFor = (queries: Queries, resource: string): Promise<WaitingRow[]> =>
  queries.selectFrom("waiting_place").selectAll().where("resource", "=", resource).orderBy("number").execute();

/** Nobody waits for what has begun, or for a course without a session to come. */
export async function dropBegun(queries: Queries, now: number): Promise<void> {
  await queries.deleteFrom("waiting_place").where("ends", "<>", 0).where("starts", "<=", now).execute();
  const ahead = queries.selectFrom("course_session").select("course").where("ends", ">", now);
  await queries.deleteFrom("waiting_place").where("ends", "=", 0).where("resource", "not in", ahead).execute();
}

/** Who has got something of a place waits no longer for it, at that time. */
export async function waitNoMore(queries: Queries, resource: string, person: string, spans: readonly Span[]): Promise<void> {
  const own = (await waitingFor(queries, resource)).filter((one) => one.person === person);
  const got = own.filter(({ starts, ends }) => ends === 0 || spans.some((each) => overlaps(each, span(starts, ends))));
  if (got.length > 0) await queries.deleteFrom("waiting_place").where("id", "in", got.map(({ id }) => id)).execute(); // prettier-ignore
}
