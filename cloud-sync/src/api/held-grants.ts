import type { Mutation } from "../mutation.ts";
import { type HeldAct, holdMassRemoval } from "../push/mass-removal.ts";
import { endedByGrants } from "../push/policy-removal.ts";
import { type Call, guardOf } from "./route.ts";

/** Held where the end of these grants would end the access of too many at once: the refusal that says so; undefined: it may be done. */
export async function heldGrants(call: Call, act: HeldAct, grants: readonly string[], meanwhile?: (mutation: Mutation) => Promise<void>) {
  const { database, nowMs } = call.cloud;
  return holdMassRemoval(guardOf(call), act, await endedByGrants(database.queries, grants, Math.floor(nowMs() / 1000)), meanwhile);
}
