import { existsSync } from "node:fs";
import { join } from "node:path";
import { DENY_REASON, type DenyReason } from "@portico/card-protocol";
import type { HelpAnswer } from "@portico/cloud-sync";
import type { EventLine } from "@portico/controller";
import { type CloudCalls, cloudClientFor, OPERATOR_FILE } from "./cloud-client.ts";
import type { ControllerClient } from "./controller-client.ts";
import { clientFor } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { foldFloors } from "./floor-text.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { placesFor } from "./places.ts";
import type { WhyOptions } from "./why-words.ts";
import type { Refusal } from "./why-words.ts";

export interface RefusalsFound {
  /** `person …` or `door …`, for a sentence. */
  readonly subject: string;
  /** The oldest first. */
  readonly refusals: readonly Refusal[];
  /** In which times are told; undefined: this computer's. */
  readonly zone: string | undefined;
  /** What else whoever calls should hear. */
  readonly notes: readonly string[];
}

/** Whom or what somebody asks about. */
type Subject =
  | { readonly kind: "place"; readonly text: string; readonly accessPoints: readonly string[]; readonly notes: readonly string[] }
  /** `id`: in the cloud, where it knows the person. */
  | {
      readonly kind: "person";
      readonly text: string;
      readonly id: string | undefined;
      readonly credentials: ReadonlySet<string>;
      readonly notes: readonly string[];
    };

/** Events looked at: a door that refuses more within the time has another trouble than one person's. */
const EVENTS_MAX = 5_000;
/** What the cloud tells at most: a day, and so many. */
const [CLOUD_LAST_S, CLOUD_MAX] = [86_400, 1_000];

/**
 * The last refusals of a person, or at a door, a turnstile or an access point: as the running controller has them, and as the cloud has those of all
 * controllers, where one is named.
 *
 * @throws Failure 1 where nobody and nothing is known by this, 3 where neither controller nor cloud is there
 */
export async function refusalsOf(surroundings: Surroundings, options: WhyOptions, text: string): Promise<RefusalsFound> {
  const client = await clientFor(surroundings, options);
  const calls = await cloudNamed(surroundings, options);
  const place = await placeMeant(client, text).catch((error: unknown) => {
    // Whoever sits at a desk has no controller, but a cloud.
    if (error instanceof Failure && error.exitCode === EXIT.unreachable && calls !== undefined) return "unreachable" as const;
    throw error;
  });
  const isHere = place !== "unreachable";
  const subject = (isHere ? place : await placeOfCloud(calls!, text)) ?? (await personOf(calls, client, text));
  const since = surroundings.now() - options.last;
  const here = isHere ? await refusalsHere(client, subject, since) : [];
  const there = calls === undefined ? [] : await refusalsThere(calls, subject, options.last);
  // Of what both know the cloud says whom to ask.
  const refusals = [...there, ...here.filter((refusal) => !there.some((other) => isSame(refusal, other)))].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const named = subject.kind === "place" ? subject.text : `person ${subject.text}`;
  const notes =
    calls !== undefined && options.last > CLOUD_LAST_S ? [...subject.notes, "of other controllers the cloud tells the last day alone"] : subject.notes;
  return { subject: named, refusals, zone: client.zone, notes };
}

async function refusalsHere(client: ControllerClient, subject: Subject, since: number): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  const { CAMPUS_SERVICES_FILE, helpAgainst, loadServiceDocument } = await import("@portico/cloud-sync");
  const services = loadServiceDocument(CAMPUS_SERVICES_FILE);
  const helpFor = (reason: DenyReason, detail: string): HelpAnswer => helpAgainst(services, reason, detail, "pass");
  for (const name of ["AccessDenied", "DenialRepeated", "ScansRefused"] as const) {
    if (name === "ScansRefused" && subject.kind === "person") continue; // nothing in them is believed, so they are nobody's
    for await (const event of client.lines("GET /v1/events", { query: { name, limit: EVENTS_MAX } })) {
      const refusal = refusalOf(event, helpFor);
      if (refusal !== undefined && (refusal.at === null || refusal.at >= since) && concerns(subject, refusal)) refusals.push(refusal);
    }
  }
  return refusals;
}

async function refusalsThere(calls: CloudCalls, subject: Subject, last: number): Promise<Refusal[]> {
  const places = subject.kind === "place" ? subject.accessPoints.map((id) => ({ kind: "place", id }) as const) : [{ kind: "person", id: subject.id } as const];
  const refusals: Refusal[] = [];
  for (const each of places) {
    if (each.id === undefined) continue;
    const body = { subject: { kind: each.kind, id: each.id }, lastS: Math.min(last, CLOUD_LAST_S), limit: CLOUD_MAX };
    const { value } = await calls.ask(`${each.kind} ${each.id}`, "POST /v1/refusals", { body });
    for (const { at, accessPoint, reason, detail, credential, presentation, count, help } of value)
      refusals.push({ at: Date.parse(at) / 1000, accessPoint, reason, detail, count, credential, by: presentation, help });
  }
  return refusals;
}

