import { decodeEvent, type DenyReason, ok, type Result, type UnixSeconds } from "@portico/card-protocol";
import { sql } from "kysely";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { type HelpAnswer, helpAgainst } from "../services/help-answer.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { catchUp, namesOneOf } from "./credential-events.ts";
import { readCapabilities } from "./event-facts.ts";

/** One time that a door said no, or so many like times that its controller counted. */
export interface ToldRefusal {
  readonly at: UnixSeconds;
  readonly controller: string;
  readonly accessPoint: string;
  readonly reason: DenyReason;
  readonly detail: string;
  readonly credential: string | null;
  /** How it was shown: `card`, `T`, `H`, `HC`; empty where they were counted. */
  readonly presentation: string;
  readonly count: number;
  /** What helps, and whom to ask. */
  readonly help: HelpAnswer;
}

/** Whom or what somebody asks about. A place is an access point, or all whose ids begin with it and a slash. */
export type RefusalSubject = { readonly kind: "person"; readonly id: string } | { readonly kind: "place"; readonly id: string };

/** Whoever calls a hotline calls soon: what is older is a movement, and needs a second operator. */
export const LOOK_BACK_S = 24 * 3600;

/** The events that say no: as the index of refusals has them, word for word. */
const SAYS_NO = sql<boolean>`controller_event.name IN ('AccessDenied', 'ScansRefused', 'DenialRepeated')`;

/**
 * The last refusals of a person's credentials, or at a place, the oldest first. That somebody looked stands in the audit.
 *
 * @param lastS     at most {@link LOOK_BACK_S}
 * @param services  names whom to ask (rule 1.7)
 */
export async function lastRefusals(
  cloud: Cloud,
  note: ChangeNote,
  subject: RefusalSubject,
  lastS: number,
  limit: number,
  services: ServiceDocument,
): Promise<Result<Changed<readonly ToldRefusal[]>, "PersonUnknown">> {
  if (subject.kind === "person") await catchUp(cloud.database);
  return mutate(cloud, { ...note, target: `${subject.kind} ${subject.id}` }, async ({ queries, now }) => {
    const credentials = subject.kind === "person" ? await credentialsOf(queries, subject.id) : undefined;
    if (subject.kind === "person" && credentials === undefined) return refuse("PersonUnknown", subject.id);
    if (credentials?.length === 0) return ok([]);
    let query = queries
      .selectFrom("controller_event")
      .innerJoin("event_chain", "event_chain.number", "controller_event.chain")
      .select(["controller_event.at", "controller_event.record", "event_chain.controller"])
      .where(SAYS_NO)
      .where("controller_event.at", ">=", now - Math.min(lastS, LOOK_BACK_S))
      .orderBy("controller_event.at", "desc")
      .limit(limit);
    if (credentials !== undefined) query = query.where(namesOneOf(credentials));
    else query = query.where((each) => each.or([each("source", "=", subject.id), each("source", ">", `${subject.id}/`).and("source", "<", `${subject.id}0`)]));
    const told = (await query.execute()).flatMap(toldOf).reverse();
    const capabilityAt = await readCapabilities(queries, told.map(({ accessPoint }) => accessPoint)); // prettier-ignore
    return ok(told.map((each) => ({ ...each, help: helpAgainst(services, each.reason, each.detail, capabilityAt(each.accessPoint)) })));
  });
}

/** Those that the person has or had; undefined: there is no such person. */
async function credentialsOf(queries: Queries, person: string): Promise<string[] | undefined> {
  if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return undefined;
  const now = await queries.selectFrom("credential").select("id").where("person", "=", person).execute();
  const removed = await queries.selectFrom("removed_credential").select("id").where("person", "=", person).execute();
  return [...now, ...removed].map(({ id }) => id);
}

function toldOf({
  at,
  record,
  controller,
}: {
  readonly at: number | null;
  readonly record: Uint8Array;
  readonly controller: string;
}): Omit<ToldRefusal, "help">[] {
  const read = decodeEvent(new Uint8Array(record));
  if (!read.ok) return [];
  const { event } = read.value;
  const place = { at: Number(at) as UnixSeconds, controller };
  const counted = { detail: "", presentation: "" };
  if (event.name === "AccessDenied") {
    const { accessPoint, reason, detail, credential, presentation } = event.fields;
    return [{ ...place, accessPoint, reason, detail, credential, presentation, count: 1 }];
  }
  if (event.name === "DenialRepeated") {
    const { accessPoint, reason, credential, count } = event.fields;
    return [{ ...place, ...counted, accessPoint, reason, credential, count }];
  }
  if (event.name !== "ScansRefused") return [];
  const { accessPoint, reason, count } = event.fields;
  return [{ ...place, ...counted, accessPoint, reason, credential: null, count }];
}
