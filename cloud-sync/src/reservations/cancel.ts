import { ok, type Result } from "@portico/card-protocol";
import { hullOf, span } from "../core/reservations/span.ts";
import { windowRule } from "../core/reservations/terms.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { bodyOf, type Desk, grantedOf, oneOf } from "./booking.ts";
import { tooLate } from "./cancel-window.ts";
import { refuseFor } from "./offering.ts";
import { type ActRefusal, findReservation } from "./decide.ts";
import { offerFree } from "./offers.ts";
import { endGrants, grantTimes } from "./reservation-grants.ts";
import type { Reservation, ReservationRow } from "./reservation-rows.ts";

export type CancelRefusal = ActRefusal | "WindowClosed" | "TimesRefused";

/**
 * Gives back what lies ahead, and its grants with it (rule 5.3): a course's seat with all remaining sessions (rule 5.5), a place at one of its times or at all.
 * A desk cancels until the end, whatever the window (rule 5.8).
 *
 * @param nth  one time of several; null: all
 */
export function cancel(desk: Desk, note: ChangeNote, id: string, person: string, nth: number | null): Promise<Result<Changed<Reservation>, CancelRefusal>> {
  return mutate<Reservation, CancelRefusal>(desk.cloud, { ...note, target: `reservation ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const found = await findReservation(mutation, desk, id, person, ["held", "waiting", "booked"]);
    if (!found.ok) return found;
    const { row, resource, offering, times } = found.value;
    const isCourse = resource.kind === "course";
    if (isCourse && nth !== null)
      return refuseFor(offering, "TimesRefused", "a course is cancelled as a whole; ask leave from one session", windowRule(offering, "cancel-course"));
    const ending = times.filter((time) => (nth === null || time.nth === nth) && time.until > now);
    const first = ending[0];
    if (first === undefined) return refuseFor(offering, "ReservationOver", "nothing of it lies ahead", offering.terms.rule);
    // A course's window is that of its beginning.
    const late = tooLate(desk, offering, row, isCourse ? { id: "cancel-course", of: times[0]!, first } : { id: "cancel", of: first, first }, now);
    if (late !== undefined) return late;
    await queries.updateTable("reserved_time").set({ active: 0 }).where("reservation", "=", id).where("nth", "in", ending.map((time) => time.nth)).execute(); // prettier-ignore
    const remains = times.length > ending.length && nth !== null && times.some((time) => time.nth !== nth && time.until > now);
    const ended: ReservationRow = remains ? row : { ...row, state: "cancelled", held_until: null };
    if (!remains) await queries.updateTable("reservation").set({ state: "cancelled", held_until: null }).where("id", "=", id).execute();
    if (remains && row.state === "booked") await grantTimes(mutation, desk.cloud, offering, resource.opens, grantedOf(row));
    else await endGrants(mutation, id, row.person);
    const freed = span(Math.max(now, first.from), hullOf(ending).until);
    mutation.notify({ kind: "reservation.cancelled", person: row.person, body: bodyOf(row, freed) });
    await offerFree(mutation, desk, resource.id);
    return ok(await oneOf(queries, ended, offering, now));
  });
}
