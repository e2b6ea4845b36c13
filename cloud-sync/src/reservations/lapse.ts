import type { Span } from "../core/reservations/span.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ReservationState, ReservationTable } from "../store/reservation-tables.ts";

/** What a reservation is at an instant: one that is held past its time is free, whether or not anybody has written that down. */
export const stateAt = ({ state, held_until }: Pick<ReservationTable, "state" | "held_until">, now: number): ReservationState =>
  held_until !== null && held_until <= now ? "lapsed" : state;

/** Writes down which holds of a place are past their time, so that the store lets others in. They gave nothing: no list changes. */
export async function lapseHolds(queries: Queries, number: number, within: Span, now: number): Promise<void> {
  const lapsed = await queries
    .selectFrom("reserved_time")
    .innerJoin("reservation", "reservation.id", "reserved_time.reservation")
    .select("reservation.id")
    .distinct()
    .where("resource_number", "=", number)
    .where("active", "=", 1)
    .where("ends", ">", within.from)
    .where("starts", "<", within.until)
    .where("held_until", "<=", now)
    .execute();
  await endAsLapsed(
    queries,
    lapsed.map(({ id }) => id),
  );
}

export async function endAsLapsed(queries: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await queries.updateTable("reservation").set({ state: "lapsed", held_until: null }).where("id", "in", ids).execute();
  await queries.updateTable("reserved_time").set({ active: 0 }).where("reservation", "in", ids).execute();
}
