import { sql } from "kysely";
import { ok, type RandomBytes, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { newEntityId } from "../core/entity-id.ts";
import { bothLanguages, MESSAGE_LIFE_S, type MessageChannel, type MessageState, type NewMessage, wayTo } from "../core/outbox/message.ts";
import { portions } from "../core/portions.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { keepNotifications } from "../notifications/notification.ts";
import type { CloudDatabase, Queries } from "../store/cloud-database.ts";
import type { OutboxMessageTable } from "../store/outbox-tables.ts";

/** Rows in one statement. */
const ROWS_MAX = 100;

/**
 * Keeps messages in the transaction of their cause: they are sent if it is committed, and then certainly. A message whose dedupe key is there already to the same
 * channel is the same one. Whoever has neither a mail address nor a phone is written to by neither.
 */
export async function keepMessages(
  queries: Queries,
  { nowMs, randomBytes }: { readonly nowMs: () => number; readonly randomBytes: RandomBytes },
  all: readonly NewMessage[],
): Promise<void> {
  if (all.length === 0) return;
  const off = new Set((await queries.selectFrom("outbox_kind_off").select("kind").execute()).map(({ kind }) => kind));
  const now = Math.floor(nowMs() / 1000);
  const rows = all.flatMap(({ dedupe, kind, person, to, subject, text, parameters }): OutboxMessageTable[] => {
    const way = wayTo(to);
    if (way === undefined) return [];
    const isOff = off.has(kind);
    return [
      {
        id: newEntityId(nowMs(), randomBytes),
        dedupe: `${dedupe} ${way.channel}`,
        kind,
        ...way,
        person,
        subject: bothLanguages(subject, " / "),
        text: bothLanguages(text, "\n\n"),
        parameters: JSON.stringify(parameters),
        created_at: now,
        state: isOff ? "off" : "waiting",
        tries: 0,
        next_at: 0,
        problem: isOff ? "its kind is switched off" : "",
        settled_at: isOff ? now : null,
      },
    ];
  });
  for (const portion of portions(rows, ROWS_MAX))
    await queries
      .insertInto("outbox_message")
      .values(portion)
      .onConflict((conflict) => conflict.column("dedupe").doNothing())
      .execute();
}

/**
 * Takes messages that are due: nobody else tries them until `untilMs`.
 *
 * @param channels  those that somebody can send by: the others wait
 * @returns those taken, and whether more may be due
 */
export async function claimMessages(
  queries: Queries,
  channels: readonly MessageChannel[],
  nowMs: number,
  untilMs: number,
  limit: number,
): Promise<{ readonly claimed: readonly OutboxMessageTable[]; readonly isMore: boolean }> {
  if (channels.length === 0) return { claimed: [], isMore: false };
  const due = await queries
    .selectFrom("outbox_message")
    .selectAll()
    // In the text of the statement: the index is for these alone.
    .where(sql<boolean>`state = 'waiting'`)
    .where("next_at", "<=", nowMs)
    .where("channel", "in", channels)
    .orderBy("next_at")
    .orderBy("id")
    .limit(limit)
    .execute();
  const claimed: OutboxMessageTable[] = [];
  for (const row of due) {
    const { numUpdatedRows } = await queries
      .updateTable("outbox_message")
      .set({ next_at: untilMs })
      .where("id", "=", row.id)
      .where("state", "=", "waiting")
      .where("next_at", "=", row.next_at)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 1n) claimed.push(row);
  }
  return { claimed, isMore: due.length === limit };
}

/** Some server has taken it. One that bounced meanwhile, or was switched off, stays so. */
export async function messageSent(queries: Queries, id: string, now: number): Promise<void> {
  await queries
    .updateTable("outbox_message")
    .set({ state: "sent", settled_at: now, problem: "" })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .execute();
}

/** It is tried again. */
export async function messageDelayed(queries: Queries, id: string, outcome: Pick<OutboxMessageTable, "tries" | "next_at" | "problem">): Promise<void> {
  await queries.updateTable("outbox_message").set(outcome).where("id", "=", id).where("state", "=", "waiting").execute();
}

