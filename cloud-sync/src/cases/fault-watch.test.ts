import { type ControllerEvent, eventOf } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { ControllerEntrance } from "../controller-entrance.ts";
import { EventIntake } from "../events/event-intake.ts";
import { eventRoutes } from "../events/event-routes.ts";
import { SILENCE_LOOK_MS, SilenceWatch } from "../fleet/silence-watch.ts";
import { SILENT_AFTER_S } from "../fleet/fleet-status.ts";
import { admitted } from "../rig/admitted.ts";
import { apiCampus } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig } from "../rig/api-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import { CAMPUS_CASES_FOLDER, loadCaseTypes } from "./case-type-file.ts";
import { FaultWatch } from "./fault-watch.ts";

const services = loadServiceDocument(CAMPUS_SERVICES_FILE);
const law = { services, types: loadCaseTypes(CAMPUS_CASES_FOLDER, services) };
const clock = { after: () => () => {} };
let rig: ApiRig;
let client: CloudClient;
let log: MachineLog;
let watch: FaultWatch;
let failures: unknown[];
let send: (...events: ControllerEvent[]) => Promise<void>;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  failures = [];
  await apiCampus(client);
  log = new MachineLog("gate-house", 8, rig.cloud.site);
  const body = { publicKey: Buffer.from(log.signer.publicKey).toString("hex"), zones: ["east"] };
  await answered(client.ask("PUT /v1/controllers/{id}", { params: { id: log.controller }, body }));
  const entrance = new ControllerEntrance(rig.cloud);
  const app = eventRoutes({ cloud: rig.cloud, intake: new EventIntake(rig.cloud, () => {}), entrance }); // prettier-ignore
  const token = await admitted(rig.cloud, entrance, log.controller, log.signer);
  watch = newWatch();
  send = async (...events) => {
    for (const event of events) log.record(event);
    const batch = log.batch();
    const headers = { authorization: `Bearer ${token}`, "content-length": String(batch.length) };
    const response = await app.request("/v1/events", { method: "POST", headers, body: batch.slice() });
    if (response.status !== 200) throw new Error(await response.text());
    await looked();
  };
  const mail = { names: { zh: "门禁组", en: "Doors" }, hours: null, mail: "doors@example.edu", routes: [{ category: "智能门禁", area: null }] };
  await answered(client.ask("PUT /v1/teams/{id}", { params: { id: "doors" }, body: mail }));
});
afterEach(async () => {
  await watch.close();
  await rig.close();
  expect(failures).toEqual([]);
});
const newWatch = (): FaultWatch =>
  new FaultWatch({ cloud: rig.cloud, law, clock, onMoved: () => rig.notifier.poke(), onFailure: (error) => failures.push(error) });
async function looked(): Promise<void> {
  rig.notifier.poke();
  await rig.notifier.settled();
  await watch.look();
}

const cases = async (): Promise<(readonly [string, string, string | null, string, readonly string[]])[]> => {
  const { items } = await answered(client.ask("GET /v1/cases", { query: { type: "device-fault" } }));
  const all = [];
  for (const { id } of items.toReversed()) {
    const { category, place, state, history } = await answered(client.ask("GET /v1/cases/{id}", { params: { id }, query: {} }));
    all.push([category, place.text ?? "", state.id, id, history.map(({ transition }) => transition.id)] as const);
  }
  return all;
};
const summary = async () => (await cases()).map(([category, place, state, , steps]) => [category, place, state, ...steps].join(" "));
const forced = eventOf("DoorForcedOpen", { door: "library" });
const held = eventOf("DoorOpenTooLong", { door: "library" });
const normal = eventOf("DoorNormal", { door: "library" });
const dispatch = async (): Promise<void> => {
  const [[, , , id]] = (await cases()) as [readonly [string, string, string, string, readonly string[]]];
  await answered(client.ask("POST /v1/cases/{id}/steps", { params: { id }, body: { transition: "dispatch", as: null, team: "doors" } }));
};

test("rule 6.11: a door that is forced opens a case by itself, one while it lasts, which ends with it; the next time it is another one", async () => {
  await send(forced, forced, held);
  await send(forced);
  expect(await summary()).toEqual(["智能门禁 library (gate-house) found open", "智能门禁 library (gate-house) found open"]);
  await send(normal);
  expect(await summary()).toEqual(["智能门禁 library (gate-house) over open recover", "智能门禁 library (gate-house) over open recover"]);
  await send(normal, forced);
  expect((await summary()).at(-1)).toBe("智能门禁 library (gate-house) found open");
  expect(await summary()).toHaveLength(3);
});

