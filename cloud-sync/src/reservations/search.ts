import { sql } from "kysely";
import { unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { isWithin, type Span } from "../core/reservations/span.ts";
import type { ResourceKind } from "../core/reservations/terms.ts";
import { bookableIn } from "../core/reservations/timeline.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { offeringOf } from "./offering.ts";
import { type Resource, resourceOf, type ResourceRow, sessionsOf } from "./resource-rows.ts";
import { timelinesOf } from "./timelines.ts";

/** What is looked for (rule 11.3); absent: whatever. */
export interface ResourceSearch {
  readonly id?: string | undefined;
  readonly service?: string | undefined;
  readonly kind?: ResourceKind | undefined;
  readonly type?: string | undefined;
  /** Room for so many at least. */
  readonly capacity?: number | undefined;
  /** Number, name, type or a part of the path: all of the words. */
  readonly words?: string | undefined;
  /** `name` or `name=value`. */
  readonly attribute?: string | undefined;
}

/** Rows that are looked through at once for what is free. */
const LOOKED_AT = 500;

/** In the order of their ids. */
export function searchRows(
  queries: Queries,
  { id, service: offering, kind, type, capacity, words, attribute }: ResourceSearch,
  after: string,
  limit: number,
): Promise<ResourceRow[]> {
  let query = queries.selectFrom("resource").selectAll().where("id", ">", after).orderBy("id").limit(limit);
  if (id !== undefined) query = query.where("id", "=", id);
  if (offering !== undefined) query = query.where("campus_service", "=", offering);
  if (kind !== undefined) query = query.where("kind", "=", kind);
  if (type !== undefined) query = query.where("type", "=", type);
  if (capacity !== undefined) query = query.where("capacity", ">=", capacity);
  for (const word of words?.toLowerCase().split(/\s+/).filter(Boolean) ?? [])
    query = query.where(sql<boolean>`LOWER(id || ' ' || name_zh || ' ' || name_en || ' ' || type || ' ' || path) LIKE ${`%${literal(word)}%`} ESCAPE '\\'`);
  if (attribute !== undefined) {
    const [name = "", value] = attribute.split(/=(.*)/s);
    const pair = value === undefined ? `%${literal(`${JSON.stringify(name)}:`)}%` : `%${literal(`${JSON.stringify(name)}:${JSON.stringify(value)}`)}%`;
    query = query.where(sql<boolean>`attributes LIKE ${pair} ESCAPE '\\'`);
  }
  return query.execute();
}

/** Those that can be booked for all of a stretch now. */
export async function freeResources(
  cloud: Cloud,
  document: ServiceDocument,
  by: ResourceSearch,
  wanted: Span,
  after: string,
  limit: number,
): Promise<ResourceRow[]> {
  if (wanted.from >= wanted.until) return [];
  const { queries } = cloud.database;
  const now = unixSeconds(Math.floor(cloud.nowMs() / 1000));
  const found: ResourceRow[] = [];
  for (let from = after; found.length < limit;) {
    const rows = await searchRows(queries, { ...by, kind: "place" }, from, LOOKED_AT);
    if (rows.length === 0) break;
    from = rows.at(-1)!.id;
    const lines = await timelinesOf(cloud, queries, rows, wanted, (row) => offeringOf(document, row.campus_service), now);
    found.push(...rows.filter((_, nth) => isWithin(wanted, bookableIn(lines[nth]!.parts))));
    if (rows.length < LOOKED_AT) break;
  }
  return found.slice(0, limit);
}

export async function withSessions(queries: Queries, rows: readonly ResourceRow[]): Promise<Resource[]> {
  const found: Resource[] = [];
  for (const row of rows) found.push(resourceOf(row, await sessionsOf(queries, row)));
  return found;
}

const literal = (text: string): string => text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
