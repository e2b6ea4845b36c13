import { formatLocal, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Span } from "../core/reservations/span.ts";
import { windowOf } from "../core/reservations/terms.ts";
import type { Desk } from "./booking.ts";
import { type OfferingWithContact, refuseFor } from "./offering.ts";
import type { ReservationRow } from "./reservation-rows.ts";

/** What of a reservation is given back: the window is that of one stretch, and without one it ends when the first begins. */
interface GivenBack {
  readonly id: "cancel" | "cancel-course";
  readonly of: Span;
  readonly first: Span;
}

/** Refuses to give back what is booked when it is too late for that, whether it is cancelled or moved elsewhere; undefined: it is not, or a desk does it (rule 5.8). */
export function tooLate(
  { cloud, isDesk }: Pick<Desk, "cloud" | "isDesk">,
  offering: OfferingWithContact,
  { state, created_at }: Pick<ReservationRow, "state" | "created_at">,
  { id, of, first }: GivenBack,
  now: UnixSeconds,
) {
  const window = windowOf(offering, id, of, unixSeconds(created_at));
  const until = window?.until ?? first.from;
  if (state !== "booked" || isDesk || now < until) return undefined;
  return refuseFor(offering, "WindowClosed", `${id}: until ${formatLocal(cloud.timeZone, until)}`, window?.rule ?? offering.terms.rule);
}
