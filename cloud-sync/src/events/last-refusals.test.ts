import { type ControllerEvent, type DenyReason, eventOf } from "@portico/card-protocol";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { type ApiCampus, apiCampus } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig } from "../rig/api-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { EventIntake } from "./event-intake.ts";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
  const log = new MachineLog("gate-house", 8, rig.cloud.site);
  const stranger = "00112233445566ff";
  for (const event of [
    denied("gate-1/entry", "PassExpired", campus.phone),
    denied("gate-1/exit", "Unauthorized", stranger),
    denied("gate-10/entry", "Unauthorized", campus.card),
    eventOf("DenialRepeated", { accessPoint: "gate-10/entry", reason: "Unauthorized", credential: campus.card, deniedSeq: 3, count: 4 }),
    eventOf("ScansRefused", { accessPoint: "gate-1/entry", reason: "PassMalformed", count: 2 }),
    eventOf("AccessTaken", { accessPoint: "gate-1/entry", grantedSeq: 1 }),
  ])
    log.record(event);
  const taken = await new EventIntake(rig.cloud, () => {}).take(log.machine, log.batch());
  if (!taken.ok) throw new Error(taken.detail);
});
afterEach(() => rig.close());

const denied = (accessPoint: string, reason: DenyReason, credential: string): ControllerEvent =>
  eventOf("AccessDenied", { accessPoint, reason, detail: "seen", credential, presentation: "card", counter: null, signedAt: null, pass: null, uncertaintyS: 1, listVersion: 1 }); // prettier-ignore
const look = async (subject: { kind: "person" | "place"; id: string }, lastS = 600, limit = 100) =>
  (await answered(client.ask("POST /v1/refusals", { body: { subject, lastS, limit } }))).value.map(({ at, accessPoint, reason, count }) => [at.slice(-3), accessPoint, reason, count]); // prettier-ignore

test("a person's are those of every credential they have or had, and nobody else's", async () => {
  await answered(client.ask("DELETE /v1/credentials/{id}", { params: { id: campus.phone } }));
  const all = [
    ["00Z", "gate-1/entry", "PassExpired", 1],
    ["02Z", "gate-10/entry", "Unauthorized", 1],
    ["03Z", "gate-10/entry", "Unauthorized", 4],
  ];
  expect(await look({ kind: "person", id: campus.person })).toEqual(all);
  expect(await look({ kind: "person", id: campus.person }, 600, 2), "the newest").toEqual(all.slice(1));
  rig.cloud.pass(10);
  expect(await look({ kind: "person", id: campus.person }, 8), "the last eight seconds").toEqual(all.slice(1));
  const [last] = (await answered(client.ask("GET /v1/changes", { query: { limit: 1000 } }))).items.slice(-1);
  expect(last).toMatchObject({ actor: "backend", action: "refusals look", target: `person ${campus.person}` });
});

test("a place's are those of the access point, or of all behind its slash; scans that were counted are among them", async () => {
  expect(await look({ kind: "place", id: "gate-1" })).toEqual([
    ["00Z", "gate-1/entry", "PassExpired", 1],
    ["01Z", "gate-1/exit", "Unauthorized", 1],
    ["04Z", "gate-1/entry", "PassMalformed", 2],
  ]);
  expect(await look({ kind: "place", id: "gate-1/exit" })).toHaveLength(1);
  expect(await look({ kind: "place", id: "gate" })).toEqual([]);
});

test("more than a day is not looked back, and the index of refusals is what is read", async () => {
  const asked = client.ask("POST /v1/refusals", { body: { subject: { kind: "place", id: "gate-1" }, lastS: 86_401, limit: 1 } });
  expect(await asked).toMatchObject({ status: 400, problem: { errors: [{ pointer: "/lastS" }] } });
  if (rig.cloud.database.dialect !== "sqlite") return; // another planner, which may read a table of six rows as a whole
  const { rows } = await sql<{ detail: string }>`EXPLAIN QUERY PLAN SELECT at FROM controller_event WHERE controller_event.name IN ('AccessDenied', 'ScansRefused', 'DenialRepeated') AND at >= 5 ORDER BY at DESC`.execute(rig.cloud.database.queries); // prettier-ignore
  expect(rows.map(({ detail }) => detail).join()).toContain("controller_event_refused");
});
