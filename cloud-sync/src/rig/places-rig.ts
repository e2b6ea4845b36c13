import { atLocal, type UnixSeconds } from "@portico/card-protocol";
import { putSchedule } from "../calendar.ts";
import type { Audience } from "../core/audience.ts";
import { type Span, span } from "../core/reservations/span.ts";
import type { Desk } from "../reservations/booking.ts";
import type { Resource } from "../reservations/resource-rows.ts";
import { putResource } from "../reservations/resources.ts";
import { putAudience, putPerson } from "../people.ts";
import { putAccessPoint, putZone } from "../places.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import { ALWAYS, type CloudRig, cloudRig, done, NOTE } from "./cloud-rig.ts";

export const SERVICES = loadServiceDocument(CAMPUS_SERVICES_FILE);
const H = 3600;
const ZONE = "Asia/Shanghai";
const names = (id: string) => ({ zh: id, en: id });

/** Hours of a day of the campus: `hours("2026-09-02", 18, 19.5)`. */
export const hours = (date: string, from: number, until: number): Span => span(at(date, from), at(date, until));
export const at = (date: string, hour: number): UnixSeconds => atLocal(ZONE, date, Math.round(hour * H));

export const PLACE: Omit<Resource, "id" | "names"> = {
  campusService: "spaces",
  kind: "place",
  type: "会议室",
  path: [],
  capacity: 6,
  areaM2: 13,
  attributes: {},
  seats: 1,
  schedule: "open-hours",
  opens: [],
  place: null,
  sessions: [],
};

/** A hall with two courts and a pool of 3 lanes, two meeting rooms, and the doors that they open. It is 2026-09-01 08:00, a Tuesday. */
export interface PlacesRig {
  readonly cloud: CloudRig;
  readonly desk: Desk;
  /** A person of an audience for ever. */
  person(audience?: Audience): Promise<string>;
  put(id: string, content: Partial<Resource>): Promise<Resource>;
  close(): Promise<void>;
}

export async function placesRig(given?: CloudRig): Promise<PlacesRig> {
  const cloud = given ?? (await cloudRig());
  const desk: Desk = { cloud, services: SERVICES, isDesk: false };
  await done(putZone(cloud, NOTE, "east", names("east")));
  for (const id of ["hall/entry", "hall/exit", "room-607"]) await done(putAccessPoint(cloud, NOTE, { id, zone: "east", names: names(id), high: false }));
  const daily = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((day) => [day, [{ startS: 8 * H, endS: 22 * H }]]));
  await done(putSchedule(cloud, NOTE, { id: "open-hours", weekly: daily, specialDays: [], follows: { holidays: true, makeUpDays: true } }));
  const put = (id: string, content: Partial<Resource>): Promise<Resource> =>
    done(putResource(cloud, SERVICES, NOTE, { ...PLACE, id, names: names(id), ...content }));
  const hall = {
    campusService: "sports-hall",
    type: "羽毛球场",
    capacity: 4,
    opens: [{ accessPoint: "hall/entry", capability: "pass" } as const, { accessPoint: "hall/exit", capability: "pass" } as const],
  };
  for (const id of ["court-1", "court-2"]) await put(id, hall);
  await put("pool", { ...hall, type: "泳道", seats: 3 });
  await put("607", { path: ["行政区", "行政楼", "中区", "6楼", "607"], opens: [{ accessPoint: "room-607", capability: "unlock" }] });
  await put("608", { path: ["行政区", "行政楼", "中区", "6楼", "608"], capacity: 10 });
  return {
    cloud,
    desk,
    put,
    async person(audience = "student") {
      const { id } = await done(putPerson(cloud, NOTE, undefined, { account: null, name: "张三", phone: null, mail: null, flags: [], partySize: 1 }));
      await done(putAudience(cloud, NOTE, id, { audience, validity: ALWAYS, sponsor: null }));
      return id;
    },
    close: () => cloud.close(),
  };
}
