import { bytesToHex, encodeItem, type FeedItem, GLOBAL, type Partition, zonePartition } from "@portico/card-protocol";
import { expandPerson } from "../core/expansion.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import { Campus } from "./campus-facts.ts";
import { expandCalendar, expandRevocations, expandZone } from "./definition-items.ts";
import { readPeople } from "./person-facts.ts";

const PEOPLE_MAX = 300;

/**
 * Everything that the feed has to say, computed from people, places and grants alone: what the expander's steps must have come to. Writes nothing. Keys are
 * `partition` and the item's key in hex, values the item's value in hex.
 */
export async function expandFromScratch(queries: Queries): Promise<ReadonlyMap<string, string>> {
  const items = new Map<string, string>();
  const add = (partition: Partition, item: FeedItem): void => {
    const { key, value } = encodeItem(item);
    items.set(`${partition} ${bytesToHex(key)}`, bytesToHex(value));
  };
  const campus = await Campus.read(queries);
  const people = (await queries.selectFrom("person").select("id").execute()).map(({ id }) => id);
  const gone = (await queries.selectFrom("removed_credential").select("person").distinct().execute()).map(({ person }) => person);
  for (const portion of portions([...new Set([...people, ...gone])], PEOPLE_MAX)) {
    await campus.readHolders(queries, portion);
    for (const { item } of await expandRevocations(queries, portion)) add(GLOBAL, item);
    for (const facts of await readPeople(queries, campus, portion))
      for (const [zone, found] of expandPerson(facts, campus)) for (const item of found) add(zonePartition(zone), item);
  }
  for (const zone of campus.zones.keys()) for (const item of await expandZone(queries, campus, zone)) add(zonePartition(zone), item);
  for (const item of await expandCalendar(queries)) add(GLOBAL, item);
  return items;
}

/** The same of what the store holds. */
export async function keptItems(queries: Queries): Promise<ReadonlyMap<string, string>> {
  const rows = await queries.selectFrom("feed_item").select(["feed_partition", "key", "value"]).execute();
  return new Map(rows.map(({ feed_partition, key, value }) => [`${feed_partition} ${bytesToHex(new Uint8Array(key))}`, bytesToHex(new Uint8Array(value))]));
}
