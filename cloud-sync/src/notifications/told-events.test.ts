import { type ControllerEvent, type DenyReason, eventOf } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { ControllerEntrance } from "../controller-entrance.ts";
import { EventIntake } from "../events/event-intake.ts";
import { eventRoutes } from "../events/event-routes.ts";
import { admitted } from "../rig/admitted.ts";
import { type ApiCampus, apiCampus, GATE } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig } from "../rig/api-rig.ts";
import { MachineLog } from "../rig/machine-log.ts";
import { CAMPUS_SERVICES_FILE, loadServiceDocument } from "../services/service-file.ts";
import type { CloudDatabase } from "../store/cloud-database.ts";
import type { NotificationKind } from "./notification.ts";

const SERVICES = loadServiceDocument(CAMPUS_SERVICES_FILE);
const IT = "IT 服务热线，020-88330101，gzit@hkust-gz.edu.cn";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
let log: MachineLog;
let post: (batch: Uint8Array) => Promise<number>;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
  log = new MachineLog("gate-house", 8, rig.cloud.site);
  const body = { publicKey: Buffer.from(log.signer.publicKey).toString("hex"), zones: ["east"] };
  await answered(client.ask("PUT /v1/controllers/{id}", { params: { id: log.controller }, body }));
  const entrance = new ControllerEntrance(rig.cloud);
  const app = eventRoutes({ cloud: rig.cloud, intake: new EventIntake(rig.cloud, () => {}, { services: SERVICES }), entrance });
  const token = await admitted(rig.cloud, entrance, log.controller, log.signer);
  post = async (batch) => {
    const headers = { authorization: `Bearer ${token}`, "content-length": String(batch.length) };
    return (await app.request("/v1/events", { method: "POST", headers, body: batch.slice() })).status;
  };
});
afterEach(() => rig.close());

const denied = (reason: DenyReason, detail: string, credential: string | null = campus.card): ControllerEvent =>
  eventOf("AccessDenied", { accessPoint: GATE, reason, detail, credential, presentation: "card", counter: null, signedAt: null, pass: null, uncertaintyS: 1, listVersion: 1 }); // prettier-ignore
const repeated = (count: number): ControllerEvent =>
  eventOf("DenialRepeated", { accessPoint: GATE, reason: "Unauthorized", credential: campus.card, deniedSeq: 1, count });

/** What is told, as whoever asks reads it. */
async function told(kind: NotificationKind): Promise<{ person: string | null; body: Record<string, unknown> }[]> {
  rig.notifier.poke();
  await rig.notifier.settled();
  const { items } = await answered(client.ask("GET /v1/notifications", { query: { after: 0, limit: 500, waitS: 0, kind } }));
  return items.map(({ token }) => {
    const claims = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { sub_id?: { id: string }; events: object };
    return { person: claims.sub_id?.id ?? null, body: Object.values(claims.events)[0] as Record<string, unknown> };
  });
}

test("rule 1.7: who was refused at a door is told with the remedy in both languages, the case category and whom to ask", async () => {
  log.record(denied("Unauthorized", "none grants"));
  expect(await post(log.batch())).toBe(200);
  expect(await told("access.denied")).toEqual([
    {
      person: campus.person,
      body: {
        controller: "gate-house",
        chain: "gate-house",
        event: 1,
        happenedAt: 1_788_220_800,
        accessPoint: GATE,
        reason: "Unauthorized",
        detail: "none grants",
        count: 1,
        credential: campus.card,
        presentation: "card",
        remedy: "AskForAccess",
        en: "Ask whoever is responsible for the place for access.",
        zh: "请向该场所的负责人申请通行权限。",
        caseCategory: "报事报修-IT-智能门禁",
        contact: IT,
      },
    },
  ]);
});

test("what concerns the credential is the campus card's matter; a lost card, a frozen QR and a suspension have each their own remedy", async () => {
  for (const detail of ["CredentialLost", "Frozen", "Suspended"]) log.record(denied("CredentialNotEnabled", detail));
  await post(log.batch());
  const told3 = await told("access.denied");
  expect(told3.map(({ body }) => [body["remedy"], body["caseCategory"]])).toEqual([
    ["ReturnLostCard", "报事报修-IT-校园卡"],
    ["AskForUnfreezing", "报事报修-IT-校园卡"],
    ["AskWhySuspended", "报事报修-IT-校园卡"],
  ]);
});

test("the credential of nobody is told without a person; one that was taken away still by whose it was", async () => {
  await answered(client.ask("DELETE /v1/credentials/{id}", { params: { id: campus.card } }));
  log.record(denied("CredentialNotFound", "no row", "00112233445566ff")).record(denied("CredentialNotFound", "no row"));
  await post(log.batch());
  expect((await told("access.denied")).map(({ person }) => person)).toEqual([null, campus.person]);
});

