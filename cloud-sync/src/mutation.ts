import { type Result, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Transaction } from "kysely";
import type { Cloud } from "./cloud.ts";
import { portions } from "./core/portions.ts";
import { keepNotifications, type NewNotification } from "./notifications/notification.ts";
import type { Queries } from "./store/cloud-database.ts";
import type { Schema, SubjectKind } from "./store/schema.ts";

/** Who changes what, and why: the audit's row. */
export interface ChangeNote {
  /** The caller's id. */
  readonly actor: string;
  /** Noun and verb: `credential report-lost`. */
  readonly action: string;
  /** What is changed, as noun and id. */
  readonly target: string;
  /** In the actor's words; empty where nobody was asked. */
  readonly reason: string;
  /** The delegation under which it is changed: it has to hold in the very transaction. Absent: campus-wide. */
  readonly delegation?: string;
}

/** A transaction that changes something, and remembers what has to be expanded anew because of it. */
export interface Mutation {
  readonly queries: Transaction<Schema>;
  readonly now: UnixSeconds;
  /** The list of these is expanded anew: what they were and what they are. Read it before the rows that say it are gone. */
  readonly mark: (kind: SubjectKind, id: string) => void;
  /** Callers are told, if the change is committed. */
  readonly notify: (notification: NewNotification) => void;
}

/** What a change gave, and its number: the audit's, and by it the publication that carries it is found. */
export interface Changed<T> {
  readonly value: T;
  readonly change: number;
}

/**
 * Runs one change as one transaction: rows, audit and the marks for the expansion are there together or not at all. A refusal leaves nothing.
 */
export async function mutate<T, E extends string>(
  cloud: Cloud,
  { delegation, ...note }: ChangeNote,
  act: (mutation: Mutation) => Promise<Result<T, E>>,
): Promise<Result<Changed<T>, E>> {
  const refused: { result?: Extract<Result<T, E>, { readonly ok: false }> } = {};
  try {
    return await cloud.database.transact(async (queries) => {
      const now = unixSeconds(Math.floor(cloud.nowMs() / 1000));
      if (delegation !== undefined && !(await isLiveDelegation(queries, delegation, now))) throw new DelegationOver();
      const subjects = new Map<string, Marked>();
      const told: NewNotification[] = [];
      const mark = (kind: SubjectKind, id: string): void => void subjects.set(`${kind} ${id}`, { kind, id });
      const result = await act({ queries, now, mark, notify: (notification) => void told.push(notification) });
      if (!result.ok) {
        refused.result = result;
        throw new Refused();
      }
      const change = await recordChange(queries, note, now, [...subjects.values()]);
      await keepNotifications(queries, cloud, told);
      return { ok: true, value: { value: result.value, change } } as const;
    });
  } catch (error) {
    if (error instanceof Refused && refused.result !== undefined) return refused.result;
    throw error;
  }
}

/** Whose list is expanded anew. */
export interface Marked {
  readonly kind: SubjectKind;
  readonly id: string;
}

/** The audit's row of a change, and whose list is expanded anew because of it: in the transaction of the change. @returns its number */
export async function recordChange(queries: Queries, note: Omit<ChangeNote, "delegation">, at: number, subjects: readonly Marked[]): Promise<number> {
  const { id: change } = await queries
    .insertInto("change_record")
    .values({ ...note, at, resolved: 0, publish: null })
    .returning("id")
    .executeTakeFirstOrThrow();
  for (const portion of portions(subjects, 500))
    await queries
      .insertInto("change_subject")
      .values(portion.map((subject) => ({ change, ...subject })))
      .execute();
  return change;
}

/** What was delegated ended between the question and the change. */
export class DelegationOver extends Error {
  override readonly name = "DelegationOver";
}

async function isLiveDelegation(queries: Transaction<Schema>, id: string, now: number): Promise<boolean> {
  const row = await queries
    .selectFrom("delegation")
    .select("id")
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .where("valid_until", ">", now)
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends the transaction of a change that was refused. */
class Refused extends Error {
  override readonly name = "Refused";
}