/** The controller's own events come back from the cloud. */
const isSame = (one: Refusal, other: Refusal): boolean =>
  one.at === other.at &&
  one.accessPoint === other.accessPoint &&
  one.reason === other.reason &&
  one.credential === other.credential &&
  one.count === other.count;

const concerns = (subject: Subject, { accessPoint, credential }: Refusal): boolean =>
  subject.kind === "place" ? subject.accessPoints.includes(accessPoint) : credential !== null && subject.credentials.has(credential);

function refusalOf({ at, source, fields }: EventLine, helpFor: (reason: DenyReason, detail: string) => HelpAnswer): Refusal | undefined {
  const { reason, detail, credential, presentation, count } = fields;
  if (typeof reason !== "string" || !Object.hasOwn(DENY_REASON, reason)) return undefined;
  const told = typeof detail === "string" ? detail : "";
  return {
    at,
    accessPoint: source ?? "",
    reason: reason as DenyReason,
    detail: told,
    count: typeof count === "number" ? count : 1,
    credential: typeof credential === "string" ? credential : null,
    by: typeof presentation === "string" ? presentation : "",
    help: helpFor(reason as DenyReason, told),
  };
}

/** A door with all its readers, one direction of a turnstile, or one reader; undefined: none is called so. */
async function placeMeant(client: ControllerClient, text: string): Promise<Subject | undefined> {
  const points = await client.ask("GET /v1/access-points", {});
  const here = points.filter(({ id, opens }) => id === text || opens === text || opens.startsWith(`${text}/`));
  if (here.length === 0) return undefined;
  const opened = new Set(here.map(({ opens }) => opens));
  const doors = foldFloors(
    (await client.ask("GET /v1/doors", {})).filter(({ id, kind }) => opened.has(kind === "floor" ? id.slice(0, id.lastIndexOf("/")) : id)),
  );
  const notes = [
    ...here.filter(({ enabled }) => !enabled).map(({ id }) => `${id} is switched off in the configuration`),
    ...doors.filter(({ mode }) => mode !== "Locked").map(({ id, mode }) => `${id} is ${mode} now`),
    ...doors.filter(({ lock, physical }) => lock === "Fault" || physical === "Fault").map(({ id }) => `${id} does not answer: portico device list says why`),
    ...doors.filter(({ alarm, fire }) => alarm !== "Normal" || fire).map(({ id, alarm, fire }) => `${id}: ${fire ? "Fire" : alarm}`),
  ];
  return { kind: "place", text, accessPoints: here.map(({ id }) => id), notes };
}

/** A place of the cloud: an access point, or what stands before the slash of some. Undefined: none is called so. */
async function placeOfCloud(calls: CloudCalls, text: string): Promise<Subject | undefined> {
  const { items } = await calls.ask("access points", "GET /v1/access-points", {});
  const isThere = items.some(({ id }) => id === text || id.startsWith(`${text}/`));
  return isThere ? { kind: "place", text, accessPoints: [text], notes: [] } : undefined;
}

/** A person's credentials: by the cloud where one is named, else by the controller's list. */
async function personOf(calls: CloudCalls | undefined, client: ControllerClient, text: string): Promise<Subject> {
  if (calls !== undefined) {
    const person = await personMeant(calls, text);
    const { items } = await calls.ask(`person ${person.id}`, "GET /v1/persons/{id}/credentials", { params: { id: person.id } });
    const notes = items.filter(({ state }) => state !== "active").map(({ id, kind, state }) => `${kind} ${id} is ${state}`);
    if (items.length === 0) notes.push("the person has no credential");
    return { kind: "person", text, id: person.id, credentials: new Set(items.map(({ id }) => id)), notes };
  }
  const listed = await client.ask("GET /v1/list/credentials", { query: { person: text } });
  if (listed.length === 0)
    throw new Failure(
      EXIT.refused,
      "no door, access point or person is known by this",
      text,
      "portico access-point list shows the places; --cloud finds people by account or phone",
    );
  const notes = listed.flatMap(({ credential, kind, suspension }) => (suspension === null ? [] : [`${kind} ${credential}: ${suspension}`]));
  return { kind: "person", text, id: undefined, credentials: new Set(listed.map(({ credential }) => credential)), notes };
}

/** The cloud, where options, environment or data folder name one. */
async function cloudNamed(surroundings: Surroundings, options: WhyOptions): Promise<CloudCalls | undefined> {
  const { dataFolder } = placesFor(surroundings, options.data === undefined ? {} : { data: options.data });
  const isNamed = options.cloud !== undefined || (surroundings.env["PORTICO_CLOUD"] ?? "") !== "" || existsSync(join(dataFolder, OPERATOR_FILE));
  return isNamed ? cloudClientFor(surroundings, options) : undefined;
}
