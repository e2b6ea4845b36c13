import { bytesToHex, ok, type Result, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { audienceTimes, type Membership } from "../core/audience.ts";
import { refuse } from "../core/refusal.ts";
import { holdsAt } from "../core/validity.ts";
import { readMemberships } from "../expansion/person-facts.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { keepNotifications } from "../notifications/notification.ts";
import { audiencesAt } from "../services/service-answer.ts";
import type { Login } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { SessionTable } from "../store/log-in-tables.ts";

/** That somebody has logged in, judged at the moment of reading. */
export interface Session {
  /** SHA-256 of the token, 64 hex digits. It opens nothing by itself. */
  readonly id: string;
  readonly person: string;
  readonly login: Exclude<Login, "none">;
  readonly memberships: readonly Membership[];
  /** Those that hold now. */
  readonly audiences: ReturnType<typeof audiencesAt>;
  readonly scene: string | null;
  readonly openedAt: UnixSeconds;
  readonly until: UnixSeconds;
}

/** A session that was opened a moment ago: the one time that its token is told. */
export interface OpenedSession {
  /** 64 hex digits. */
  readonly token: string;
  readonly session: Session;
}

/** Why somebody whom the campus knows is not let in: he has left, or who vouched for him has (rule 1.6). */
export type StandingRefusal = "StatusEnded" | "SponsorEnded";

export const SESSION_LIFE_S = 7 * 86_400;
const TOKEN_BYTES = 32;

/** By what a token is found. */
export const sessionIdOf = (token: string): string => bytesToHex(nodeSha256(new TextEncoder().encode(token)));

/** Opens a session for somebody who was let in, and tells callers so. The rows of those that have ended go. */
export async function openSession(
  cloud: Cloud,
  { person, login, scene, memberships }: Pick<Session, "person" | "login" | "scene" | "memberships">,
): Promise<OpenedSession> {
  const now = secondsOf(cloud);
  const token = bytesToHex(cloud.randomBytes(TOKEN_BYTES));
  const row: SessionTable = { id: sessionIdOf(token), person, login, scene, opened_at: now, until: now + SESSION_LIFE_S };
  await cloud.database.transact(async (queries) => {
    await queries.deleteFrom("session").where("until", "<=", now).execute();
    await queries.insertInto("session").values(row).execute();
    await keepNotifications(queries, cloud, [{ kind: "session.opened", person, body: { session: row.id, login, until: row.until } }]);
  }, "read committed");
  return { token, session: sessionOf(row, memberships, now) };
}

/** A session that holds; who has left since has none (rule 1.2). */
export async function readSession(cloud: Cloud, id: string): Promise<Result<Session, "SessionUnknown" | StandingRefusal>> {
  const { queries } = cloud.database;
  const now = secondsOf(cloud);
  const row = await queries.selectFrom("session").selectAll().where("id", "=", id).where("until", ">", now).executeTakeFirst();
  if (row === undefined) return refuse("SessionUnknown");
  const standing = await standingOf(queries, row.person, row.login, now);
  return standing.ok ? ok(sessionOf(row, standing.value, now)) : standing;
}

/** Ends one session: logged out. */
export function endSession(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "SessionUnknown">> {
  return mutate(cloud, { ...note, target: "session" }, async ({ queries, now }) => {
    const row = await queries.selectFrom("session").select("id").where("id", "=", id).where("until", ">", now).executeTakeFirst();
    if (row === undefined) return refuse("SessionUnknown");
    await queries.deleteFrom("session").where("id", "=", id).execute();
    return ok(null);
  });
}

/** Ends all sessions of a person, and forgets which WeChat account is theirs: the next log-in shows the phone number anew. */
export function endSessionsOf(cloud: Cloud, note: ChangeNote, person: string): Promise<Result<Changed<{ readonly sessions: number }>, "PersonUnknown">> {
  return mutate(cloud, { ...note, target: `person ${person}` }, async ({ queries }) => {
    if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
    return ok({ sessions: await forgetSessions(queries, person) });
  });
}

/** Whoever holds a session of this person, or the WeChat account that opened one, has to log in anew. @returns how many sessions ended */
export async function forgetSessions(queries: Queries, person: string): Promise<number> {
  const ended = await queries.deleteFrom("session").where("person", "=", person).executeTakeFirst();
  await queries.deleteFrom("wechat_account").where("person", "=", person).execute();
  return Number(ended.numDeletedRows);
}

/** A campus account is somebody's only while one of his audiences holds; whoever comes by phone needs none (rule 1.3). */
export async function standingOf(queries: Queries, person: string, login: Session["login"], now: UnixSeconds): Promise<Result<Membership[], StandingRefusal>> {
  const memberships = await readMemberships(queries, person);
  if (login === "phone" || [...audienceTimes(memberships).values()].some((times) => holdsAt(times, now))) return ok(memberships);
  const isLeftBySponsor = memberships.some(({ sponsorHolds, validity }) => sponsorHolds !== undefined && holdsAt([validity], now));
  return refuse(isLeftBySponsor ? "SponsorEnded" : "StatusEnded");
}

function sessionOf({ id, person, login, scene, opened_at, until }: SessionTable, memberships: readonly Membership[], at: UnixSeconds): Session {
  const audiences = audiencesAt({ memberships, login, at });
  return { id, person, login, memberships, audiences, scene, openedAt: unixSeconds(opened_at), until: unixSeconds(until) };
}

export const secondsOf = ({ nowMs }: Pick<Cloud, "nowMs">): UnixSeconds => unixSeconds(Math.floor(nowMs() / 1000));
