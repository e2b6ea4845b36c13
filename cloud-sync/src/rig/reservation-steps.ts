import type { RouteParts } from "../api/client.ts";
import { GATE } from "./api-campus.ts";
import { answered, names, valueOf } from "./api-rig.ts";
import { type CaseWorld, personOf } from "./case-world.ts";

/** A resource as it is put: a court by the terms of the sports hall, open at all hours. */
export type Content = RouteParts<"PUT /v1/resources/{id}">["body"];
export const COURT: Content = { campusService: "sports-hall", kind: "place", names: names("court"), type: "羽毛球场", path: [], capacity: 4, areaM2: null, attributes: {}, seats: 1, schedule: null, opens: [{ accessPoint: GATE, capability: "pass" }], place: null, sessions: [] }; // prettier-ignore
export const ROOM: Content = { ...COURT, campusService: "spaces", type: "会议室", opens: [] };
export const GUEST_ROOM: Content = { ...COURT, campusService: "guest-room", type: "客房", opens: [] };
const HOUR = 3_600_000;

/** Hours from now, on the hour: the rig's clock begins at 08:00 of the campus. */
export function inHours({ cloud }: CaseWorld, from: number, until: number): { from: string; until: string } {
  const hour = Math.ceil(cloud.nowMs() / HOUR);
  const text = (nth: number): string => new Date((hour + nth) * HOUR).toISOString().replace(".000Z", "Z");
  return { from: text(from), until: text(until) };
}
export const put = async ({ client }: CaseWorld, id: string, body: Content = COURT): Promise<void> =>
  void (await answered(client.ask("PUT /v1/resources/{id}", { params: { id }, body })));
export const course = async (world: CaseWorld, seats = 1): Promise<void> =>
  put(world, "course", { ...COURT, kind: "course", seats, sessions: [inHours(world, 30, 31), inHours(world, 54, 55)] });

interface Booked {
  readonly id: string;
}
export async function booked(
  world: CaseWorld,
  resource: string,
  times: readonly { from: string; until: string }[],
  more: { readonly hold?: boolean; readonly person?: string } = {},
): Promise<Booked> {
  const body = { resource, person: world.person, times: [...times], noticeVersion: 1, ...more };
  return valueOf(world.client.ask("POST /v1/reservations", { body }));
}
export async function student(world: CaseWorld, account: string): Promise<string> {
  const id = await personOf(world, account);
  await answered(
    world.client.ask("PUT /v1/persons/{id}/audiences/{audience}", {
      params: { id, audience: "student" },
      body: { validity: { from: null, until: null }, sponsor: null },
    }),
  );
  return id;
}
/** Three courts that nobody came to, with one more booking ahead: nothing is booked for a week. */
export async function absentThrice(world: CaseWorld): Promise<Booked> {
  await put(world, "court");
  for (const hour of [1, 3, 24]) await booked(world, "court", [inHours(world, hour, hour + 1)]);
  const ahead = await booked(world, "court", [inHours(world, 100, 101)]);
  world.cloud.pass(30 * 3600);
  return ahead;
}

/** What cannot be booked, each by its own refusal: of what, when and by whom. */
interface Wrong {
  readonly resource: string;
  readonly times: { from: string; until: string }[];
  readonly noticeVersion?: number | null;
  readonly person?: string;
}
export const WRONG = {
  ResourceUnknown: async (world: CaseWorld): Promise<Wrong> => ({ resource: "nowhere", times: [inHours(world, 2, 3)] }),
  TimesRefused: async (world: CaseWorld): Promise<Wrong> => {
    const { from, until } = inHours(world, 2, 3);
    return { resource: "court", times: [{ from: until, until: from }] };
  },
  TooFarAhead: async (world: CaseWorld): Promise<Wrong> => ({ resource: "court", times: [inHours(world, 2000, 2001)] }),
  NotOpen: async (world: CaseWorld): Promise<Wrong> => {
    await put(world, "shut", { ...COURT, schedule: "weekdays" }); // Tuesdays alone
    return { resource: "shut", times: [inHours(world, 25, 26)] };
  },
  AlreadyBooked: async (world: CaseWorld): Promise<Wrong> => {
    await put(world, "pool", { ...COURT, seats: 3 });
    await booked(world, "pool", [inHours(world, 26, 27)]);
    return { resource: "pool", times: [inHours(world, 26, 27)] };
  },
  QuotaReached: async (world: CaseWorld): Promise<Wrong> => {
    for (const hour of [26, 28]) await booked(world, "court", [inHours(world, hour, hour + 1)]);
    return { resource: "court", times: [inHours(world, 30, 31)] };
  },
  SlotTaken: async (world: CaseWorld): Promise<Wrong> => {
    await booked(world, "court", [inHours(world, 26, 27)], { person: await student(world, "li@connect.example.edu") });
    return { resource: "court", times: [inHours(world, 26, 27)] };
  },
} as const;