test("a batch that comes again, whole or in other cuts, tells nothing twice; refusals that were counted are told once with their count", async () => {
  log.record(denied("Unauthorized", "none grants")).record(repeated(9)).record(eventOf("ScansRefused", { accessPoint: GATE, reason: "PassMalformed", count: 4 })); // prettier-ignore
  const whole = log.batch();
  for (const batch of [log.batch(1, 2), whole, whole, log.batch(2)]) expect(await post(batch)).toBe(200);
  expect((await told("access.denied")).map(({ body }) => [body["event"], body["reason"], body["count"]])).toEqual([
    [1, "Unauthorized", 1],
    [2, "Unauthorized", 9],
    [3, "PassMalformed", 4],
  ]);
});

test("faults of doors, devices and controllers are told by kind with what they say; passages are not", async () => {
  log
    .record(eventOf("DoorForcedOpen", { door: "library" }))
    .record(eventOf("DoorOpenTooLong", { door: "library" }))
    .record(eventOf("AccessTaken", { accessPoint: GATE, grantedSeq: 1 }))
    .record(eventOf("DoorFault", { door: "library", device: "osdp-1", error: "timeout", detail: "no answer" }))
    .record(eventOf("DeviceOffline", { device: "osdp-1", error: "timeout", detail: "" }))
    .record(eventOf("RecordingSuspended", { cause: "the disk is full" }));
  await post(log.batch());
  const heard = async (kind: NotificationKind) => (await told(kind)).map(({ person, body: { event, source, severity, text } }) => [person, event, source, severity, text]); // prettier-ignore
  expect(await heard("door.forced-open")).toEqual([[null, 1, "library", "alarm", "Door library was opened without being released."]]);
  expect(await heard("door.open-too-long")).toEqual([[null, 2, "library", "alarm", "Door library has stood open too long."]]);
  expect(await heard("door.fault")).toEqual([[null, 4, "library", "alarm", "Door library could not act: osdp-1 says timeout (no answer)."]]);
  expect(await heard("device.offline")).toEqual([[null, 5, "osdp-1", "warning", "osdp-1 does not answer: timeout (none)."]]);
  expect(await heard("controller.fault")).toEqual([[null, 6, null, "alarm", "Nothing can be recorded, so nobody is let in: the disk is full."]]);
  const { items } = await answered(client.ask("GET /v1/notifications", { query: { after: 0, limit: 500 } }));
  expect(items).toHaveLength(5);
});

test("a log that tells two stories is told once, however often the other story comes", async () => {
  log.fill(4);
  await post(log.batch());
  const other = log.fork(2).record(eventOf("DoorNormal", { door: "a" }));
  for (let nth = 0; nth < 2; nth++) expect(await post(other.batch())).toBe(409);
  expect(await told("events.forked")).toEqual([{ person: null, body: { controller: "gate-house", chain: "gate-house", event: 3 } }]);
});

test("what is told stands in the transaction of the events: where that fails, neither is there", async () => {
  const { database } = rig.cloud;
  let isFailing = true;
  let transactions = 0;
  const failing: CloudDatabase = {
    ...database,
    transact: (act, isolation) =>
      database.transact(async (queries, attempt) => {
        transactions++;
        const done = await act(queries, attempt);
        if (isFailing) throw new Error("the disk is full");
        return done;
      }, isolation),
  };
  const intake = new EventIntake({ ...rig.cloud, database: failing }, () => {});
  log.record(denied("Unauthorized", "none grants"));
  await expect(intake.take(log.machine, log.batch())).rejects.toThrow("the disk is full");
  expect(await told("access.denied")).toEqual([]);
  isFailing = false;
  await intake.take(log.machine, log.batch());
  expect(transactions, "each time one for both").toBe(2);
  expect(
    (await told("access.denied")).map(({ body }) => [body["event"], body["contact"]]),
    "without a document nobody is named",
  ).toEqual([[1, null]]);
});

test("a printer that jams, and a job that somebody has to look at, are told to whoever handles repairs, with a sentence in both languages and no name", async () => {
  const hold = "ab".repeat(32);
  log.record(eventOf("PrinterFault", { printer: "library-printer", detail: "jammed" }));
  log.record(eventOf("PrintReview", { printer: "library-printer", credential: campus.card, job: 7, detail: "jammed behind side 2", heldFen: 40, hold }));
  log.record(eventOf("PrinterReady", { printer: "library-printer" }));
  expect(await post(log.batch())).toBe(200);
  expect(await told("printer.fault")).toMatchObject([
    {
      person: null,
      body: {
        name: "PrinterFault",
        severity: "alarm",
        source: "library-printer",
        text: "library-printer does not print: jammed.",
        textZh: expect.stringContaining("无法打印"),
      },
    },
  ]);
  expect(await told("print.review")).toMatchObject([
    { body: { name: "PrintReview", source: "library-printer", text: expect.stringContaining("40 fen stay held") } },
  ]);
  expect(await told("printer.ready")).toMatchObject([{ body: { name: "PrinterReady" } }]);
});
