import { ok, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { newEntityId } from "../core/entity-id.ts";
import { ALWAYS_SCHEDULE } from "../core/expansion.ts";
import { portions } from "../core/portions.ts";
import { span } from "../core/reservations/span.ts";
import { windowOf } from "../core/reservations/terms.ts";
import { mutate, type Mutation } from "../mutation.ts";
import type { OfferingWithContact } from "./offering.ts";
import type { Opened } from "./resource-rows.ts";
import { ACTIVE } from "./lapse.ts";

/** Rows in one statement. */
const ROWS_MAX = 40;

/** A reservation as its grants see it. */
export interface GrantedReservation {
  readonly id: string;
  readonly person: string;
  readonly bookedAt: number;
  readonly bookedBy: string;
  readonly approvedBy: string | null;
}

/**
 * Makes a reservation's grants those that its times are worth now: with the lead and lag of the service's window `door`, for its audiences alone, and none for a
 * session that was excused or is over. They have no other source and no life of their own.
 */
export async function grantTimes(
  { queries, now, mark }: Mutation,
  cloud: Cloud,
  offering: OfferingWithContact,
  opens: readonly Opened[],
  { id, person, bookedAt, bookedBy, approvedBy }: GrantedReservation,
): Promise<void> {
  await endGrants({ queries, now, mark }, id, person);
  if (opens.length === 0) return;
  const times = await queries
    .selectFrom("reserved_time")
    .select(["starts", "ends"])
    .where("reservation", "=", id)
    .where(ACTIVE)
    .where("leave_at", "is", null)
    .orderBy("nth")
    .execute();
  const capabilities = [...new Set(opens.map(({ capability }) => capability))];
  const rows = times.flatMap(({ starts, ends }) => {
    const door = windowOf(offering, "door", span(starts, ends), unixSeconds(bookedAt));
    if (door === undefined || door.until <= Math.max(now, door.from)) return [];
    return capabilities.map((capability) => ({
      id: newEntityId(cloud.nowMs(), cloud.randomBytes),
      effect: "give" as const,
      subject_kind: "person" as const,
      subject: person,
      access_profile: null,
      access_points: JSON.stringify([...new Set(opens.filter((each) => each.capability === capability).map(({ accessPoint }) => accessPoint))].sort()),
      capability,
      schedule: ALWAYS_SCHEDULE,
      valid_from: door.from,
      valid_until: door.until,
      source_kind: "reservation" as const,
      source: id,
      policy: null,
      within_audiences: JSON.stringify(offering.audiences),
      granted_by: bookedBy,
      approved_by: approvedBy,
    }));
  });
  for (const some of portions(rows, ROWS_MAX)) await queries.insertInto("access_grant").values(some).execute();
}

/** Ends what a reservation gave, and with it what earlier reservations of the person gave and is over. */
export async function endGrants({ queries, now, mark }: Pick<Mutation, "queries" | "now" | "mark">, id: string, person: string): Promise<void> {
  await queries.deleteFrom("access_grant").where("source_kind", "=", "reservation").where("source", "=", id).execute();
  await queries
    .deleteFrom("access_grant")
    .where("subject", "=", person)
    .where("subject_kind", "=", "person")
    .where("source_kind", "=", "reservation")
    .where("valid_until", "<=", now)
    .execute();
  mark("person", person);
}

/** People in one change. */
const SWEPT_MAX = 500;

/** Takes away what reservations gave that are over, so that no list carries it on. @returns true where there may be more */
export async function sweepGrants(cloud: Cloud): Promise<boolean> {
  const now = Math.floor(cloud.nowMs() / 1000);
  const rows = await cloud.database.queries.selectFrom("access_grant").select("subject").distinct().where("subject_kind", "=", "person").where("source_kind", "=", "reservation").where("valid_until", "<=", now).orderBy("subject").limit(SWEPT_MAX).execute(); // prettier-ignore
  const people = rows.map(({ subject }) => subject);
  if (people.length === 0) return false;
  await mutate(
    cloud,
    { actor: "reservations", action: "reservation sweep", target: `grants of ${people.length} people`, reason: "" },
    async ({ queries, mark }) => {
      await queries.deleteFrom("access_grant").where("subject", "in", people).where("subject_kind", "=", "person").where("source_kind", "=", "reservation").where("valid_until", "<=", now).execute(); // prettier-ignore
      for (const person of people) mark("person", person);
      return ok(null);
    },
  );
  return people.length === SWEPT_MAX;
}
