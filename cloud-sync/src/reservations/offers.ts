import { ok, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { newEntityId } from "../core/entity-id.ts";
import { hullOf, overlaps, type Span, span } from "../core/reservations/span.ts";
import { mutate, type Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import { Statement } from "../store/statement.ts";
import { bodyOf, bookable, bookWithin, type Desk, spansOf } from "./booking.ts";
import { takenNow, takenSeats } from "./lapse.ts";
import { giveRoom, readWithoutRoom } from "./lessons-without-room.ts";
import type { Resource } from "./resource-rows.ts";
import { firstFreeSeat } from "./seats.ts";
import { type WaitingRow, waitingFor } from "./waiting-rows.ts";

/** What offering works with. */
export type Offerer = Pick<Desk, "cloud" | "services">;
type Numbered = Resource & { readonly number: number };

/** Who is offered something is the one for whom the waiting list did it. */
const ACTOR = "waiting list";
const NOTE = { actor: ACTOR, action: "waiting offer", reason: "" } as const;

const WAITED_FOR = new Statement<{ readonly resource: string }>(
  "SELECT resource FROM waiting_place WHERE resource = ? UNION ALL SELECT resource FROM lesson_without_room WHERE resource = ? LIMIT 1",
);
const ALL_WAITED_FOR = new Statement<{ readonly resource: string }>(
  "SELECT resource FROM waiting_place UNION SELECT resource FROM lesson_without_room ORDER BY resource",
);

/**
 * Offers what is free of a place or course to who waits for it, the first who came first: it is held for him as a hold is, and he is told. Lessons that the
 * calendar has left without a room go before. Whoever may not book it any more is passed over and leaves the list.
 *
 * It looks at what is free, not at what has become so: whatever frees something calls it, and so does whoever wants to book, before he looks. So nobody takes
 * what somebody waits for, in whatever way it became free.
 *
 * @param asker  who wants to book: nothing is offered to those who wait behind him for the same
 * @returns whether somebody waited
 */
export async function offerFree(mutation: Mutation, desk: Offerer, id: string, asker?: { readonly person: string; readonly spans: readonly Span[] }) {
  const { queries, now } = mutation;
  if ((await WAITED_FOR.row(queries, id, id)) === undefined) return false;
  await giveRoom(mutation, desk.cloud, id);
  const found = await bookable(queries, desk.services, id);
  if (!found.ok) return true;
  const { resource } = found.value;
  const waiting = await waitingFor(queries, id);
  const within = waitedHull(resource, waiting, now);
  let taken = within && (await takenNow(queries, resource.number, within, now));
  for (const one of waiting) {
    const spans = timesOf(resource, one, now);
    if (one.person === asker?.person && (one.ends === 0 || asker.spans.some((each) => overlaps(each, spans[0]!)))) break;
    if (taken !== undefined && firstFreeSeat(resource, taken, spans) === undefined) continue;
    if (await offer(mutation, desk, one)) taken = within && (await takenNow(queries, resource.number, within, now));
  }
  return true;
}

/** Offers of all places and courses what is free of them: what a change has freed that concerns many. */
export async function offerAllFree(mutation: Mutation, desk: Offerer): Promise<void> {
  for (const { resource } of await ALL_WAITED_FOR.rows(mutation.queries)) await offerFree(mutation, desk, resource);
}

/** Looks whether something is free for which somebody waits, and offers it, each place in a transaction of its own. @returns whether anybody was told */
export async function lookForFree(desk: Offerer): Promise<boolean> {
  const { queries } = desk.cloud.database;
  const now = unixSeconds(Math.floor(desk.cloud.nowMs() / 1000));
  let isTold = false;
  for (const { resource } of await ALL_WAITED_FOR.rows(queries)) {
    if (!(await isFreeForSomebody(queries, desk, resource, now))) continue;
    await mutate(desk.cloud, { ...NOTE, target: `resource ${resource}` }, async (mutation) => ok(await offerFree(mutation, desk, resource)));
    isTold = true;
  }
  return isTold;
}

/** Without writing anything: most looks find nothing. */
async function isFreeForSomebody(queries: Queries, { services }: Offerer, id: string, now: UnixSeconds): Promise<boolean> {
  const found = await bookable(queries, services, id);
  if (!found.ok) return false;
  const { resource } = found.value;
  const waiting = await waitingFor(queries, id);
  const lessons = await readWithoutRoom(queries, id);
  const spans = [...waiting.map((one) => timesOf(resource, one, now)), ...lessons.map((lesson) => [lesson])].filter((each) => each.length > 0);
  if (spans.length === 0) return false;
  const { taken } = await takenSeats(queries, resource.number, hullOf(spans.flat()), now);
  return (
    lessons.some((lesson) => !taken.some((each) => overlaps(each, lesson))) ||
    waiting.some((one) => firstFreeSeat(resource, taken, timesOf(resource, one, now)) !== undefined)
  );
}

/** One waits no longer: it is held for him, or he may not book it. @returns whether it is held; no: also where somebody else has it, and he waits on */
async function offer(mutation: Mutation, desk: Offerer, { id, resource, person, starts, ends, accepted_version }: WaitingRow): Promise<boolean> {
  const { queries, now, notify } = mutation;
  const reservation = newEntityId(desk.cloud.nowMs(), desk.cloud.randomBytes);
  const spans = ends === 0 ? [] : [span(starts, ends)];
  const ask = { resource, person, spans, acceptedVersion: accepted_version, isHold: true };
  const offered = await bookWithin({ ...mutation, notify: () => {} }, desk, ACTOR, reservation, ask);
  if (offered.ok || offered.error !== "SlotTaken") await queries.deleteFrom("waiting_place").where("id", "=", id).execute();
  if (!offered.ok) return false;
  const { heldUntil, times } = offered.value;
  const body = bodyOf({ id: reservation, resource }, span(times[0]!.from, times.at(-1)!.until));
  notify({ kind: "reservation.offered", person, body: { ...body, heldUntil: heldUntil ?? now } });
  return true;
}

const timesOf = (resource: Numbered, { starts, ends }: WaitingRow, now: UnixSeconds): readonly Span[] =>
  spansOf(resource, ends === 0 ? [] : [span(starts, ends)], now);

/** From the first to the last instant for which somebody waits; undefined: for none. */
function waitedHull(resource: Numbered, waiting: readonly WaitingRow[], now: UnixSeconds): Span | undefined {
  const spans = waiting.flatMap((one) => timesOf(resource, one, now));
  return spans.length === 0 ? undefined : hullOf(spans);
}
