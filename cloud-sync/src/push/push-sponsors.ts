import type { Transaction } from "kysely";
import { portions } from "../core/portions.ts";
import type { PushRowTable, PushTable } from "../store/push-tables.ts";
import type { Schema } from "../store/schema.ts";
import { canSponsor, type PushContent } from "./push-row.ts";

/** What is wrong with each key as a sponsor; undefined: nothing. */
export async function sponsorTroubles(
  all: Transaction<Schema>,
  push: PushTable,
  contents: readonly PushContent[],
  now: number,
): Promise<ReadonlyMap<string, string | undefined>> {
  const keys = [...new Set(contents.flatMap(({ audiences }) => audiences.flatMap(({ sponsor }) => sponsor ?? [])))];
  const [told, known] = [new Map<string, Pick<PushRowTable, "outcome" | "content">>(), new Map<string, PushContent>()];
  for (const some of portions(keys, 500)) {
    for (const row of await all.selectFrom("push_row").select(["key", "outcome", "content"]).where("push", "=", push.id).where("key", "in", some).execute()) {
      // Of two rows of one key the second was refused.
      if (row.outcome !== "refused" || !told.has(row.key!)) told.set(row.key!, row);
    }
    for (const row of await all.selectFrom("pushed_person").select(["key", "content"]).where("source", "=", push.source).where("key", "in", some).execute())
      known.set(row.key, JSON.parse(row.content) as PushContent);
  }
  return new Map(
    keys.map((key): [string, string | undefined] => {
      const row = told.get(key);
      if (row === undefined && push.is_full === 1) return [key, "is in no row of the list"];
      const content =
        row === undefined || row.outcome === "same" ? known.get(key) : row.content === null ? undefined : (JSON.parse(row.content) as PushContent);
      if (row?.outcome === "refused" || content === undefined) return [key, row === undefined ? "is known neither here nor in the list" : "is refused itself"];
      return [key, canSponsor(content, now) ? undefined : "has no status now that can vouch for family"];
    }),
  );
}
