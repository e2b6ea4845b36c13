import { join } from "node:path";
import { atLocal, dateOfDay, dayOfDate, localTime, U32_MAX, unixSeconds } from "@portico/card-protocol";
import {
  book,
  CAMPUS_SERVICES_FILE,
  type ChangeNote,
  type Desk,
  loadServiceDocument,
  openCloud,
  portions,
  putResource,
  timelinesOf,
} from "@portico/cloud-sync";
import { personId } from "../cloud-campus.ts";
import { temporaryFolder } from "../folders.ts";
import { type Goal, median } from "../goal.ts";

/** So many ask at once for the same hour of the same room, again and again: one of them gets it. */
const CLIENTS = 32;
const ROOMS = 500;
const SLOTS = 60;
const ASKED = CLIENTS * SLOTS;
const ZONE = "Asia/Shanghai";
const NOTE: ChangeNote = { actor: "bench", action: "reservation book", target: "", reason: "" };

interface Measured {
  readonly tookMs: number;
  /** This program's processor time of it. */
  readonly ownMs: number;
  readonly won: number;
  readonly overlaps: number;
  readonly timelinesMs: readonly number[];
}
let measured: Promise<Measured> | undefined;
const measuredOnce = (): Promise<Measured> => (measured ??= run());

export const BOOKINGS: Goal = {
  name: "bookings",
  what: `1,000 bookings asked of a store on disk by ${CLIENTS} at once who want the same room and hour, each answered with it or with what is free nearby; none overlaps`,
  unit: "ms",
  goal: 1_000,
  async measure(note) {
    const { tookMs, ownMs, won, overlaps } = await measuredOnce();
    if (won !== SLOTS || overlaps !== 0) throw new Error(`${won} of ${SLOTS} hours were given, ${overlaps} overlap`);
    note(
      `${Math.round(ASKED / (tookMs / 1_000)).toLocaleString("en")} a second, each ${Math.round((ownMs * 1_000) / ASKED)} µs of this program's processor time; 1 of ${CLIENTS} gets it`,
    );
    return (tookMs * 1_000) / ASKED;
  },
};

export const TIMELINES: Goal = {
  name: "timelines",
  what: `a day of ${ROOMS} rooms read from the same store and told in four states`,
  unit: "ms",
  goal: 50,
  measure: async () => median((await measuredOnce()).timelinesMs),
};

async function run(): Promise<Measured> {
  const folder = temporaryFolder();
  const cloud = await openCloud({ dataFolder: join(folder, "cloud"), site: "bench", timeZone: ZONE });
  try {
    const { queries } = cloud.database;
    const services = loadServiceDocument(CAMPUS_SERVICES_FILE);
    const desk: Desk = { cloud, services, isDesk: false };
    const people = Array.from({ length: CLIENTS }, (_, nth) => personId(nth));
    for (const some of portions(people, 100)) {
      await queries.insertInto("person").values(some.map((id) => ({ id, account: null, name: "试", phone: null, mail: null, flags: 0, party_size: 1 }))).execute(); // prettier-ignore
      await queries.insertInto("person_audience").values(some.map((person) => ({ person, audience: "staff" as const, sponsor: null, valid_from: 0, valid_until: U32_MAX }))).execute(); // prettier-ignore
    }
    for (let nth = 0; nth < ROOMS; nth++) {
      const id = roomId(nth);
      await putResource(cloud, services, NOTE, { id, campusService: "spaces", kind: "place", names: { zh: id, en: id }, type: "会议室", path: [], capacity: 6, areaM2: 13, attributes: {}, seats: 1, schedule: null, opens: [], place: null, sessions: [] }); // prettier-ignore
    }
    const now = unixSeconds(Math.floor(cloud.nowMs() / 1000));
    const tomorrow = dateOfDay(dayOfDate(localTime(ZONE, now).date) + 1);
    const slot = (nth: number) => ({ resource: roomId(nth), from: atLocal(ZONE, tomorrow, 9 * 3600), until: atLocal(ZONE, tomorrow, 10 * 3600) });
    const before = process.cpuUsage();
    const startedAt = performance.now();
    let won = 0;
    await Promise.all(
      people.map(async (person) => {
        for (let nth = 0; nth < SLOTS; nth++) {
          const { resource, from, until } = slot(nth);
          const made = await book(desk, NOTE, { resource, person, spans: [{ from, until }], acceptedVersion: null, isHold: false });
          if (made.ok) won++;
          else if (made.error !== "SlotTaken" && made.error !== "QuotaReached") throw new Error(`${made.error}: ${made.detail}`);
        }
      }),
    );
    const tookMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(before);
    const ownMs = (user + system) / 1_000;
    const rows = await queries.selectFrom("reserved_time").select(["resource_number", "seat", "starts", "ends"]).where("active", "=", 1).orderBy("resource_number").orderBy("seat").orderBy("starts").execute(); // prettier-ignore
    const overlaps = rows.filter((row, nth) => nth > 0 && row.resource_number === rows[nth - 1]!.resource_number && row.seat === rows[nth - 1]!.seat && row.starts < rows[nth - 1]!.ends).length; // prettier-ignore
    const rooms = await queries.selectFrom("resource").selectAll().execute();
    const day = { from: atLocal(ZONE, tomorrow, 0), until: atLocal(ZONE, tomorrow, 86_400) };
    const timelinesMs: number[] = [];
    for (let nth = 0; nth < 9; nth++) {
      const from = performance.now();
      const lines = await timelinesOf(cloud, queries, rooms, day, () => undefined, now);
      timelinesMs.push(performance.now() - from);
      if (lines.length !== ROOMS) throw new Error(`${lines.length} of ${ROOMS} days were told`);
    }
    return { tookMs, ownMs, won, overlaps, timelinesMs };
  } finally {
    await cloud.database.close();
  }
}

const roomId = (nth: number): string => `room-${nth}`;
