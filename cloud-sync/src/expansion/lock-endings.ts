import type { UnixSeconds } from "@portico/card-protocol";
import { heldLockStates } from "../core/lock-state.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LockStateEnd, LockStateTable } from "../store/lock-tables.ts";
import type { Campus } from "./campus-facts.ts";
import type { PersonFacts } from "../core/access-facts.ts";

type Place = Pick<LockStateTable, "lock" | "kind" | "place">;

/** Ends a PIN or a finger: what was sealed is gone, and its number rises, so that nothing of before is taken for what comes. */
export async function endLockState(queries: Queries, { lock, kind, place }: Place, now: UnixSeconds, why: LockStateEnd, by: string): Promise<void> {
  await queries
    .updateTable("lock_state")
    .set((row) => ({ version: row("version", "+", 1), sealed: null, ended_at: now, ended_why: why, changed_at: now, changed_by: by }))
    .where("lock", "=", lock)
    .where("kind", "=", kind)
    .where("place", "=", place)
    .execute();
}

/**
 * What stood on a grant whose time is over has ended with it, and a grant that is prolonged afterwards does not bring it back. Before people's facts are read.
 */
export async function endOverdue(queries: Queries, people: readonly string[], now: UnixSeconds): Promise<void> {
  for (const row of await liveStates(queries, people)) if (row.held_until <= now) await endLockState(queries, row, now, "grant", "grant");
}

/**
 * Ends what has no `unlock` grant to stand on any more, in the transaction of the version in which it goes (rule 14.4), and keeps until when the rest is held.
 *
 * @param found  what is known of those of the people who exist
 */
export async function keepHeld(queries: Queries, campus: Campus, people: readonly string[], found: readonly PersonFacts[], now: UnixSeconds): Promise<void> {
  const rows = await liveStates(queries, people);
  if (rows.length === 0) return;
  const held = new Map(
    found.flatMap((facts) =>
      heldLockStates(facts, campus).map(({ state, held: { until } }) => [
        nameOf(state.lock, state.kind, state.kind === "pin" ? facts.person : `${state.slot}`),
        until,
      ]),
    ),
  );
  for (const row of rows) {
    const until = held.get(nameOf(row.lock, row.kind, row.place));
    if (until === undefined) await endLockState(queries, row, now, "grant", "grant");
    else if (until !== row.held_until)
      await queries
        .updateTable("lock_state")
        .set({ held_until: until })
        .where("lock", "=", row.lock)
        .where("kind", "=", row.kind)
        .where("place", "=", row.place)
        .execute();
  }
}

const nameOf = (lock: string, kind: string, place: string): string => `${lock} ${kind} ${place}`;

async function liveStates(queries: Queries, people: readonly string[]): Promise<(Place & Pick<LockStateTable, "held_until">)[]> {
  if (people.length === 0) return [];
  return queries.selectFrom("lock_state").select(["lock", "kind", "place", "held_until"]).where("person", "in", people).where("ended_at", "is", null).execute();
}
