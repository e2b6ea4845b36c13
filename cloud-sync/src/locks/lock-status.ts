import type { LockPlatform, UnixSeconds } from "@portico/card-protocol";
import { unixSeconds } from "@portico/card-protocol";
import type { Names } from "../core/names.ts";
import type { Cloud } from "../cloud.ts";
import type { RefusalName } from "../core/refusal.ts";
import { Campus } from "../expansion/campus-facts.ts";
import { readPeople } from "../expansion/person-facts.ts";
import { lockTimes } from "../core/lock-state.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LockAnswerTable, LockStateEnd, LockStateKind, LockStateTable } from "../store/lock-tables.ts";
import { judgeLockSetting } from "./lock-permission.ts";
import { listRoomLocks } from "./room-locks.ts";

/** What a lock has said of what was asked of it last. */
export type LockAnswer = Pick<LockAnswerTable, "version" | "outcome" | "detail" | "controller" | "at">;

/** What is wanted at a lock for a person, and how far it has come. */
export interface LockStateTold {
  readonly lock: string;
  readonly person: string;
  readonly kind: LockStateKind;
  /** Of a finger. */
  readonly slot: number | null;
  readonly wanted: "set" | "erased";
  readonly version: number;
  readonly changedAt: UnixSeconds;
  readonly changedBy: string;
  /** Null: it stands. */
  readonly endedWhy: LockStateEnd | null;
  /** Until when the grant holds that it stands on. */
  readonly heldUntil: UnixSeconds;
  /** Of a finger that is wanted: enrolment begins before. */
  readonly enrolUntil: UnixSeconds | null;
  /** `waiting`: the lock has not answered yet. */
  readonly state: "waiting" | "applied" | "refused";
  /** The last of its answers; null: there was none. */
  readonly answer: LockAnswer | null;
}

/** A lock as one of its people meets it. */
export interface PersonsLock {
  readonly id: string;
  readonly names: Names;
  readonly zone: string;
  /** The maker's platform that it is behind: whoever sets a PIN there is told what is not kept. */
  readonly platform: LockPlatform | null;
  /** What a PIN is sealed with; null: none can be set, and the refusal says why. */
  readonly sealing: { readonly site: string; readonly publicKey: Uint8Array; readonly holder: number; readonly version: number } | null;
  readonly refusal: RefusalName | null;
  readonly pin: LockStateTold | null;
  readonly fingers: readonly LockStateTold[];
}

/** What is set at a lock for everybody, or for one person at all locks, in the order of locks, kinds and slots. */
export async function listLockStates(queries: Queries, which: { readonly lock: string } | { readonly person: string }): Promise<LockStateTold[]> {
  const [column, id] = "lock" in which ? (["lock", which.lock] as const) : (["person", which.person] as const);
  const rows = await queries.selectFrom("lock_state").selectAll().where(column, "=", id).orderBy("lock").orderBy("kind", "desc").orderBy("place").execute();
  const locks = [...new Set(rows.map(({ lock }) => lock))];
  if (locks.length === 0) return [];
  const answers = new Map(
    (await queries.selectFrom("lock_answer").selectAll().where("lock", "in", locks).execute()).map((row) => [`${row.lock} ${row.kind} ${row.place}`, row]),
  );
  const holders = await queries
    .selectFrom("zone_holder")
    .innerJoin("access_point", "access_point.zone", "zone_holder.zone")
    .select(["access_point.id as lock", "person", "holder"])
    .where("access_point.id", "in", locks)
    .where("person", "in", [...new Set(rows.map(({ person }) => person))])
    .execute();
  const holderOf = new Map(holders.map(({ lock, person, holder }) => [`${lock} ${person}`, holder]));
  const answerTo = (row: LockStateTable): LockAnswerTable | undefined => {
    const place = row.kind === "pin" ? holderOf.get(`${row.lock} ${row.person}`) : row.place;
    return answers.get(`${row.lock} ${row.kind} ${place}`);
  };
  return rows.map((row) => stateTold(row, answerTo(row)));
}

function stateTold(row: LockStateTable, answer: LockAnswerTable | undefined): LockStateTold {
  const { lock, person, kind, version, ended_at, enrol_until } = row;
  const isWanted = ended_at === null;
  return {
    lock,
    person,
    kind,
    slot: kind === "finger" ? Number(row.place) : null,
    wanted: isWanted ? "set" : "erased",
    version,
    changedAt: unixSeconds(row.changed_at),
    changedBy: row.changed_by,
    endedWhy: row.ended_why,
    heldUntil: unixSeconds(row.held_until),
    enrolUntil: isWanted && enrol_until !== null ? unixSeconds(enrol_until) : null,
    state: isWanted ? progressOf(version, answer) : erasureOf(answer),
    answer:
      answer === undefined ? null : { version: answer.version, outcome: answer.outcome, detail: answer.detail, controller: answer.controller, at: answer.at },
  };
}

function progressOf(version: number, answer: LockAnswerTable | undefined): LockStateTold["state"] {
  if (answer?.version !== version || answer.outcome === "erased") return "waiting";
  return answer.holds === version ? "applied" : "refused";
}

/** Nothing is there any more, or nothing ever was. */
const erasureOf = (answer: LockAnswerTable | undefined): LockStateTold["state"] => (answer === undefined || answer.holds === null ? "applied" : "waiting");

/** The locks that a person may unlock now, or has something at; with what the mini program needs to seal a PIN. */
export async function locksOf(cloud: Cloud, services: ServiceDocument, person: string): Promise<PersonsLock[] | undefined> {
  const { queries } = cloud.database;
  const campus = await Campus.read(queries);
  const [facts] = await readPeople(queries, campus, [person]);
  if (facts === undefined) return undefined;
  const now = unixSeconds(Math.floor(cloud.nowMs() / 1000));
  const states = await listLockStates(queries, { person });
  const own: PersonsLock[] = [];
  for (const { id, names, zone, settings } of await listRoomLocks(queries)) {
    const there = states.filter(({ lock }) => lock === id);
    if (there.length === 0 && !lockTimes(facts, campus, id).some(({ from, until }) => from <= now && now < until)) continue;
    const may = await judgeLockSetting(cloud, queries, services, id, person);
    const pin = there.find(({ kind }) => kind === "pin") ?? null;
    own.push({
      id,
      names,
      zone,
      platform: settings.platform,
      sealing: may.ok ? { site: cloud.site, publicKey: settings.publicKey, holder: may.value.holder, version: (pin?.version ?? 0) + 1 } : null,
      refusal: may.ok ? null : may.error,
      pin,
      fingers: there.filter(({ kind }) => kind === "finger"),
    });
  }
  return own;
}