/** It has failed for good, which callers are told in the same transaction, once. @param from  the states that it may be in */
export async function messageFailed(
  queries: Queries,
  cloud: Pick<Cloud, "nowMs" | "randomBytes">,
  { id, kind, channel, person }: Pick<OutboxMessageTable, "id" | "kind" | "channel" | "person">,
  problem: string,
  from: readonly MessageState[] = ["waiting"],
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("outbox_message")
    .set({ state: "failed", settled_at: Math.floor(cloud.nowMs() / 1000), problem })
    .where("id", "=", id)
    .where("state", "in", from)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return false;
  await keepNotifications(queries, cloud, [{ kind: "message.failed", person, body: { message: id, messageKind: kind, channel, problem } }]);
  return true;
}

/** Which messages are listed. */
export interface MessageQuery {
  readonly state?: MessageState | undefined;
  readonly kind?: string | undefined;
  /** Empty: from the first on. */
  readonly after: string;
  readonly limit: number;
}

/** In the order of their causes. */
export async function listMessages(queries: Queries, { state, kind, after, limit }: MessageQuery): Promise<OutboxMessageTable[]> {
  let query = queries.selectFrom("outbox_message").selectAll().where("id", ">", after).orderBy("id").limit(limit);
  if (state !== undefined) query = query.where("state", "=", state);
  if (kind !== undefined) query = query.where("kind", "=", kind);
  return query.execute();
}

/** Has a message that waits or has failed tried now, as the same message. */
export function retryMessage(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<OutboxMessageTable>, "MessageUnknown" | "MessageSettled">> {
  return mutate(cloud, { ...note, target: `message ${id}` }, async ({ queries }) => {
    const row = await queries.selectFrom("outbox_message").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("MessageUnknown", id);
    if (row.state !== "waiting" && row.state !== "failed") return refuse("MessageSettled", `it is ${row.state}`);
    const next = { state: "waiting", tries: 0, next_at: 0, settled_at: null, created_at: Math.floor(cloud.nowMs() / 1000) } as const;
    await queries.updateTable("outbox_message").set(next).where("id", "=", id).execute();
    return ok({ ...row, ...next });
  });
}

/** A message that was sent has come back: whoever reads the mailbox of returns says so, and by whose word. */
export function bounceMessage(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  problem: string,
): Promise<Result<Changed<OutboxMessageTable>, "MessageUnknown" | "MessageSettled">> {
  return mutate(cloud, { ...note, target: `message ${id}` }, async ({ queries }) => {
    const row = await queries.selectFrom("outbox_message").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("MessageUnknown", id);
    if (!(await messageFailed(queries, cloud, row, problem, ["sent", "waiting"]))) return refuse("MessageSettled", `it is ${row.state}`);
    return ok(await queries.selectFrom("outbox_message").selectAll().where("id", "=", id).executeTakeFirstOrThrow());
  });
}

/** Switches a kind of message off, with those of it that wait, or on again: what was held back meanwhile is not sent afterwards. */
export function switchKind(
  cloud: Cloud,
  note: ChangeNote,
  kind: string,
  isOn: boolean,
): Promise<Result<Changed<{ readonly kind: string; readonly isOn: boolean }>, never>> {
  return mutate(cloud, { ...note, target: `message kind ${kind}` }, async ({ queries, now }) => {
    if (isOn) await queries.deleteFrom("outbox_kind_off").where("kind", "=", kind).execute();
    else {
      await queries
        .insertInto("outbox_kind_off")
        .values({ kind, since: now, actor: note.actor })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await queries
        .updateTable("outbox_message")
        .set({ state: "off", settled_at: now, problem: "its kind is switched off" })
        .where("kind", "=", kind)
        .where("state", "=", "waiting")
        .execute();
    }
    return ok({ kind, isOn });
  });
}

/** Which kinds are switched off, since when and by whom. */
export const kindsOff = (queries: Queries): Promise<{ readonly kind: string; readonly since: number; readonly actor: string }[]> =>
  queries.selectFrom("outbox_kind_off").selectAll().orderBy("kind").execute();

/** Lets go of what was settled long ago. */
export async function pruneMessages({ queries }: Pick<CloudDatabase, "queries">, now: number): Promise<void> {
  await queries
    .deleteFrom("outbox_message")
    .where("settled_at", "<", now - MESSAGE_LIFE_S)
    .execute();
}