test("rule 6.11: what somebody works at stays theirs when the fault is over, which stands in its history; what they finished before is not touched", async () => {
  await send(forced);
  await dispatch();
  await send(normal);
  expect(await summary()).toEqual(["智能门禁 library (gate-house) dispatched open dispatch recover"]);
  const [[, , , id]] = (await cases()) as [readonly [string, string, string, string, readonly string[]]];
  await answered(client.ask("POST /v1/cases/{id}/steps", { params: { id }, body: { transition: "done", as: null } }));
  await send(forced);
  const [, second] = await cases();
  await answered(client.ask("POST /v1/cases/{id}/steps", { params: { id: second![3] }, body: { transition: "done", as: null } }));
  await send(normal);
  const finished = ["智能门禁 library (gate-house) finished open dispatch recover done", "智能门禁 library (gate-house) finished open done"];
  expect(await summary()).toEqual(finished);
  // Finished by hand though it lasted: where it is told again, it is another one.
  await send(held);
  const [, , third] = await cases();
  await answered(client.ask("POST /v1/cases/{id}/steps", { params: { id: third![3] }, body: { transition: "done", as: null } }));
  await send(held);
  expect((await summary()).slice(2)).toEqual(["智能门禁 library (gate-house) finished open done", "智能门禁 library (gate-house) found open"]);
});

test("rule 6.11: each kind of fault has its case: printers, devices, each health finding by itself; a drill has none, and nobody reports one by hand", async () => {
  const jam = { printer: "findme", credential: "00112233445566ff", job: 7, detail: "paper jam", heldFen: 30, hold: "aa" } as never;
  await send(
    eventOf("PrinterFault", { printer: "findme", detail: "out of paper" }),
    eventOf("PrintReview", jam),
    eventOf("DeviceOffline", { device: "osdp-1", error: "timeout", detail: "" }),
    eventOf("HealthFound", { subject: "library", finding: "ExitButtonStuck", detail: "", remedy: "" } as never),
    { ...forced, drill: true },
  );
  expect(await summary()).toEqual([
    "打印机 findme (gate-house) found open",
    "打印机 findme (gate-house) found open",
    "智能门禁 osdp-1 (gate-house) found open",
    "智能门禁 library (gate-house) found open",
  ]);
  await send(eventOf("PrinterReady", { printer: "findme" }));
  expect((await summary())[0]).toBe("打印机 findme (gate-house) over open recover");
  expect((await summary()).slice(1).every((line) => line.endsWith("found open"))).toBe(true);
  expect(await client.ask("POST /v1/cases", { body: { type: "device-fault", category: "打印机", description: "x", place: null, beacons: null, form: {}, reporter: null } })).toMatchObject({ problem: { reason: "CaseNotYours" } }); // prettier-ignore
});

test("rule 6.11: a controller that falls silent opens a case, which ends when it is heard", async () => {
  const silence = new SilenceWatch({ cloud: rig.cloud, clock, onTold: () => {}, onFailure: (error) => failures.push(error) });
  const { queries } = rig.cloud.database;
  const heard = async (at: number) => {
    await queries.deleteFrom("controller_contact").execute();
    await queries.insertInto("controller_contact").values({ controller: "gate-house", heard_at: at, silent_since: null } as never).execute(); // prettier-ignore
  };
  await heard(rig.cloud.now());
  rig.cloud.pass(SILENT_AFTER_S + SILENCE_LOOK_MS / 1000);
  await silence.look();
  await looked();
  expect(await summary()).toEqual(["智能门禁 gate-house found open"]);
  await queries
    .updateTable("controller_contact")
    .set({ heard_at: rig.cloud.now() + 1 })
    .execute();
  rig.cloud.pass(1);
  await silence.look();
  await looked();
  expect(await summary()).toEqual(["智能门禁 gate-house over open recover"]);
  await silence.close();
});

test("rule 6.11: several instances open one case between them, and the team hears of it once", async () => {
  const others = [newWatch(), newWatch()];
  log.record(forced);
  await send(held);
  await Promise.all([watch, ...others].map((each) => each.look()));
  expect(await summary()).toHaveLength(2);
  expect((await answered(client.ask("GET /v1/outbox", { query: {} }))).items.map(({ kind, to }) => [kind, to])).toEqual([
    ["device-fault.opened", "do…@example.edu"],
    ["device-fault.opened", "do…@example.edu"],
  ]);
  for (const other of others) await other.close();
});
