import type { Capability } from "@portico/card-protocol";
import type { Selectable } from "kysely";
import type { Names } from "../core/names.ts";
import { type Span, span } from "../core/reservations/span.ts";
import type { ResourceKind } from "../core/reservations/terms.ts";
import { namesOf } from "../places.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ResourceTable } from "../store/reservation-tables.ts";
import { Statement } from "../store/statement.ts";

/** What a booking opens for its time. */
export interface Opened {
  readonly accessPoint: string;
  readonly capability: Capability;
}

/** A place or a course that can be booked. */
export interface Resource {
  readonly id: string;
  /** The campus service that offers it, and by whose terms it is booked. */
  readonly campusService: string;
  readonly kind: ResourceKind;
  readonly names: Names;
  /** The campus's word: 会议室, 羽毛球场. */
  readonly type: string;
  /** From the widest to the narrowest (rule 11.5). */
  readonly path: readonly string[];
  /** 0: not said. */
  readonly capacity: number;
  readonly areaM2: number | null;
  readonly attributes: Readonly<Record<string, string>>;
  /** So many book it at once; 1: exclusive. */
  readonly seats: number;
  /** Opening hours; null: at all hours. */
  readonly schedule: string | null;
  readonly opens: readonly Opened[];
  /** Where a course is held: booked for its sessions. */
  readonly place: string | null;
  /** Of a course: when. Ascending, none overlapping another. */
  readonly sessions: readonly Span[];
}

export type ResourceRow = Selectable<ResourceTable>;
const RESOURCE = new Statement<ResourceRow>("SELECT * FROM resource WHERE id = ?");

export async function readResource(queries: Queries, id: string): Promise<(Resource & { readonly number: number }) | undefined> {
  const row = await RESOURCE.row(queries, id);
  return row && resourceOf(row, await sessionsOf(queries, row));
}

export async function sessionsOf(queries: Queries, { id, kind }: Pick<ResourceRow, "id" | "kind">): Promise<Span[]> {
  if (kind === "place") return [];
  const rows = await queries.selectFrom("course_session").select(["starts", "ends"]).where("course", "=", id).orderBy("nth").execute();
  return rows.map(({ starts, ends }) => span(starts, ends));
}

export function resourceOf(row: ResourceRow, sessions: readonly Span[]): Resource & { readonly number: number } {
  const { id, number, campus_service, kind, type, capacity, area_m2, seats, schedule, place } = row;
  return {
    id,
    number,
    campusService: campus_service,
    kind,
    names: namesOf(row),
    type,
    path: JSON.parse(row.path) as string[],
    capacity,
    areaM2: area_m2,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    seats,
    schedule,
    opens: JSON.parse(row.opens) as Opened[],
    place,
    sessions,
  };
}

/** What the store has of one, but for its number. */
export function rowOf({
  id,
  campusService,
  kind,
  names,
  type,
  path,
  capacity,
  areaM2,
  attributes,
  seats,
  schedule,
  opens,
  place,
}: Resource): Omit<ResourceRow, "number"> {
  return {
    id,
    campus_service: campusService,
    kind,
    name_zh: names.zh,
    name_en: names.en,
    type,
    path: JSON.stringify(path),
    capacity,
    area_m2: areaM2,
    attributes: JSON.stringify(attributes),
    seats,
    schedule,
    opens: JSON.stringify(opens),
    place,
  };
}
