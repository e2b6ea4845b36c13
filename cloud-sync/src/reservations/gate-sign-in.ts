import { decodeEvent, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { portions } from "../core/portions.ts";
import { span } from "../core/reservations/span.ts";
import { windowOf } from "../core/reservations/terms.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { type OfferingWithContact, offeringIds, offeringOf } from "./offering.ts";
import type { Opened } from "./resource-rows.ts";
import { ACTIVE } from "./lapse.ts";

/** Batches of one transaction, for which controllers wait. */
const BATCHES = 4;
/** Ids in one statement. */
const IDS_MAX = 300;
/** A window that is open at an instant belongs to a session that begins or ends within so long of it. */
const NEAR_S = 2 * 86_400;

/** What is opened by a gate, and by whose terms one signs in there. */
interface Gated {
  readonly number: number;
  readonly offering: OfferingWithContact;
}
interface Passage {
  readonly accessPoint: string;
  readonly credential: string;
  readonly at: number;
}

/**
 * Signs in whoever has passed a gate that the booking opens, in the window of the session (rule 5.6): AccessTaken says that somebody passed on a grant, the grant
 * whose credential it was. Looks at the next batches behind the intake, and judges by the time that the controller tells, however late it comes.
 *
 * @returns false: there was nothing further
 */
export function signInByPassages({ database }: Cloud, document: ServiceDocument): Promise<boolean> {
  return database.transact(async (queries) => {
    const { batch: mark } = await queries.selectFrom("attendance_mark").select("batch").executeTakeFirstOrThrow();
    const batches = await queries
      .selectFrom("event_batch")
      .select(["id", "chain", "new_from", "last_seq"])
      .where("id", ">", mark)
      .orderBy("id")
      .limit(BATCHES)
      .execute();
    const last = batches.at(-1);
    if (last === undefined) return false;
    const gates = await gatesOf(queries, document);
    for (const { chain, new_from, last_seq } of batches)
      for (const passage of await passagesIn(queries, [...gates.keys()], chain, new_from, last_seq))
        await signInBy(queries, gates.get(passage.accessPoint)!, passage);
    await queries.updateTable("attendance_mark").set({ batch: last.id }).execute();
    return batches.length === BATCHES;
  });
}

/** Of each access point what it opens to somebody who has to sign in. */
async function gatesOf(queries: Queries, document: ServiceDocument): Promise<ReadonlyMap<string, readonly Gated[]>> {
  const gates = new Map<string, Gated[]>();
  const offerings = offeringIds(document).map((id) => offeringOf(document, id)!).filter(({ windows }) => windows.some(({ id }) => id === "sign-in")); // prettier-ignore
  for (const offering of offerings)
    for (const { number, opens } of await queries
      .selectFrom("resource")
      .select(["number", "opens"])
      .where("campus_service", "=", offering.id)
      .where("opens", "<>", "[]")
      .execute())
      for (const { accessPoint } of JSON.parse(opens) as Opened[]) gates.set(accessPoint, [...(gates.get(accessPoint) ?? []), { number, offering }]);
  return gates;
}

async function passagesIn(queries: Queries, accessPoints: readonly string[], chain: number, from: number, to: number): Promise<Passage[]> {
  const found: Passage[] = [];
  for (const some of portions(accessPoints, IDS_MAX)) {
    const taken = await queries
      .selectFrom("controller_event")
      .select(["source", "at", "record"])
      .where("chain", "=", chain)
      .where("seq", ">=", from)
      .where("seq", "<=", to)
      .where("name", "=", "AccessTaken")
      .where("source", "in", some)
      .where("at", "is not", null)
      .execute();
    for (const { source, at, record } of taken) {
      const read = decodeEvent(new Uint8Array(record));
      if (!read.ok || read.value.event.name !== "AccessTaken") continue;
      const grant = await queries
        .selectFrom("controller_event")
        .select("credential")
        .where("chain", "=", chain)
        .where("seq", "=", read.value.event.fields.grantedSeq)
        .where("name", "=", "AccessGranted")
        .executeTakeFirst();
      if (grant !== undefined && grant.credential !== null) found.push({ accessPoint: source!, credential: grant.credential, at: at! });
    }
  }
  return found;
}

async function signInBy(queries: Queries, gated: readonly Gated[], { credential, at }: Passage): Promise<void> {
  const owner = await queries.selectFrom("credential").select("person").where("id", "=", credential).executeTakeFirst();
  if (owner === undefined) return;
  const rows = await queries
    .selectFrom("reserved_time")
    .innerJoin("reservation", "reservation.id", "reserved_time.reservation")
    .select(["reservation.id", "nth", "resource_number", "starts", "ends", "created_at"])
    .where("reservation.person", "=", owner.person)
    .where("state", "=", "booked")
    .where(ACTIVE)
    .where("signed_in_at", "is", null)
    .where("leave_at", "is", null)
    .where("ends", ">", at - NEAR_S)
    .where("starts", "<", at + NEAR_S)
    .execute();
  for (const { id, nth, resource_number, starts, ends, created_at } of rows) {
    const offering = gated.find(({ number }) => number === resource_number)?.offering;
    const window = offering && windowOf(offering, "sign-in", span(starts, ends), unixSeconds(created_at));
    if (window === undefined || at < window.from || at >= window.until) continue;
    await queries.updateTable("reserved_time").set({ signed_in_at: at, signed_in_by: "gate" }).where("reservation", "=", id).where("nth", "=", nth).execute();
  }
}
