import { bytesToHex, ok, type Result } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { Hono } from "hono";
import { problemAnswer } from "../api/problem.ts";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { type CalendarEntry, calendarText } from "../core/reservations/calendar-text.ts";
import { span } from "../core/reservations/span.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import { ACTIVE } from "./lapse.ts";

const TOKEN_BYTES = 32;
/** What has ended longer ago is told no more. */
const PAST_S = 30 * 86_400;
const hashOf = (token: string): string => bytesToHex(nodeSha256(new TextEncoder().encode(token)));

/** Makes the link by which a person's calendar is followed, and ends the one before: whoever has it reads what the person has booked, and nobody can guess it. */
export function makeCalendarLink(cloud: Cloud, note: ChangeNote, person: string): Promise<Result<Changed<{ readonly path: string }>, "PersonUnknown">> {
  const token = bytesToHex(cloud.randomBytes(TOKEN_BYTES));
  return mutate(cloud, { ...note, target: `person ${person}` }, async ({ queries, now }) => {
    if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
    await queries.deleteFrom("calendar_link").where("person", "=", person).execute();
    await queries
      .insertInto("calendar_link")
      .values({ token_hash: hashOf(token), person, created_at: now })
      .execute();
    return ok({ path: `/calendars/${token}.ics` });
  });
}

/** Ends the link: whoever follows it reads nothing any more. */
export function endCalendarLink(cloud: Cloud, note: ChangeNote, person: string): Promise<Result<Changed<null>, "PersonUnknown">> {
  return mutate(cloud, { ...note, target: `person ${person}` }, async ({ queries }) => {
    if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
    await queries.deleteFrom("calendar_link").where("person", "=", person).execute();
    return ok(null);
  });
}

/** Calendars in the form of RFC 5545, for programs that follow them: a person's by an unguessable link, and of every place when it is taken, not by whom. */
export function calendarFeeds(cloud: Cloud): Hono {
  const { queries } = cloud.database;
  const app = new Hono();
  const answer = (name: string, entries: readonly CalendarEntry[], now: number): Response =>
    new Response(calendarText(name, entries, now), {
      headers: { "content-type": "text/calendar; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff" },
    });
  app.get("/calendars/places/:file", async ({ req }) => {
    const id = fileStem(req.param("file"));
    const now = Math.floor(cloud.nowMs() / 1000);
    const place =
      id === undefined ? undefined : await queries.selectFrom("resource").select(["id", "name_zh", "name_en"]).where("id", "=", id).executeTakeFirst();
    if (place === undefined) return problemAnswer("ResourceUnknown");
    return answer(place.name_zh, (await timesBy(queries, { resource: place.id }, now)).map((entry) => ({ ...entry, uid: `${place.id}-${entry.from}`, summary: "已占用 / busy", location: "" })), now); // prettier-ignore
  });
  app.get("/calendars/:file", async ({ req }) => {
    const token = fileStem(req.param("file"));
    const now = Math.floor(cloud.nowMs() / 1000);
    const link =
      token === undefined ? undefined : await queries.selectFrom("calendar_link").select("person").where("token_hash", "=", hashOf(token)).executeTakeFirst();
    return link === undefined ? problemAnswer("RouteUnknown") : answer("预约 / Reservations", await timesBy(queries, link, now), now);
  });
  return app;
}

const fileStem = (file: string): string | undefined => /^(.+)\.ics$/s.exec(file)?.[1];

async function timesBy(queries: Queries, by: { readonly person: string } | { readonly resource: string }, now: number): Promise<CalendarEntry[]> {
  const all = queries
    .selectFrom("reserved_time")
    .innerJoin("reservation", "reservation.id", "reserved_time.reservation")
    .innerJoin("resource", "resource.id", "reservation.resource")
    .select(["reservation.id", "nth", "starts", "ends", "name_zh", "name_en", "path"])
    .where(ACTIVE)
    .where("ends", ">", now - PAST_S)
    .where("state", "=", "booked")
    .orderBy("starts");
  const rows = await ("person" in by ? all.where("reservation.person", "=", by.person) : all.where("reservation.resource", "=", by.resource)).execute();
  return rows.map(({ id, nth, starts, ends, name_zh, name_en, path }) => ({
    uid: `${id}-${nth}`,
    summary: `${name_zh} / ${name_en}`,
    location: (JSON.parse(path) as string[]).join(" "),
    ...span(starts, ends),
  }));
}
