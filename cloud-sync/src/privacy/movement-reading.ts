import { decodeEvent, type DenyReason, ok, type Result, type UnixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { catchUp, namesOneOf } from "../events/credential-events.ts";
import { readDroppedBefore } from "../events/event-retention.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import { type MovementRequest, readableRequest } from "./movements.ts";

/** One time that somebody stood before a reader. */
export interface Movement {
  readonly at: UnixSeconds;
  readonly controller: string;
  readonly accessPoint: string;
  readonly credential: string;
  /** `granted`: whether they went through `passed` says. */
  readonly outcome: "granted" | "denied";
  readonly reason: DenyReason | null;
  /** Null: refused, or the door does not tell. */
  readonly passed: boolean | null;
  /** In a lift the floors that were chosen, as far as its buttons are seen: `lift-1/3`. Null: it is no lift, or nobody was let in. */
  readonly floors: readonly string[] | null;
  /** More than 1: so many like refusals that the controller counted. */
  readonly count: number;
}

export interface MovementPage {
  readonly items: readonly Movement[];
  /** Where the next page begins; null: this was the last. */
  readonly next: string | null;
  /** What came before is not kept any more, for its time was over: movements of then are not told. Undefined: nothing was ever dropped. */
  readonly droppedBefore: UnixSeconds | undefined;
}

type ReadingRefusal = "MovementRequestUnknown" | "MovementsNotApproved" | "RequestMalformed";

/** A place in the order of time. */
interface Place {
  readonly at: number;
  readonly chain: number;
  readonly seq: number;
}
interface Row extends Place {
  readonly controller: string;
  readonly record: Uint8Array;
}

const NAMES = ["AccessGranted", "AccessDenied", "DenialRepeated"];
/** What a controller says of a passage soon after it let somebody in. */
const OUTCOME_NAMES = ["AccessTaken", "AccessNotTaken"];
/** Other people may come to the same access point before that. */
const OUTCOMES_LOOKED_AT = 20;
/** Floors of a grant are chosen within its time: so many events of the whole controller are looked through. */
const CHOICES_LOOKED_AT = 1_000;

/**
 * Where a person went, by a request that another operator has agreed to: passages and refusals of every credential that the person has or had, in the order
 * of time. Each reading stands in the audit. What a controller recorded without knowing the time is in no range, and not told.
 *
 * @param after  `next` of the page before; empty: from the beginning
 */
export async function readMovements(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  after: string,
  limit: number,
): Promise<Result<Changed<MovementPage>, ReadingRefusal>> {
  await catchUp(cloud.database);
  return mutate(cloud, { ...note, target: `movement request ${id}` }, async ({ queries, now }): Promise<Result<MovementPage, ReadingRefusal>> => {
    const request = await readableRequest(queries, note.actor, id, now);
    if (!request.ok) return request;
    const place = placeOf(after);
    if (place === undefined) return refuse("RequestMalformed", "after: `next` of the page before");
    const rows = await rowsOf(queries, request.value, place, limit);
    const items: Movement[] = [];
    for (const row of rows) {
      const movement = await movementOf(queries, row);
      if (movement !== undefined) items.push(movement);
    }
    const last = rows.at(-1);
    const gone = await readDroppedBefore(queries);
    const droppedBefore = NAMES.flatMap((name) => gone.get(name) ?? []).toSorted((a, b) => b - a)[0];
    return ok({ droppedBefore, items, next: last === undefined || rows.length < limit ? null : `${last.at}.${last.chain}.${last.seq}` });
  });
}

/** How many events name the credentials that a person has or had, as far as they were looked at: `catchUp`. */
export async function countEvents(queries: Queries, person: string): Promise<number> {
  const credentials = await credentialsEver(queries, person);
  if (credentials.length === 0) return 0;
  const { count } = await queries
    .selectFrom("credential_event")
    .select((each) => each.fn.countAll<number | bigint | string>().as("count"))
    .where("credential", "in", credentials)
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function credentialsEver(queries: Queries, person: string): Promise<string[]> {
  const now = await queries.selectFrom("credential").select("id").where("person", "=", person).execute();
  const removed = await queries.selectFrom("removed_credential").select("id").where("person", "=", person).execute();
  return [...new Set([...now, ...removed].map(({ id }) => id))];
}

async function rowsOf(queries: Queries, { person, range }: MovementRequest, { at, chain, seq }: Place, limit: number): Promise<Row[]> {
  const credentials = await credentialsEver(queries, person);
  if (credentials.length === 0) return [];
  const rows = await queries
    .selectFrom("controller_event")
    .innerJoin("event_chain", "event_chain.number", "controller_event.chain")
    .select(["controller_event.at", "controller_event.chain", "controller_event.seq", "controller_event.record", "event_chain.controller"])
    .where(namesOneOf(credentials))
    .where("controller_event.name", "in", NAMES)
    .where("controller_event.at", ">=", range.from)
    .where("controller_event.at", "<", range.until)
    .where((each) =>
      each.or([
        each("controller_event.at", ">", at),
        each.and([each("controller_event.at", "=", at), each("controller_event.chain", ">", chain)]),
        each.and([each("controller_event.at", "=", at), each("controller_event.chain", "=", chain), each("controller_event.seq", ">", seq)]),
      ]),
    )
    .orderBy("controller_event.at")
    .orderBy("controller_event.chain")
    .orderBy("controller_event.seq")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, at: Number(row.at), record: new Uint8Array(row.record) }));
}

