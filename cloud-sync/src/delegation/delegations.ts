import { type Capability, CAPABILITIES, ok, type Result, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { Reach } from "../core/delegation.ts";
import { newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { DelegationTable } from "../store/operator-tables.ts";

/** What somebody passes on, and to whom. */
export interface DelegationContent extends Reach {
  readonly operator: string;
}
/** A part of what the campus grants, in somebody's hands for a while. docs/decisions/0015. */
export interface Delegation extends DelegationContent {
  readonly id: string;
  /** The delegation that it is a part of, and ends with; null: a campus-wide operator gave it. */
  readonly parent: string | null;
  readonly givenBy: string;
  readonly givenAt: number;
  readonly endedAt: number | null;
}

/** Passes on a part of what one holds. That it is no more than that the entrance has seen to. @param parent  null: given campus-wide */
export function createDelegation(
  cloud: Cloud,
  note: ChangeNote,
  parent: string | null,
  content: DelegationContent,
): Promise<Result<Changed<Delegation>, "OperatorUnknown" | "OperatorEnded" | "ZoneUnknown" | "AccessPointUnknown" | "RequestMalformed">> {
  const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate(cloud, { ...note, target: `delegation ${id}` }, async ({ queries, now }) => {
    const { operator, until, mayDelegate } = content;
    const holder = await queries.selectFrom("operator").select(["ended_at", "valid_until"]).where("id", "=", operator).executeTakeFirst();
    if (holder === undefined) return refuse("OperatorUnknown", operator);
    if (holder.ended_at !== null || holder.valid_until <= now) return refuse("OperatorEnded", operator);
    const [zones, accessPoints, capabilities] = [content.zones, content.accessPoints, content.capabilities].map((list) => [...new Set(list)].sort());
    if (zones!.length + accessPoints!.length === 0) return refuse("RequestMalformed", "accessPoints: at least one place, or a zone");
    if (until <= now) return refuse("RequestMalformed", "until: is over");
    for (const [table, named, refusal] of [
      ["zone", zones!, "ZoneUnknown"],
      ["access_point", accessPoints!, "AccessPointUnknown"],
    ] as const) {
      const known = named.length === 0 ? [] : (await queries.selectFrom(table).select("id").where("id", "in", named).execute()).map((row) => row.id);
      const unknown = named.find((each) => !known.includes(each));
      if (unknown !== undefined) return refuse(refusal, unknown);
    }
    const row: DelegationTable = {
      id,
      operator,
      parent,
      given_by: note.actor,
      given_at: now,
      zones: JSON.stringify(zones),
      access_points: JSON.stringify(accessPoints),
      capabilities: JSON.stringify(capabilities),
      may_delegate: mayDelegate ? 1 : 0,
      valid_until: until,
      ended_at: null,
    };
    await queries.insertInto("delegation").values(row).execute();
    return ok(delegationOf(row));
  });
}

/** What a delegation's end ended with it. */
export interface DelegationEnd {
  readonly delegations: number;
  readonly grants: number;
}

/** Ends a delegation: what was passed on from it, and every grant that was given by any of these, ends in the same transaction. */
export function endDelegation(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<DelegationEnd>, "DelegationUnknown">> {
  return mutate(cloud, { ...note, target: `delegation ${id}` }, async (mutation) => {
    const row = await mutation.queries.selectFrom("delegation").select("ended_at").where("id", "=", id).executeTakeFirst();
    if (row === undefined || row.ended_at !== null) return refuse("DelegationUnknown", id);
    return ok(await endWithParts(mutation, [id]));
  });
}

/** These, and all that was made of them and has not ended. */
async function withParts(queries: Queries, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const all = new Set(ids);
  for (let generation: readonly string[] = ids; generation.length > 0;) {
    const parts = await queries.selectFrom("delegation").select("id").where("parent", "in", generation).where("ended_at", "is", null).execute();
    generation = parts.map((row) => row.id).filter((id) => !all.has(id));
    for (const id of generation) all.add(id);
  }
  return all;
}

/** The grants that would end with these delegations. */
export async function grantsOfDelegations(queries: Queries, ids: readonly string[]): Promise<string[]> {
  const grants: string[] = [];
  for (const some of portions([...(await withParts(queries, ids))], 500))
    grants.push(...(await queries.selectFrom("access_grant").select("id").where("source_kind", "=", "delegation").where("source", "in", some).execute()).map((row) => row.id)); // prettier-ignore
  return grants;
}

/** From now on nobody may use it, or what was made of it; what was granted by them stays until it is ended. */
export async function haltDelegation({ queries, now }: Pick<Mutation, "queries" | "now">, id: string): Promise<void> {
  for (const some of portions([...(await withParts(queries, [id]))], 500))
    await queries.updateTable("delegation").set({ valid_until: now }).where("id", "in", some).where("valid_until", ">", now).execute();
}

/** Ends these, all that was made of them, and their grants. */
export async function endWithParts({ queries, mark, now }: Mutation, ids: readonly string[]): Promise<DelegationEnd> {
  const all = await withParts(queries, ids);
  let grants = 0;
  for (const some of portions([...all], 500)) {
    const given = await queries.selectFrom("access_grant").select(["subject_kind", "subject"]).where("source_kind", "=", "delegation").where("source", "in", some).execute(); // prettier-ignore
    for (const { subject_kind, subject } of given) mark(subject_kind, subject);
    grants += given.length;
    await queries.deleteFrom("access_grant").where("source_kind", "=", "delegation").where("source", "in", some).execute();
    await queries.updateTable("delegation").set({ ended_at: now }).where("id", "in", some).execute();
  }
  return { delegations: all.size, grants };
}

/** Those of an operator that hold at an instant. */
export async function delegationsOf(queries: Queries, operator: string, now: number): Promise<Delegation[]> {
  const rows = await queries
    .selectFrom("delegation")
    .selectAll()
    .where("operator", "=", operator)
    .where("ended_at", "is", null)
    .where("valid_until", ">", now)
    .orderBy("id")
    .execute();
  return rows.map(delegationOf);
}

/**
 * Delegations in the order of their ids, those that have ended too.
 *
 * @param beneath  these and what was made of them alone; undefined: all
 */
export async function listDelegations(queries: Queries, beneath: readonly string[] | undefined): Promise<Delegation[]> {
  const all = (await queries.selectFrom("delegation").selectAll().orderBy("id").execute()).map(delegationOf);
  if (beneath === undefined) return all;
  const seen = new Set(beneath);
  // A part is younger than what it is made of, and ids are in the order of time.
  for (const { id, parent } of all) if (parent !== null && seen.has(parent)) seen.add(id);
  return all.filter(({ id }) => seen.has(id));
}

/** What a delegation covers, as it was given; undefined: there is none. */
export async function readDelegation(queries: Queries, id: string): Promise<Delegation | undefined> {
  const row = await queries.selectFrom("delegation").selectAll().where("id", "=", id).executeTakeFirst();
  return row && delegationOf(row);
}

function delegationOf(row: DelegationTable): Delegation {
  const capabilities = (JSON.parse(row.capabilities) as string[]).filter((one): one is Capability => CAPABILITIES.includes(one as Capability));
  return {
    id: row.id,
    operator: row.operator,
    parent: row.parent,
    zones: JSON.parse(row.zones) as string[],
    accessPoints: JSON.parse(row.access_points) as string[],
    capabilities,
    until: unixSeconds(row.valid_until),
    mayDelegate: row.may_delegate === 1,
    givenBy: row.given_by,
    givenAt: row.given_at,
    endedAt: row.ended_at,
  };
}
