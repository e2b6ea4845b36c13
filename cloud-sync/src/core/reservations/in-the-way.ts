import type { Span } from "./span.ts";
import type { ReservationKind } from "./terms.ts";

/** A time that somebody has where the campus wants the place for itself: what has to move, or to end, before. */
export interface InTheWay extends Span {
  readonly reservation: string;
  readonly resource: string;
  readonly kind: ReservationKind;
  /** Whose booking it is; null: the campus's own. */
  readonly person: string | null;
  /** Which timetable, course or closure; empty of a booking. */
  readonly label: string;
}
