import { type ControllerEvent, eventOf } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { chainsOf } from "../events/event-chains.ts";
import { EventIntake } from "../events/event-intake.ts";
import { EventRetention } from "../events/event-retention.ts";
import { RETENTION_DAYS } from "../core/event-retention.ts";
import { CLOUD_SIGNER } from "../rig/rig-trust.ts";
import { verifyKept } from "../events/verify-kept.ts";
import { type ApiCampus, apiCampus } from "../rig/api-campus.ts";
import { ALL_SCOPES, answered, type ApiRig, apiRig, valueOf } from "../rig/api-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";

const WHY = { reason: "theft, file 7" };
let rig: ApiRig;
let client: CloudClient;
let second: CloudClient;
let campus: ApiCampus;
let log: MachineLog;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  second = (await rig.caller("operator-2", ALL_SCOPES)).client;
  campus = await apiCampus(client);
  log = new MachineLog("gate-house", 8, rig.cloud.site);
});
afterEach(() => rig.close());

const granted = (credential: string): ControllerEvent =>
  eventOf("AccessGranted", { accessPoint: "gate-1-in", credential, presentation: "card", holder: 1, counter: null, signedAt: null, pass: null, accessProfile: "gates", uncertaintyS: 1, listVersion: 1, replayGroup: "gate-1" }); // prettier-ignore
const denied = (credential: string): ControllerEvent =>
  eventOf("AccessDenied", { accessPoint: "library-in", reason: "Unauthorized", detail: "", credential, presentation: "card", counter: null, signedAt: null, pass: null, uncertaintyS: 1, listVersion: 1 }); // prettier-ignore
async function upload(): Promise<void> {
  const taken = await new EventIntake(rig.cloud, () => {}).take(log.machine, log.batch());
  if (!taken.ok) throw new Error(`${taken.error}: ${taken.detail}`);
}
/** The first minute of the campus. */
const range = { from: "2026-09-01T00:00:00Z", until: "2026-09-01T00:01:00Z" };
async function agreed(): Promise<string> {
  const { id } = await valueOf(client.ask("POST /v1/persons/{id}/movement-requests", { params: { id: campus.person }, body: range }, WHY));
  await answered(second.ask("POST /v1/movement-requests/{id}/approve", { params: { id } }, WHY));
  return id;
}
const read = (id: string, by = client, after: string | null = null, limit = 100) =>
  by.ask("POST /v1/movement-requests/{id}/read", { params: { id }, body: { after, limit } });

test("in a lift it tells the floors that were chosen on the person's grant, and none of another's", async () => {
  const opened = (grantedSeq: number): ControllerEvent => eventOf("FloorsGranted", { accessPoint: "gate-1-in", grantedSeq, floors: "2..4", refused: "" });
  log.record(granted(campus.card)).record(opened(1)).record(granted("00112233445566ff")).record(opened(3));
  log.record(eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq: 1 }));
  for (const [floor, grantedSeq] of [["lift-1/3", 1], ["lift-1/2", 3], ["lift-1/4", 1]] as const) log.record(eventOf("FloorChosen", { floor, grantedSeq })); // prettier-ignore
  log.record(granted(campus.card));
  await upload();
  const told = await answered(read(await agreed()));
  expect(told.value.items).toMatchObject([
    { outcome: "granted", passed: true, floors: ["lift-1/3", "lift-1/4"] },
    { outcome: "granted", passed: null, floors: null },
  ]);
});

