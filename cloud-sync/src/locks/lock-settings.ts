import { ok, type Result, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { endLockState } from "../expansion/lock-endings.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LockStateKind, LockStateTable } from "../store/lock-tables.ts";
import { judgeLockSetting, type LockRefusal } from "./lock-permission.ts";

/** How long somebody has to come to the lock and put the finger on it. */
export const ENROLMENT_LIFE_S = 600;
/** Fingers of one person at one lock. */
export const FINGERS_MAX = 5;

/** What a person has set at a lock, as far as the cloud knows. */
export interface WantedLockState {
  readonly lock: string;
  readonly person: string;
  readonly kind: LockStateKind;
  /** Of a finger. */
  readonly slot: number | null;
  readonly version: number;
}
type WantedFinger = WantedLockState & { readonly slot: number; readonly enrolUntil: UnixSeconds };

/**
 * Sets a person's PIN at a lock, or changes it (rule 14.1). It comes sealed to the lock, for this holder and this version: nobody here can read it, and whether
 * it has 6 to 8 digits the lock says.
 *
 * @param version  the one behind the last: what it was sealed for
 */
export function setLockPin(
  cloud: Cloud,
  note: ChangeNote,
  services: ServiceDocument,
  { lock, person, version, sealed }: { readonly lock: string; readonly person: string; readonly version: number; readonly sealed: Uint8Array },
): Promise<Result<Changed<WantedLockState>, LockRefusal | "LockVersionStale">> {
  return mutate(
    cloud,
    { ...note, target: `PIN of person ${person} at lock ${lock}` },
    async (mutation): Promise<Result<WantedLockState, LockRefusal | "LockVersionStale">> => {
      // prettier-ignore
      const { queries, now } = mutation;
      const may = await judgeLockSetting(cloud, queries, services, lock, person);
      if (!may.ok) return may;
      const before = await stateAt(queries, lock, "pin", person);
      if (version !== (before?.version ?? 0) + 1) return refuse("LockVersionStale", `the next version is ${(before?.version ?? 0) + 1}`);
      await keep(mutation, note, before, { lock, kind: "pin", place: person, person, version, sealed: Buffer.from(sealed), enrol_until: null, set_at: now, held_until: may.value.held.until }); // prettier-ignore
      return ok({ lock, person, kind: "pin", slot: null, version });
    },
  );
}

/** Erases a person's PIN at a lock. */
export function eraseLockPin(cloud: Cloud, note: ChangeNote, lock: string, person: string): Promise<Result<Changed<null>, "LockStateUnknown">> {
  return mutate(cloud, { ...note, target: `PIN of person ${person} at lock ${lock}` }, (mutation) => end(mutation, note, lock, "pin", person, person));
}

/**
 * Gives a person a place for a finger at a lock, to be enrolled there within ten minutes (rule 14.2); with a slot of the person's own that finger is enrolled
 * anew.
 */
export function enrolLockFinger(
  cloud: Cloud,
  note: ChangeNote,
  services: ServiceDocument,
  { lock, person, slot }: { readonly lock: string; readonly person: string; readonly slot: number | null },
): Promise<Result<Changed<WantedFinger>, LockRefusal | "LockStateUnknown" | "FingersFull">> {
  return mutate(
    cloud,
    { ...note, target: `finger of person ${person} at lock ${lock}` },
    async (mutation): Promise<Result<WantedFinger, LockRefusal | "LockStateUnknown" | "FingersFull">> => {
      // prettier-ignore
      const { queries, now } = mutation;
      const may = await judgeLockSetting(cloud, queries, services, lock, person);
      if (!may.ok) return may;
      const rows = await queries.selectFrom("lock_state").selectAll().where("lock", "=", lock).where("kind", "=", "finger").execute();
      const own = rows.filter((row) => row.person === person && row.ended_at === null);
      if (slot !== null && !own.some(({ place }) => place === `${slot}`)) return refuse("LockStateUnknown", `slot ${slot}`);
      if (slot === null && own.length >= FINGERS_MAX) return refuse("FingersFull", `${own.length} are yours there`);
      const chosen = slot ?? freeSlot(rows, may.value.lock.settings.fingerSlots);
      if (chosen === undefined) return refuse("FingersFull", `the lock holds ${may.value.lock.settings.fingerSlots}`);
      const before = rows.find(({ place }) => place === `${chosen}`);
      const version = (before?.version ?? 0) + 1;
      const enrolUntil = unixSeconds(now + ENROLMENT_LIFE_S);
      await keep(mutation, note, before, { lock, kind: "finger", place: `${chosen}`, person, version, sealed: null, enrol_until: enrolUntil, set_at: now, held_until: may.value.held.until }); // prettier-ignore
      return ok({ lock, person, kind: "finger", slot: chosen, version, enrolUntil });
    },
  );
}

/** Erases a finger of a person at a lock. */
export function eraseLockFinger(
  cloud: Cloud,
  note: ChangeNote,
  lock: string,
  person: string,
  slot: number,
): Promise<Result<Changed<null>, "LockStateUnknown">> {
  return mutate(cloud, { ...note, target: `finger of person ${person} at lock ${lock}` }, (mutation) => end(mutation, note, lock, "finger", `${slot}`, person));
}

/** The lowest that nobody has now. */
function freeSlot(rows: readonly LockStateTable[], slots: number): number | undefined {
  const taken = new Set(rows.filter(({ ended_at }) => ended_at === null).map(({ place }) => Number(place)));
  for (let slot = 0; slot < slots; slot++) if (!taken.has(slot)) return slot;
  return undefined;
}

type NewState = Omit<LockStateTable, "changed_at" | "changed_by" | "ended_at" | "ended_why">;

/** Writes what stands from now on. What goes on standing keeps when it was set: it stands on the same stretch of the grant. */
async function keep({ queries, mark, now }: Mutation, { actor }: ChangeNote, before: LockStateTable | undefined, state: NewState): Promise<void> {
  const set_at = before !== undefined && before.ended_at === null && before.person === state.person && now < before.held_until ? before.set_at : state.set_at;
  const row: LockStateTable = { ...state, set_at, changed_at: now, changed_by: actor, ended_at: null, ended_why: null };
  await queries
    .insertInto("lock_state")
    .values(row)
    .onConflict((conflict) => conflict.columns(["lock", "kind", "place"]).doUpdateSet(row))
    .execute();
  mark("person", state.person);
}

async function end(
  { queries, mark, now }: Mutation,
  { actor }: ChangeNote,
  lock: string,
  kind: LockStateKind,
  place: string,
  person: string,
): Promise<Result<null, "LockStateUnknown">> {
  const row = await stateAt(queries, lock, kind, place);
  if (row === undefined || row.ended_at !== null || row.person !== person)
    return refuse("LockStateUnknown", kind === "pin" ? "no PIN is set" : `slot ${place}`);
  await endLockState(queries, row, now, "asked", actor);
  mark("person", person);
  return ok(null);
}

const stateAt = (queries: Queries, lock: string, kind: LockStateKind, place: string): Promise<LockStateTable | undefined> =>
  queries.selectFrom("lock_state").selectAll().where("lock", "=", lock).where("kind", "=", kind).where("place", "=", place).executeTakeFirst();
