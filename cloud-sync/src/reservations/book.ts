import type { Result } from "@portico/card-protocol";
import { newEntityId } from "../core/entity-id.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { type BookingAsk, type BookRefusal, bookWithin, type Desk } from "./booking.ts";
import { offerFree } from "./offers.ts";
import type { Reservation } from "./reservation-rows.ts";
import { waitNoMore } from "./waiting-rows.ts";

/** Books, or holds, in one transaction: the times, the grants, and that it is told. Where somebody else has it, the refusal names what is free nearby. */
export function book(desk: Desk, note: ChangeNote, ask: BookingAsk): Promise<Result<Changed<Reservation>, BookRefusal>> {
  const { cloud } = desk;
  const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate<Reservation, BookRefusal>(cloud, { ...note, target: `reservation ${id}` }, async (mutation) => {
    const isWaitedFor = await offerFree(mutation, desk, ask.resource, ask);
    const booked = await bookWithin(mutation, desk, note.actor, id, ask);
    if (booked.ok && isWaitedFor) await waitNoMore(mutation.queries, ask.resource, ask.person, booked.value.times);
    return booked;
  });
}
