import { ok } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { newEntityId } from "../core/entity-id.ts";
import { portions } from "../core/portions.ts";
import { refuseAs } from "../core/refusal.ts";
import type { InTheWay } from "../core/reservations/in-the-way.ts";
import { hullOf, overlaps, type Span, span } from "../core/reservations/span.ts";
import type { ReservationKind } from "../core/reservations/terms.ts";
import type { Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import { takenNow, type TakenSeat } from "./lapse.ts";

/** Times that the campus itself keeps: a course's sessions, lessons of a timetable, closures. */
export interface CampusTimes {
  readonly resource: string;
  readonly kind: Exclude<ReservationKind, "booking">;
  /** Which timetable, which course, why it is closed: by it they are replaced. */
  readonly label: string;
  readonly actor: string;
  readonly spans: readonly Span[];
}

/** Rows in one statement. */
const ROWS_MAX = 60;
/** Times that a refusal names: more nobody settles before he asks again. */
const NAMED_MAX = 50;

/** Keeps all seats of a place for the campus. Refused where somebody has one of them. */
export async function keepCampusTimes({ queries, now }: Mutation, cloud: Cloud, { resource, kind, label, actor, spans }: CampusTimes) {
  if (spans.length === 0) return ok({ times: 0 });
  const { number, seats } = await queries.selectFrom("resource").select(["number", "seats"]).where("id", "=", resource).executeTakeFirstOrThrow();
  const taken = await takenNow(queries, number, hullOf(spans), now);
  const clashes = taken.filter((other) => spans.some((each) => overlaps(each, other)));
  if (clashes.length > 0) return inTheWay(queries, resource, clashes);
  const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
  await queries
    .insertInto("reservation")
    .values({
      id,
      resource,
      person: null,
      kind,
      state: "booked",
      held_until: null,
      label,
      accepted_version: null,
      created_at: now,
      created_by: actor,
      approved_by: null,
      revision: 1,
    })
    .execute();
  const rows = spans.flatMap(({ from, until }, nth) =>
    Array.from({ length: seats }, (_, seat) => ({
      reservation: id,
      nth: nth * seats + seat,
      resource_number: number,
      seats,
      seat: seat + 1,
      starts: from,
      ends: until,
      active: 1,
      signed_in_at: null,
      signed_in_by: null,
      leave_at: null,
    })),
  );
  for (const some of portions(rows, ROWS_MAX)) await queries.insertInto("reserved_time").values(some).execute();
  return ok({ times: spans.length });
}

async function inTheWay(queries: Queries, resource: string, clashes: readonly TakenSeat[]) {
  // What the campus keeps has all seats: it is one time all the same.
  const times = new Map(clashes.map((each) => [`${each.reservation} ${each.from}`, each]));
  const named = [...times.values()].slice(0, NAMED_MAX);
  const ids = [...new Set(named.map(({ reservation }) => reservation))];
  const rows = await queries.selectFrom("reservation").select(["id", "kind", "person", "label"]).where("id", "in", ids).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const told = named.map(({ reservation, from, until }): InTheWay => {
    const { kind, person, label } = byId.get(reservation)!;
    return { reservation, resource, kind, person, label, ...span(from, until) };
  });
  const count = `${times.size} ${times.size === 1 ? "time" : "times"}`;
  return refuseAs("BookingsInTheWay", `${resource}: ${count}${times.size > NAMED_MAX ? `, of which the first ${NAMED_MAX} are named` : ""}`, {
    inTheWay: told,
  });
}

/** Gives back what the campus kept under a label. @returns at which places: something of them is free now */
export async function endCampusTimes(queries: Queries, { label, kind }: Pick<CampusTimes, "label" | "kind">): Promise<readonly string[]> {
  const ended = await queries.deleteFrom("reservation").where("kind", "=", kind).where("label", "=", label).returning("resource").execute();
  return [...new Set(ended.map(({ resource }) => resource))];
}
