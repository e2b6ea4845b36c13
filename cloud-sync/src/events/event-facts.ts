import { type Capability, CAPABILITIES, eventCredential, type EventRecord, eventSource } from "@portico/card-protocol";
import { portions } from "../core/portions.ts";
import { EVENT_NOTIFICATION, type EventFacts, isTold } from "../notifications/event-notification.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";

/** Ids in one statement. */
const IDS_MAX = 300;

/** What refusals among these events have to be told with: few statements, and none where there is no refusal. */
export async function readEventFacts(queries: Queries, records: readonly EventRecord[], services: ServiceDocument | undefined): Promise<EventFacts> {
  const refusals = records.filter((record) => isTold(record) && EVENT_NOTIFICATION[record.event.name] === "access.denied");
  const credentials = distinct(refusals.map(({ event }) => eventCredential(event)));
  const places = distinct(refusals.map(({ event }) => eventSource(event)));
  const people = new Map<string, string>();
  for (const ids of portions(credentials, IDS_MAX)) {
    const removed = await queries.selectFrom("removed_credential").select(["id", "person"]).where("id", "in", ids).execute();
    const there = await queries.selectFrom("credential").select(["id", "person"]).where("id", "in", ids).execute();
    for (const { id, person } of [...removed, ...there]) if (person !== null) people.set(id, person);
  }
  return { personOf: (credential) => people.get(credential), capabilityAt: await readCapabilities(queries, places), services };
}

/** What is asked for at access points: a door is passed; a lift is ridden, a lock unlocked where nothing else is granted there. */
export async function readCapabilities(queries: Queries, places: readonly string[]): Promise<EventFacts["capabilityAt"]> {
  const capabilities = new Map<string, Set<Capability>>();
  for (const ids of portions([...new Set(places)], IDS_MAX)) {
    const rows = await queries.selectFrom("access_policy").select(["access_point", "capability"]).distinct().where("access_point", "in", ids).execute();
    for (const { access_point, capability } of rows) capabilities.set(access_point, (capabilities.get(access_point) ?? new Set()).add(capability));
  }
  return (place) => {
    const there = capabilities.get(place);
    return there === undefined ? "pass" : (CAPABILITIES.find((each) => there.has(each)) ?? "pass");
  };
}

const distinct = (ids: readonly (string | null)[]): string[] => [...new Set(ids.flatMap((id) => id ?? []))];
