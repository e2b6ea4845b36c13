import { ok } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { mutate } from "../mutation.ts";
import type { OfflineTerms } from "../services/money-terms.ts";

/** Makes the lists go by what the services document says now of paying where nobody can be asked; where it says the same as before nothing is done. */
export async function adoptOfflineTerms(cloud: Cloud, terms: readonly OfflineTerms[]): Promise<void> {
  const text = JSON.stringify(terms);
  const { terms: before } = await cloud.database.queries.selectFrom("offline_terms").select("terms").executeTakeFirstOrThrow();
  if (before === text) return;
  const audiences = [...terms, ...(JSON.parse(before) as OfflineTerms[])].map(({ audience }) => audience);
  const member = await cloud.database.queries.selectFrom("person_audience").select("person").where("audience", "in", audiences).limit(1).executeTakeFirst();
  if (member === undefined) return void (await cloud.database.queries.updateTable("offline_terms").set({ terms: text }).execute()); // no list says anything of it
  await mutate(cloud, { actor: "ledger", action: "offline-terms adopt", target: "money.offline", reason: "" }, async ({ queries, mark }) => {
    await queries.updateTable("offline_terms").set({ terms: text }).execute();
    for (const audience of audiences) mark("audience", audience);
    return ok(null);
  });
}