test("it tells passages and refusals of every credential there is or was, of nobody else, in the order of time, and each reading is audited", async () => {
  const stranger = "00112233445566ff";
  // Seconds 0, 1, 2 … of the log: a passage by card, a stranger's in between, one that nobody took by a phone that is gone, refusals, and one too late.
  log.record(granted(campus.card)).record(granted(stranger));
  log.record(eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq: 2 })).record(eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq: 1 }));
  log.record(granted(campus.phone)).record(eventOf("AccessNotTaken", { accessPoint: "gate-1-in", grantedSeq: 5, cause: "timeout" }));
  log.record(denied(campus.card)).record(eventOf("DenialRepeated", { accessPoint: "library-in", reason: "Unauthorized", credential: campus.card, deniedSeq: 7, count: 9 })); // prettier-ignore
  log.fill(60).record(granted(campus.card));
  await upload();
  await answered(client.ask("DELETE /v1/credentials/{id}", { params: { id: campus.phone } }));
  const id = await agreed();
  const told = await answered(read(id));
  const here = { controller: "gate-house", count: 1, floors: null };
  expect(told.value.items).toEqual([
    { ...here, at: "2026-09-01T00:00:00Z", accessPoint: "gate-1-in", credential: campus.card, outcome: "granted", reason: null, passed: true },
    { ...here, at: "2026-09-01T00:00:04Z", accessPoint: "gate-1-in", credential: campus.phone, outcome: "granted", reason: null, passed: false },
    { ...here, at: "2026-09-01T00:00:06Z", accessPoint: "library-in", credential: campus.card, outcome: "denied", reason: "Unauthorized", passed: null },
    {
      ...here,
      at: "2026-09-01T00:00:07Z",
      accessPoint: "library-in",
      credential: campus.card,
      outcome: "denied",
      reason: "Unauthorized",
      passed: null,
      count: 9,
    },
  ]);
  const pages: string[][] = [];
  let after: string | null = null;
  do {
    const page: { items: { at: string }[]; next: string | null } = (await answered(read(id, client, after, 3))).value;
    pages.push(page.items.map(({ at }) => at.slice(-3)));
    after = page.next;
  } while (after !== null);
  expect(pages).toEqual([["00Z", "04Z", "06Z"], ["07Z"]]);
  const audit = (await answered(client.ask("GET /v1/changes", { query: { limit: 1000 } }))).items;
  expect(audit.filter(({ action }) => action === "movements read")).toMatchObject(
    [1, 2, 3].map(() => ({ actor: "backend", target: `movement request ${id}` })),
  );
});

test("what is gone, for its time was over, is not told; the answer says from when on nothing is missing", async () => {
  log.record(granted(campus.card)).record(eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq: 1 })).record(denied(campus.card)); // prettier-ignore
  await upload();
  const { queries } = rig.cloud.database;
  await queries.updateTable("copy_mark").set({ batch: 9 }).execute();
  expect((await answered(read(await agreed()))).value).toMatchObject({ items: [{ passed: true }, { outcome: "denied" }], droppedBefore: null });
  rig.cloud.pass(185 * 86_400);
  const retention = new EventRetention({ cloud: rig.cloud, days: RETENTION_DAYS, key: () => ({ kid: 1, signer: CLOUD_SIGNER, trustListSequence: 1 }) });
  while ((await retention.step()) === "more");
  const { items, droppedBefore } = (await answered(read(await agreed()))).value;
  expect([items.map(({ outcome }) => outcome), droppedBefore]).toEqual([["denied"], "2026-09-02T00:00:00Z"]);
  expect((await valueOf(client.ask("POST /v1/persons/{id}/export", { params: { id: campus.person } }, WHY))).events).toBe(1);
  expect(await queries.selectFrom("credential_event").select("seq").execute()).toEqual([{ seq: 3 }]);
});

test("nobody reads who has not asked, before it is agreed to, or a day later", async () => {
  const { id } = await valueOf(client.ask("POST /v1/persons/{id}/movement-requests", { params: { id: campus.person }, body: range }, WHY));
  expect(await read(id)).toMatchObject({ status: 403, problem: { reason: "MovementsNotApproved", detail: "nobody else has agreed yet" } });
  await answered(second.ask("POST /v1/movement-requests/{id}/approve", { params: { id } }, WHY));
  expect(await read(id, second)).toMatchObject({ problem: { detail: "it was agreed to whoever asked, and to nobody else" } });
  rig.cloud.pass(24 * 3600 - 1);
  expect(await read(id)).toMatchObject({ ok: true });
  rig.cloud.pass(1);
  expect(await read(id)).toMatchObject({ problem: { detail: "the agreement is more than a day old" } });
});

test("an export counts the events; behind an erasure they are kept, lead to nobody, and the chain verifies", async () => {
  log.record(granted(campus.card)).record(denied(campus.card)).record(granted("00112233445566ff"));
  await upload();
  const id = await agreed();
  expect((await valueOf(client.ask("POST /v1/persons/{id}/export", { params: { id: campus.person } }, WHY))).events).toBe(2);
  await answered(client.ask("POST /v1/persons/{id}/erase", { params: { id: campus.person } }, WHY));
  expect(await read(id)).toMatchObject({ problem: { reason: "MovementRequestUnknown" } });
  expect(await client.ask("GET /v1/credentials/{id}", { params: { id: campus.card } })).toMatchObject({ problem: { reason: "CredentialUnknown" } });
  const [chain] = await chainsOf(rig.cloud.database.queries, "gate-house");
  expect(await verifyKept(rig.cloud, chain!)).toMatchObject({ kind: "whole", records: 3 });
});
