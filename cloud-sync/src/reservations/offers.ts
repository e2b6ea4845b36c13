import { newEntityId } from "../core/entity-id.ts";
import { type Span, span } from "../core/reservations/span.ts";
import type { Mutation } from "../mutation.ts";
import { bodyOf, bookWithin, type Desk } from "./book.ts";
import type { Resource } from "./resources.ts";

/** Who is offered something is the one for whom the waiting list did it. */
const ACTOR = "waiting list";
/** Of a long list so many are tried at once: who cannot book any more is passed over. */
const TRIED_MAX = 20;

/**
 * Offers what has become free to who waits for it, the first who came first: it is held for him as a hold is, and he is told. Whoever may not book it any more
 * is passed over and leaves the list.
 */
export async function offerFreed(mutation: Mutation, desk: Pick<Desk, "cloud" | "services">, resource: Resource, freed: Span): Promise<void> {
  const { queries, now, notify } = mutation;
  const { cloud } = desk;
  const waiting = await queries
    .selectFrom("waiting_place")
    .selectAll()
    .where("resource", "=", resource.id)
    .where((where) => where.or([where("ends", "=", 0), where.and([where("starts", "<", freed.until), where("ends", ">", freed.from)])]))
    .orderBy("id")
    .limit(TRIED_MAX)
    .execute();
  for (const { id, person, starts, ends, accepted_version } of waiting) {
    const spans = resource.kind === "course" ? [] : [span(starts, ends)];
    const reservation = newEntityId(cloud.nowMs(), cloud.randomBytes);
    const offered = await bookWithin({ ...mutation, notify: () => {} }, desk, ACTOR, reservation, {
      resource: resource.id,
      person,
      spans,
      acceptedVersion: accepted_version,
      isHold: true,
    });
    if (!offered.ok) {
      // Still taken: waits on.
      if (offered.error !== "SlotTaken") await queries.deleteFrom("waiting_place").where("id", "=", id).execute();
      continue;
    }
    await queries.deleteFrom("waiting_place").where("id", "=", id).execute();
    const { heldUntil, times } = offered.value;
    notify({
      kind: "reservation.offered",
      person,
      body: { ...bodyOf({ id: reservation, resource: resource.id }, span(times[0]!.from, times.at(-1)!.until)), heldUntil: heldUntil ?? now },
    });
  }
}
