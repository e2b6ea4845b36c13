import { bucketOf, bytesToHex, encodeItem, type FeedItem, type ItemBytes, type Partition, sameBytes } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";

/** What an expansion changed in one partition: the net result. */
export interface PartitionChange {
  readonly removed: readonly Uint8Array[];
  readonly put: readonly ItemBytes[];
}

/** An item as it stands in the store. */
interface KeptItem extends ItemBytes {
  readonly partition: Partition;
  readonly person: string | null;
}

/** An item that a partition shall hold, and of whom it speaks; null: of nobody. */
export interface WantedItem {
  readonly partition: Partition;
  readonly person: string | null;
  readonly item: FeedItem;
}

/** Rows in one statement: each has four values. */
const ROWS_MAX = 500;

/** The items that speak of these people. */
export async function itemsOfPeople(queries: Queries, people: readonly string[]): Promise<KeptItem[]> {
  if (people.length === 0) return [];
  return (await queries.selectFrom("feed_item").selectAll().where("person", "in", people).execute()).map(keptItem);
}

/** The items of a partition that speak of nobody. */
export async function definitionsOf(queries: Queries, partition: Partition): Promise<KeptItem[]> {
  return (await queries.selectFrom("feed_item").selectAll().where("feed_partition", "=", partition).where("person", "is", null).execute()).map(keptItem);
}

/** Makes the store hold what is wanted instead of what is kept, and tells what that changed. */
export async function replaceItems(
  queries: Queries,
  kept: readonly KeptItem[],
  wanted: readonly WantedItem[],
): Promise<ReadonlyMap<Partition, PartitionChange>> {
  const changes = new Map<Partition, { removed: Uint8Array[]; put: ItemBytes[] }>();
  const changeOf = (partition: Partition): { removed: Uint8Array[]; put: ItemBytes[] } => {
    const change = changes.get(partition) ?? { removed: [], put: [] };
    changes.set(partition, change);
    return change;
  };
  const before = new Map(kept.map((item) => [placeOf(item.partition, item.key), item]));
  const puts: KeptItem[] = [];
  for (const { partition, person, item } of wanted) {
    const bytes = encodeItem(item);
    const place = placeOf(partition, bytes.key);
    const known = before.get(place);
    before.delete(place);
    if (known !== undefined && known.person === person && sameBytes(known.value, bytes.value)) continue;
    puts.push({ ...bytes, partition, person });
    changeOf(partition).put.push(bytes);
  }
  for (const { partition, key } of before.values()) {
    await queries.deleteFrom("feed_item").where("feed_partition", "=", partition).where("key", "=", key).execute();
    changeOf(partition).removed.push(key);
  }
  for (const portion of portions(puts, ROWS_MAX))
    await queries
      .insertInto("feed_item")
      .values(
        portion.map(({ partition, key, value, person }) => ({
          feed_partition: partition,
          key: Buffer.from(key),
          value: Buffer.from(value),
          person,
          bucket: bucketOf(key, nodeSha256),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(["feed_partition", "key"]).doUpdateSet((row) => ({ value: row.ref("excluded.value"), person: row.ref("excluded.person") })),
      )
      .execute();
  return changes;
}

const placeOf = (partition: Partition, key: Uint8Array): string => `${partition} ${bytesToHex(key)}`;

function keptItem(row: { feed_partition: string; key: Uint8Array; value: Uint8Array; person: string | null }): KeptItem {
  return { partition: row.feed_partition as Partition, key: new Uint8Array(row.key), value: new Uint8Array(row.value), person: row.person };
}
