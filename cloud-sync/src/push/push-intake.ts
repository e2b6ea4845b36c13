import { ok, type Result, sameBytes } from "@portico/card-protocol";
import type { Transaction } from "kysely";
import type { Cloud } from "../cloud.ts";
import type { Audience } from "../core/audience.ts";
import { newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import type { ChangeNote } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { PushState, PushTable, RowOutcome } from "../store/push-tables.ts";
import type { Schema } from "../store/schema.ts";

/** A list as it is announced: what it must be when it is whole. */
export interface PushContentTold {
  readonly source: string;
  readonly isFull: boolean;
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of the whole list as it is sent. */
  readonly sha256: Uint8Array;
}

/** What a plan counts. */
export type PlanCounts = Readonly<Record<RowOutcome, number>> & {
  /** Would be removed, but a line that cannot be read might be any of them. */
  readonly withheld: number;
  /** People whose access would end, by audience. */
  readonly ends: Readonly<Partial<Record<Audience, number>>>;
};
export const NO_COUNTS: PlanCounts = { added: 0, changed: 0, same: 0, removed: 0, refused: 0, withheld: 0, ends: {} };

export interface Push extends PushContentTold {
  readonly id: string;
  readonly state: PushState;
  readonly receivedBytes: number;
  readonly receivedRows: number;
  /** Rows of the list that the plan has come to. */
  readonly plannedRows: number;
  readonly counts: PlanCounts;
  /** Rows that are still to be done. */
  readonly dueRows: number;
  /** How many pushes of the source had been applied when the plan was begun. */
  readonly base: number;
  readonly openedBy: string;
  readonly openedAt: number;
  readonly endedAt: number | null;
}

/** At once, of all sources. */
const OPEN_MAX = 16;
/** One that nobody went on with for so long is dropped. */
const OPEN_LIFE_S = 7 * 86_400;
const OPEN: readonly PushState[] = ["receiving", "planning", "planned"];

/** Begins a push. Nothing changes by it. */
export async function beginPush(cloud: Cloud, { actor }: ChangeNote, told: PushContentTold): Promise<Result<Push, "PushesOpen">> {
  const now = Math.floor(cloud.nowMs() / 1000);
  return cloud.database.transact(async (all) => {
    const old = await all
      .selectFrom("push")
      .select("id")
      .where("state", "in", OPEN)
      .where("opened_at", "<=", now - OPEN_LIFE_S)
      .execute();
    for (const { id } of old) await endPush(all, id, "dropped", now);
    const open = await all.selectFrom("push").select("id").where("state", "in", OPEN).orderBy("id").execute();
    if (open.length >= OPEN_MAX) return refuse("PushesOpen", `push ${open[0]!.id} is the oldest`);
    const row: PushTable = {
      id: newEntityId(cloud.nowMs(), cloud.randomBytes),
      source: told.source,
      is_full: told.isFull ? 1 : 0,
      row_count: told.rows,
      byte_count: told.bytes,
      sha256: Buffer.from(told.sha256),
      state: "receiving",
      received_bytes: 0,
      received_rows: 0,
      planned_rows: 0,
      plan_step: 0,
      base: 0,
      counts: JSON.stringify(NO_COUNTS),
      opened_by: actor,
      opened_at: now,
      ended_at: null,
    };
    await all.insertInto("push").values(row).execute();
    return ok(pushOf(row, 0));
  });
}

/**
 * Takes the next part of a list: whole lines from where the part before ended. The same part again changes nothing, so whoever was cut off asks where it
 * stands and goes on.
 */
export function receivePart(
  cloud: Cloud,
  id: string,
  offset: number,
  part: Uint8Array,
): Promise<Result<Push, "PushUnknown" | "PushState" | "PushOffset" | "PushDiffers" | "RequestMalformed">> {
  return cloud.database.transact(async (all) => {
    const row = await all.selectFrom("push").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("PushUnknown", id);
    if (row.state !== "receiving") return refuse("PushState", `it is ${row.state}`);
    if (part.length === 0) return refuse("RequestMalformed", "body: is empty");
    if (offset !== row.received_bytes) {
      const there = await all.selectFrom("push_part").select("bytes").where("push", "=", id).where("first_byte", "=", offset).executeTakeFirst();
      if (there !== undefined && sameBytes(new Uint8Array(there.bytes), part)) return ok(pushOf(row, 0));
      return refuse("PushOffset", `${row.received_bytes} bytes have landed, the part begins at ${offset}`);
    }
    const end = offset + part.length;
    if (end > row.byte_count) return refuse("PushDiffers", `it has more than the ${row.byte_count} bytes that were announced`);
    const endsLine = part.at(-1) === LINE_FEED;
    if (!endsLine && end < row.byte_count) return refuse("RequestMalformed", "body: a part consists of whole lines");
    const lines = part.reduce((count, byte) => count + (byte === LINE_FEED ? 1 : 0), endsLine ? 0 : 1);
    const received = { received_bytes: end, received_rows: row.received_rows + lines };
    await all
      .insertInto("push_part")
      .values({ push: id, first_byte: offset, bytes: Buffer.from(part), last_row: received.received_rows })
      .execute();
    await all.updateTable("push").set(received).where("id", "=", id).execute();
    return ok(pushOf({ ...row, ...received }, 0));
  });
}

const LINE_FEED = 0x0a;

export async function readPush(queries: Queries, id: string): Promise<Push | undefined> {
  const row = await queries.selectFrom("push").selectAll().where("id", "=", id).executeTakeFirst();
  return row && pushOf(row, await dueRows(queries, id));
}

/** Pushes, the oldest first, of one source or of all. @param after  the last id of the page before */
export async function listPushes(queries: Queries, source: string | undefined, after: string, limit: number): Promise<Push[]> {
  let query = queries.selectFrom("push").selectAll().where("id", ">", after).orderBy("id").limit(limit);
  if (source !== undefined) query = query.where("source", "=", source);
  const rows = await query.execute();
  return Promise.all(rows.map(async (row) => pushOf(row, await dueRows(queries, row.id))));
}

/** Ends a push of which nothing has been applied. Again changes nothing. */
export function dropPush(cloud: Cloud, id: string): Promise<Result<Push, "PushUnknown" | "PushState">> {
  return cloud.database.transact(async (all) => {
    const row = await all.selectFrom("push").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("PushUnknown", id);
    if (row.state !== "dropped" && !OPEN.includes(row.state)) return refuse("PushState", `it is ${row.state}`);
    if (row.state !== "dropped") await endPush(all, id, "dropped", Math.floor(cloud.nowMs() / 1000));
    return ok((await readPush(all, id))!);
  });
}

/** Keeps what the plan said, and nothing of the list itself: it holds names and card numbers. */
export async function endPush(all: Transaction<Schema>, id: string, state: "applied" | "dropped", now: number): Promise<void> {
  await all.deleteFrom("push_part").where("push", "=", id).execute();
  await all.deleteFrom("push_claim").where("push", "=", id).execute();
  await all.updateTable("push_row").set({ content: null, due: NOT_DUE }).where("push", "=", id).where("outcome", "<>", "same").execute();
  await all.updateTable("push").set({ state, ended_at: now }).where("id", "=", id).execute();
}

/** `due` of a row with which there is nothing to do. */
export const NOT_DUE = 9;

const dueRows = async (queries: Queries, push: string): Promise<number> =>
  Number(
    (
      await queries
        .selectFrom("push_row")
        .select((table) => table.fn.countAll<number | string>().as("rows"))
        .where("push", "=", push)
        .where("due", "<", NOT_DUE)
        .executeTakeFirstOrThrow()
    ).rows,
  );

export const pushOf = (row: PushTable, due: number): Push => ({
  id: row.id,
  source: row.source,
  isFull: row.is_full === 1,
  rows: row.row_count,
  bytes: row.byte_count,
  sha256: new Uint8Array(row.sha256),
  state: row.state,
  receivedBytes: row.received_bytes,
  receivedRows: row.received_rows,
  plannedRows: row.planned_rows,
  counts: JSON.parse(row.counts) as PlanCounts,
  dueRows: due,
  base: row.base,
  openedBy: row.opened_by,
  openedAt: row.opened_at,
  endedAt: row.ended_at,
});
