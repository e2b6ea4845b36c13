import { sql } from "kysely";
import { type Span, span } from "../core/reservations/span.ts";
import type { Queries } from "../store/cloud-database.ts";
import { Statement } from "../store/statement.ts";
import type { ReservationState, ReservationTable } from "../store/reservation-tables.ts";

/** What a reservation is at an instant: one that is held past its time is free, whether or not anybody has written that down. */
export const stateAt = ({ state, held_until }: Pick<ReservationTable, "state" | "held_until">, now: number): ReservationState =>
  held_until !== null && held_until <= now ? "lapsed" : state;

/** Of `reserved_time`, as a number: the indexes of what is taken are for these alone. */
export const ACTIVE = sql<boolean>`active = 1`;

/** Who has a seat. */
export interface TakenSeat extends Span {
  readonly reservation: string;
  readonly seat: number;
}

const TAKEN = new Statement<{
  readonly reservation: string;
  readonly seat: number;
  readonly starts: number;
  readonly ends: number;
  readonly held_until: number | null;
}>( // prettier-ignore
  `SELECT reservation, seat, starts, ends, held_until FROM reserved_time JOIN reservation ON reservation.id = reserved_time.reservation
    WHERE resource_number = ? AND active = 1 AND ends > ? AND starts < ? ORDER BY starts`,
);

/** Who has a seat of a place within a stretch, and of which reservations the hold there is past its time. */
export async function takenSeats(
  queries: Queries,
  number: number,
  within: Span,
  now: number,
): Promise<{ readonly taken: TakenSeat[]; readonly over: readonly string[] }> {
  const rows = await TAKEN.rows(queries, number, within.from, within.until);
  const isOver = ({ held_until }: (typeof rows)[number]): boolean => held_until !== null && held_until <= now;
  const taken = rows.filter((row) => !isOver(row)).map(({ reservation, seat, starts, ends }) => ({ reservation, seat, ...span(starts, ends) }));
  return { taken, over: [...new Set(rows.filter(isOver).map(({ reservation }) => reservation))] };
}

/**
 * Who has a seat of a place within a stretch. Holds past their time are written down as what they are, so that the store lets others in; they gave nothing, so no
 * list changes.
 */
export async function takenNow(queries: Queries, number: number, within: Span, now: number): Promise<TakenSeat[]> {
  const { taken, over } = await takenSeats(queries, number, within, now);
  await endAsLapsed(queries, over);
  return taken;
}

export async function endAsLapsed(queries: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await queries.updateTable("reservation").set({ state: "lapsed", held_until: null }).where("id", "in", ids).execute();
  await queries.updateTable("reserved_time").set({ active: 0 }).where("reservation", "in", ids).execute();
}
