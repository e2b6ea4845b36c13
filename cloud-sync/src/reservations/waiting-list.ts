import { ok, type Result } from "@portico/card-protocol";
import { newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { bookable, type BookingAsk, type Desk, spansOf } from "./booking.ts";
import { refusalOf } from "./booking-facts.ts";
import { refuseFor } from "./offering.ts";
import { offerFree } from "./offers.ts";
import { freeSeat } from "./seats.ts";
import type { WaitingRow } from "./waiting-rows.ts";

/** Waits for something that somebody has: when it becomes free it is held for who waits longest, and he is told. Again he keeps his place in the line: only until when, and which notice he has accepted, are as he says now. */
export function waitFor(
  desk: Desk,
  note: ChangeNote,
  ask: Omit<BookingAsk, "isHold">,
): Promise<Result<Changed<WaitingRow>, "ResourceUnknown" | "PersonUnknown" | "NotBookable" | "NothingToWaitFor">> {
  const { cloud, services } = desk;
  const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate(cloud, { ...note, target: `waiting ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const found = await bookable(queries, services, ask.resource);
    if (!found.ok) return found;
    // What is free goes to who waits already: then this one waits behind him.
    await offerFree(mutation, desk, ask.resource);
    const { resource, offering } = found.value;
    if ((await queries.selectFrom("person").select("id").where("id", "=", ask.person).executeTakeFirst()) === undefined)
      return refuse("PersonUnknown", ask.person);
    const spans = spansOf(resource, ask.spans, now);
    const refused = await refusalOf(cloud, queries, services, offering, { ...ask, resource, spans, except: null }, now);
    if (refused !== undefined) return refuseFor(offering, "NotBookable", `${refused.reason}: ${refused.detail}`, refused.rule);
    if ("seat" in (await freeSeat(queries, resource, spans, now))) return refuseFor(offering, "NothingToWaitFor", resource.id, offering.terms.rule);
    const times = resource.kind === "course" ? { starts: 0, ends: 0 } : { starts: spans[0]!.from, ends: spans[0]!.until };
    const known = await queries
      .selectFrom("waiting_place")
      .selectAll()
      .where("resource", "=", resource.id)
      .where("person", "=", ask.person)
      .where("starts", "=", times.starts)
      .executeTakeFirst();
    if (known !== undefined) {
      // Longer or shorter than before, or by a newer notice: he keeps his place in the line.
      const changed = { ends: times.ends, accepted_version: ask.acceptedVersion };
      await queries.updateTable("waiting_place").set(changed).where("id", "=", known.id).execute();
      return ok({ ...known, ...changed });
    }
    const row = { id, resource: resource.id, person: ask.person, ...times, accepted_version: ask.acceptedVersion, created_at: now, created_by: note.actor };
    return ok(await queries.insertInto("waiting_place").values(row).returningAll().executeTakeFirstOrThrow());
  });
}

/** Waits no longer. */
export function stopWaiting({ cloud }: Pick<Desk, "cloud">, note: ChangeNote, id: string): Promise<Result<Changed<null>, "ReservationUnknown">> {
  return mutate(cloud, { ...note, target: `waiting ${id}` }, async ({ queries }) => {
    const { numDeletedRows } = await queries.deleteFrom("waiting_place").where("id", "=", id).executeTakeFirst();
    return numDeletedRows === 0n ? refuse("ReservationUnknown", id) : ok(null);
  });
}