async function movementOf(queries: Queries, { at, chain, seq, controller, record }: Row): Promise<Movement | undefined> {
  const read = decodeEvent(record);
  if (!read.ok) return undefined;
  const { event } = read.value;
  const place = { at: at as UnixSeconds, controller };
  if (event.name === "AccessGranted") {
    const { accessPoint, credential } = event.fields;
    const [passed, floors] = [await wasTaken(queries, chain, seq, accessPoint), await chosenFloors(queries, chain, seq)];
    return { ...place, accessPoint, credential, outcome: "granted", reason: null, passed, floors, count: 1 };
  }
  if (event.name !== "AccessDenied" && event.name !== "DenialRepeated") return undefined;
  const { accessPoint, credential, reason } = event.fields;
  const count = event.name === "DenialRepeated" ? event.fields.count : 1;
  return { ...place, accessPoint, credential: credential ?? "", outcome: "denied", reason, passed: null, floors: null, count };
}

/** Whether somebody went through on the grant of this number; null: nothing was said of it. */
async function wasTaken(queries: Queries, chain: number, granted: number, accessPoint: string): Promise<boolean | null> {
  const rows = await queries
    .selectFrom("controller_event")
    .select("record")
    .where("chain", "=", chain)
    .where("seq", ">", granted)
    .where("source", "=", accessPoint)
    .where("name", "in", OUTCOME_NAMES)
    .orderBy("seq")
    .limit(OUTCOMES_LOOKED_AT)
    .execute();
  for (const row of rows) {
    const read = decodeEvent(new Uint8Array(row.record));
    if (!read.ok) continue;
    const { event } = read.value;
    if ((event.name === "AccessTaken" || event.name === "AccessNotTaken") && event.fields.grantedSeq === granted) return event.name === "AccessTaken";
  }
  return null;
}

/** The floors that were chosen on the grant of this number; null: it is none of a lift. */
async function chosenFloors(queries: Queries, chain: number, granted: number): Promise<string[] | null> {
  const events = queries.selectFrom("controller_event").where("chain", "=", chain);
  const behind = await events
    .select("name")
    .where("seq", "=", granted + 1)
    .executeTakeFirst();
  if (behind?.name !== "FloorsGranted") return null;
  const rows = await events
    .select("record")
    .where("seq", ">", granted)
    .where("seq", "<=", granted + CHOICES_LOOKED_AT)
    .where("name", "=", "FloorChosen")
    .orderBy("seq")
    .execute();
  return rows.flatMap((row) => {
    const read = decodeEvent(new Uint8Array(row.record));
    const event = read.ok ? read.value.event : undefined;
    return event?.name === "FloorChosen" && event.fields.grantedSeq === granted ? [event.fields.floor] : [];
  });
}

/** `at.chain.seq`; undefined: it is none. */
function placeOf(text: string): Place | undefined {
  if (text === "") return { at: -1, chain: 0, seq: 0 };
  const [, at, chain, seq] = /^(\d{1,10})\.(\d{1,15})\.(\d{1,10})$/.exec(text) ?? [];
  return seq === undefined ? undefined : { at: Number(at), chain: Number(chain), seq: Number(seq) };
}
