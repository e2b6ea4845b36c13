import { type Expression, type ExpressionBuilder, sql, type SqlBool } from "kysely";
import type { CloudDatabase, Queries } from "../store/cloud-database.ts";
import type { Schema } from "../store/schema.ts";

/** Batches in one transaction: about a thousand events, for which controllers wait. */
const BATCHES = 4;

/**
 * Looks through the next batches behind the intake: which events name which credential, and when each was let in last where. Where it stopped it goes on.
 *
 * @returns false: there was nothing further
 */
export function lookOn(database: CloudDatabase): Promise<boolean> {
  return database.transact(async (queries) => {
    const { batch: mark } = await queries.selectFrom("last_use_mark").select("batch").executeTakeFirstOrThrow();
    const batches = await queries.selectFrom("event_batch").select(["id", "chain", "new_from", "last_seq"]).where("id", ">", mark).orderBy("id").limit(BATCHES).execute(); // prettier-ignore
    const last = batches.at(-1);
    if (last === undefined) return false;
    for (const { chain, new_from, last_seq } of batches) {
      await keepUses(queries, chain, new_from, last_seq);
      await keepNames(queries, chain, new_from, last_seq);
    }
    await queries.updateTable("last_use_mark").set({ batch: last.id }).execute();
    return batches.length === BATCHES;
  });
}

/** Looks through everything that is kept by now: before it is asked for the events of a credential. Not within a transaction. */
export async function catchUp(database: CloudDatabase): Promise<void> {
  while (await lookOn(database));
}

/** Whether an event names one of these credentials, as far as it was looked at: {@link catchUp}. */
export const namesOneOf =
  (credentials: readonly string[]) =>
  (each: ExpressionBuilder<Schema, "controller_event">): Expression<SqlBool> =>
    each(
      each.refTuple("controller_event.chain", "controller_event.seq"),
      "in",
      each.selectFrom("credential_event").select(["chain", "seq"]).where("credential", "in", credentials).$asTuple("chain", "seq"),
    );

/** Forgets which credentials these events name, while they are still there. */
export async function forgetNames(queries: Queries, chain: number, first: number, last: number): Promise<void> {
  await sql`DELETE FROM credential_event WHERE (credential, chain, seq) IN (
    SELECT credential, chain, seq FROM controller_event WHERE chain = ${chain} AND seq >= ${first} AND seq <= ${last} AND credential IS NOT NULL
  )`.execute(queries);
}

/** In the order of the table, so that neighbours are put together. */
async function keepNames(queries: Queries, chain: number, from: number, to: number): Promise<void> {
  await queries
    .insertInto("credential_event")
    .columns(["credential", "chain", "seq"])
    .expression((all) =>
      all
        .selectFrom("controller_event")
        .select((each) => [each.ref("credential").$notNull().as("credential"), "chain", "seq"])
        .where("chain", "=", chain)
        .where("seq", ">=", from)
        .where("seq", "<=", to)
        .where("credential", "is not", null)
        .orderBy("credential"),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** One statement a batch: no event leaves the store. */
async function keepUses(queries: Queries, chain: number, from: number, to: number): Promise<void> {
  await queries
    .insertInto("last_use")
    .columns(["credential", "access_point", "at"])
    .expression((all) =>
      all
        .selectFrom("controller_event")
        .select((each) => [
          each.ref("credential").$notNull().as("credential"),
          each.ref("source").$notNull().as("access_point"),
          each.fn.max<number>("at").as("at"),
        ]) // prettier-ignore
        .where("chain", "=", chain)
        .where("seq", ">=", from)
        .where("seq", "<=", to)
        .where("name", "=", "AccessGranted")
        .where("credential", "is not", null)
        .where("source", "is not", null)
        .where("at", "is not", null)
        .groupBy(["credential", "source"]),
    )
    .onConflict((conflict) =>
      conflict
        .columns(["credential", "access_point"])
        .doUpdateSet((each) => ({ at: each.ref("excluded.at") }))
        .whereRef("excluded.at", ">", "last_use.at"),
    )
    .execute();
}
