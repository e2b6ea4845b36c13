import type { CloudDatabase, Queries } from "../store/cloud-database.ts";
import type { TopUpTables } from "../store/top-up-tables.ts";

export type ProviderNotice = TopUpTables["provider_notice"];

/** Notices of providers are kept for 366 days: so long may a payment be contested or refunded. What they said stays with the top-up, and in the ledger. */
export const NOTICE_LIFE_S = 366 * 86_400;
/** Notices of one step. */
const STEP_MAX = 500;

/** Keeps what a provider has said, as it came. @returns whether it was new */
export async function keepNotice(queries: Queries, notice: ProviderNotice): Promise<boolean> {
  const kept = await queries
    .insertInto("provider_notice")
    .values(notice)
    .onConflict((conflict) => conflict.columns(["provider", "digest"]).doNothing())
    .executeTakeFirstOrThrow();
  return (kept.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Lets go of those that are over their time, the oldest first: never of one about money that is not where it belongs yet. */
export async function pruneNotices({ queries }: Pick<CloudDatabase, "queries">, now: number): Promise<void> {
  for (;;) {
    const over = await queries
      .selectFrom("provider_notice")
      .select(["provider", "digest"])
      .where("received_at", "<", now - NOTICE_LIFE_S)
      .where("ref", "not in", openRefs(queries))
      .orderBy("received_at")
      .limit(STEP_MAX)
      .execute();
    for (const { provider, digest } of over)
      await queries.deleteFrom("provider_notice").where("provider", "=", provider).where("digest", "=", digest).execute();
    if (over.length < STEP_MAX) return;
  }
}

/** Of payments that may still be made, are to be credited or decided, or go back and have not; and of those refunds. */
function openRefs(queries: Queries) {
  const open = queries.selectFrom("provider_refund").where("provider_refund.state", "<>", "done");
  return queries
    .selectFrom("top_up")
    .select("ref")
    .where("state", "in", ["begun", "pending", "paid", "review"])
    .union(open.innerJoin("top_up", "top_up.id", "provider_refund.top_up").select("top_up.ref"))
    .union(open.select("provider_refund.ref"));
}

/** Of the payments of a person who is erased: a notice may say by what the provider knows them. To be called while the wallet is still theirs. */
export async function forgetNotices(queries: Queries, person: string): Promise<void> {
  const wallet = queries.selectFrom("wallet").select("wallet").where("person", "=", person);
  const refs = queries
    .selectFrom("top_up")
    .select("ref")
    .where("wallet", "in", wallet)
    .union(queries.selectFrom("provider_refund").select("ref").where("wallet", "in", wallet));
  await queries.deleteFrom("provider_notice").where("ref", "in", refs).execute();
}
