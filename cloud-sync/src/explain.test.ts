import { eventOf, REMEDY } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventIntake } from "./events/event-intake.ts";
import { apiCampus, GATE, LABORATORY, plainPerson } from "./rig/api-campus.ts";
import { answered, type ApiRig, apiRig, names, valueOf } from "./rig/api-rig.ts";
import { MachineLog } from "./rig/machine-log.ts";

let rig: ApiRig;
beforeEach(async () => void (rig = await apiRig()));
afterEach(() => rig.close());

test("who may pass elsewhere in the zone is known at its doors and not authorised; of whom nothing is granted in the zone no door knows anything", async () => {
  const { client } = rig.backend;
  const { person } = await apiCampus(client);
  for (const [id, zone] of [
    ["gate-2/entry", "east"],
    ["store", "west"],
  ] as const)
    // prettier-ignore
    await answered(client.ask("PUT /v1/access-points/{id}", { params: { id }, body: { zone, names: names(id), high: false } }));
  const reasons = async (accessPoint: string) => {
    const { credentials } = await answered(client.ask("GET /v1/explain", { query: { person, "access-point": accessPoint, capability: "pass" } }));
    return credentials.map(({ reason }) => reason);
  };
  expect([await reasons("gate-2/entry"), await reasons("store")]).toEqual([
    ["Unauthorized", "Unauthorized"],
    ["CredentialNotFound", "CredentialNotFound"],
  ]);
});

test("rule 1.7: who may pass, why not, and the last refusals each name the remedy in both languages, the case category and whom to ask", async () => {
  const { client } = rig.backend;
  const { person, card } = await apiCampus(client);
  const IT = "IT 服务热线，020-88330101，gzit@hkust-gz.edu.cn";
  const explain = async (accessPoint: string, who = person, capability: "pass" | "unlock" = "pass") =>
    answered(client.ask("GET /v1/explain", { query: { person: who, "access-point": accessPoint, capability } }));
  const told = await explain(GATE);
  expect([told.help, told.credentials.map(({ help }) => help)], "something opens").toEqual([null, [null, null]]);
  const access = { remedy: "AskForAccess", en: REMEDY.AskForAccess.en, zh: REMEDY.AskForAccess.zh, caseCategory: "报事报修-IT-智能门禁", contact: IT };
  expect((await explain(LABORATORY)).help, "no door there knows the person: the campus knows why").toEqual(access);
  expect((await explain(GATE, person, "unlock")).help).toEqual({ ...access, caseCategory: "报事报修-IT-智能门锁" });
  await answered(client.ask("POST /v1/credentials/{id}/report-lost", { params: { id: card } }));
  const { help, credentials } = await explain(GATE);
  expect([help, credentials.find(({ credential }) => credential === card)?.help]).toEqual([null, expect.objectContaining({ remedy: "ReturnLostCard", caseCategory: "报事报修-IT-校园卡", contact: IT })]); // prettier-ignore
  const { id: stranger } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("li@example.edu") }));
  expect((await explain(GATE, stranger)).help, "nothing to show").toMatchObject({ remedy: "GetCredential", contact: IT });
  const who = await answered(client.ask("GET /v1/access-points/{id}/who", { params: { id: GATE }, query: { capability: "pass" } }));
  expect(who).toEqual({ items: [person], withheld: [], next: null, others: access });
  expect(await refused(card)).toMatchObject([
    { reason: "CredentialNotEnabled", help: { remedy: "ReturnLostCard", zh: REMEDY.ReturnLostCard.zh, contact: IT } },
  ]);
});

/** A refusal as a controller sends it up, and as the hotline reads it. */
async function refused(credential: string) {
  const log = new MachineLog("gate-house", 8, rig.cloud.site);
  log.record(eventOf("AccessDenied", { accessPoint: GATE, reason: "CredentialNotEnabled", detail: "CredentialLost", credential, presentation: "card", counter: null, signedAt: null, pass: null, uncertaintyS: 1, listVersion: 1 })); // prettier-ignore
  await new EventIntake(rig.cloud, () => {}).take(log.machine, log.batch());
  return valueOf(rig.backend.client.ask("POST /v1/refusals", { body: { subject: { kind: "place", id: GATE }, lastS: 600, limit: 10 } }));
}
