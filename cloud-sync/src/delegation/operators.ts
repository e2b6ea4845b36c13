import { bytesToHex, isStrictPublicKey, ok, type Result, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { isRole, type Role } from "../api/roles.ts";
import type { Cloud } from "../cloud.ts";
import { newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { NewNotification } from "../notifications/notification.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { OperatorTable } from "../store/operator-tables.ts";
import { endWithParts, grantsOfDelegations } from "./delegations.ts";

/** Somebody who runs access at the campus. */
export interface OperatorContent {
  readonly id: string;
  readonly name: string;
  /** The whole mail address of the campus account; null: by key file alone. */
  readonly account: string | null;
  /** What it may everywhere; null: only what is delegated to it. */
  readonly role: Role | null;
  readonly until: UnixSeconds;
}
export interface Operator extends OperatorContent {
  readonly endedAt: number | null;
}

/** Makes an operator, or makes one say this. One that has ended stays so, and its id is nobody else's. */
export function putOperator(
  cloud: Cloud,
  note: ChangeNote,
  { id, name, account, role, until }: OperatorContent,
): Promise<Result<Changed<Operator>, "IdTaken" | "AccountTaken">> {
  return mutate(cloud, { ...note, target: `operator ${id}` }, async ({ queries }) => {
    const before = await readOperator(queries, id);
    if (before !== undefined && before.endedAt !== null) return refuse("IdTaken", "it has ended: choose another id");
    const mail = account?.toLowerCase() ?? null;
    const other = mail === null ? undefined : await queries.selectFrom("operator").select("id").where("account", "=", mail).executeTakeFirst();
    if (other !== undefined && other.id !== id) return refuse("AccountTaken", `operator ${other.id}`);
    const row: OperatorTable = { id, name, account: mail, role, valid_until: until, ended_at: null };
    await queries
      .insertInto("operator")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
    return ok(operatorOf(row));
  });
}

/** What an operator's end ended with it. */
export interface OperatorEnd {
  readonly operator: Operator;
  readonly delegations: number;
  /** Grants that ended, or went over to the successor. */
  readonly grants: number;
}

/**
 * Ends an operator: its keys open nothing any more, what was delegated to it ends with all that was made of it, and what it granted everywhere ends too,
 * unless a successor takes it over: no grant outlives its source.
 */
export function endOperator(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  successor: string | null,
): Promise<Result<Changed<OperatorEnd>, "OperatorUnknown" | "OperatorEnded">> {
  return mutate(cloud, { ...note, target: `operator ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const operator = await readOperator(queries, id);
    if (operator === undefined) return refuse("OperatorUnknown", id);
    if (operator.endedAt !== null) return refuse("OperatorEnded", id);
    const heir = successor === null ? undefined : await readOperator(queries, successor);
    if (successor !== null && (heir === undefined || heir.id === id)) return refuse("OperatorUnknown", successor);
    if (heir !== undefined && !isLive(heir, now)) return refuse("OperatorEnded", heir.id);
    const held = await queries.selectFrom("delegation").select("id").where("operator", "=", id).where("ended_at", "is", null).execute();
    const ended = await endWithParts(mutation, held.map((row) => row.id)); // prettier-ignore
    const grants = await passOnOrEnd(mutation, id, heir?.id);
    await queries.updateTable("api_key").set({ revoked_at: now }).where("operator", "=", id).where("revoked_at", "is", null).execute();
    await queries.updateTable("operator").set({ ended_at: now, account: null }).where("id", "=", id).execute();
    return ok({ operator: { ...operator, account: null, endedAt: now }, delegations: ended.delegations, grants: ended.grants + grants });
  });
}

/** From now on he may do nothing; what he granted stays until he is ended. */
export async function haltOperator({ queries, now }: Pick<Mutation, "queries" | "now">, id: string): Promise<void> {
  await queries.updateTable("operator").set({ valid_until: now }).where("id", "=", id).where("valid_until", ">", now).execute();
}

/** The grants that would end with an operator. @param isSucceeded  somebody takes over what he granted campus-wide */
export async function grantsOfOperator(queries: Queries, id: string, isSucceeded: boolean): Promise<string[]> {
  const held = await queries.selectFrom("delegation").select("id").where("operator", "=", id).where("ended_at", "is", null).execute();
  const delegated = await grantsOfDelegations(queries, held.map((row) => row.id)); // prettier-ignore
  if (isSucceeded) return delegated;
  const own = await queries.selectFrom("access_grant").select("id").where("source_kind", "=", "operator").where("source", "=", id).execute();
  return [...delegated, ...own.map((row) => row.id)];
}

async function passOnOrEnd({ queries, mark }: Mutation, operator: string, successor: string | undefined): Promise<number> {
  const given = queries.selectFrom("access_grant").select(["subject_kind", "subject"]).where("source_kind", "=", "operator").where("source", "=", operator);
  const grants = await given.execute();
  if (successor === undefined) {
    for (const { subject_kind, subject } of grants) mark(subject_kind, subject);
    await queries.deleteFrom("access_grant").where("source_kind", "=", "operator").where("source", "=", operator).execute();
  } else await queries.updateTable("access_grant").set({ source: successor }).where("source_kind", "=", "operator").where("source", "=", operator).execute();
  return grants.length;
}

/**
 * Lets an operator in by a key.
 *
 * @param until  null: until it is revoked
 * @param told   what callers are told of it, if it is done
 */
export function addOperatorKey(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  publicKey: Uint8Array,
  until: UnixSeconds | null,
  told: readonly NewNotification[] = [],
): Promise<Result<Changed<{ readonly key: string }>, "OperatorUnknown" | "OperatorEnded" | "KeyTaken" | "RequestMalformed">> {
  const key = newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate(cloud, { ...note, target: `operator ${id}` }, async ({ queries, now, notify }) => {
    if (!isStrictPublicKey(publicKey)) return refuse("RequestMalformed", "publicKey: no Ed25519 key, or one that anybody can sign with");
    const operator = await readOperator(queries, id);
    if (operator === undefined) return refuse("OperatorUnknown", id);
    if (!isLive(operator, now)) return refuse("OperatorEnded", id);
    const other = await queries.selectFrom("api_key").select("id").where("public_key", "=", Buffer.from(publicKey)).executeTakeFirst();
    if (other !== undefined) return refuse("KeyTaken", `key ${other.id}, public key ${bytesToHex(publicKey).slice(0, 8)}…`);
    await queries
      .insertInto("api_key")
      .values({
        id: key,
        name: id,
        actor: id,
        public_key: Buffer.from(publicKey),
        scopes: "[]",
        created_at: now,
        revoked_at: null,
        operator: id,
        valid_until: until,
      })
      .execute();
    for (const each of told) notify(each);
    return ok({ key });
  });
}

export async function readOperator(queries: Queries, id: string): Promise<Operator | undefined> {
  const row = await queries.selectFrom("operator").selectAll().where("id", "=", id).executeTakeFirst();
  return row && operatorOf(row);
}

/** The operator who logs in with a campus account. */
export async function operatorOfAccount(queries: Queries, account: string): Promise<Operator | undefined> {
  const row = await queries.selectFrom("operator").selectAll().where("account", "=", account.toLowerCase()).executeTakeFirst();
  return row && operatorOf(row);
}

/** In the order of their ids, those that have ended too. */
export async function listOperators(queries: Queries): Promise<Operator[]> {
  return (await queries.selectFrom("operator").selectAll().orderBy("id").execute()).map(operatorOf);
}

export const isLive = ({ until, endedAt }: Operator, now: number): boolean => endedAt === null && now < until;

/** A role that this program does not know any more opens nothing. */
function operatorOf({ id, name, account, role, valid_until, ended_at }: OperatorTable): Operator {
  return { id, name, account, role: role !== null && isRole(role) ? role : null, until: unixSeconds(valid_until), endedAt: ended_at };
}
