import type { EventFields, EventRecord } from "@portico/card-protocol";
import type { Queries } from "../store/cloud-database.ts";
import type { LockAnswerTable } from "../store/lock-tables.ts";

/** The events by which a controller tells what a room lock did with what was wanted of it. */
type AnswerName = "LockPinApplied" | "LockPinRefused" | "LockFingerApplied" | "LockFingerRefused";

/** What an event says that a lock has answered; `holds` undefined: what it held before, it goes on holding. */
export interface LockAnswerRead extends Pick<LockAnswerTable, "lock" | "kind" | "place" | "version" | "outcome" | "detail"> {
  readonly holds: number | null | undefined;
}

/** Undefined: it is no such event. */
export function lockAnswerOf({ event }: EventRecord): LockAnswerRead | undefined {
  if (event.name === "LockPinApplied") {
    const { lock, holder, version, change } = event.fields;
    return { lock, kind: "pin", place: holder, version, outcome: change, detail: "", holds: change === "set" ? version : null };
  }
  if (event.name === "LockFingerApplied") {
    const { lock, slot, version, change } = event.fields;
    return { lock, kind: "finger", place: slot, version, outcome: change, detail: "", holds: change === "enrolled" ? version : null };
  }
  if (event.name === "LockPinRefused") return refused("pin", event.fields.holder, event.fields);
  return event.name === "LockFingerRefused" ? refused("finger", event.fields.slot, event.fields) : undefined;
}

function refused(
  kind: LockAnswerTable["kind"],
  place: number,
  { lock, version, refusal, detail }: Pick<EventFields<Extract<AnswerName, `${string}Refused`>>, "lock" | "version" | "refusal" | "detail">,
): LockAnswerRead {
  return { lock, kind, place, version, outcome: refusal, detail, holds: undefined };
}

/**
 * Keeps what room locks have answered, in the transaction in which the events are kept. Only a controller that follows the lock's zone speaks for a lock: what
 * another says of it is an event like any other, and decides nothing.
 *
 * @param now  when it came, seconds; stands for the time of a record without one
 */
export async function keepLockAnswers(queries: Queries, controller: string, records: readonly EventRecord[], now: number): Promise<void> {
  const answers = records.flatMap((record) => {
    const read = lockAnswerOf(record);
    return read === undefined ? [] : [{ read, at: record.at ?? now }];
  });
  if (answers.length === 0) return;
  const row = await queries.selectFrom("controller").select("zones").where("id", "=", controller).executeTakeFirst();
  const zones = new Set(row === undefined ? [] : (JSON.parse(row.zones) as string[]));
  const locks = await queries
    .selectFrom("access_point")
    .innerJoin("room_lock", "room_lock.id", "access_point.id")
    .select(["access_point.id", "zone"])
    .where("access_point.id", "in", [...new Set(answers.map(({ read }) => read.lock))])
    .execute();
  const ours = new Set(locks.filter(({ zone }) => zones.has(zone)).map(({ id }) => id));
  for (const { read, at } of answers) {
    if (!ours.has(read.lock)) continue;
    const { holds, ...told } = read;
    const kept = { ...told, controller, at };
    await queries
      .insertInto("lock_answer")
      .values({ ...kept, holds: holds ?? null })
      .onConflict((conflict) => conflict.columns(["lock", "kind", "place"]).doUpdateSet(holds === undefined ? kept : { ...kept, holds }))
      .execute();
  }
}
