import { GLOBAL, zonePartition } from "@portico/card-protocol";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { type ApiCampus, apiCampus, GATE, plainPerson, toProfile } from "../rig/api-campus.ts";
import { ALL_SCOPES, answered, type ApiRig, apiRig, ENDLESS, valueOf } from "../rig/api-rig.ts";
import { itemsIn } from "../rig/cloud-rig.ts";
import { ERASED_REASON } from "./erasure.ts";

const WHY = { reason: "asked for in writing, file 7" };
let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
});
afterEach(() => rig.close());

const erase = (id = campus.person) => client.ask("POST /v1/persons/{id}/erase", { params: { id } }, WHY);
/** Every text of the whole store that holds these words. */
async function foundAnywhere(...words: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of await rig.cloud.database.queries.introspection.getTables()) {
    const { rows } = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(name)}`.execute(rig.cloud.database.queries);
    for (const row of rows)
      for (const [column, value] of Object.entries(row)) if (typeof value === "string" && words.some((word) => value.includes(word))) found.push(`${name}.${column}: ${value}`); // prettier-ignore
  }
  return found;
}

test("an export holds every row of the person, in every part of the cloud, and no number, and says so in the audit", async () => {
  const params = { id: campus.person };
  await answered(client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person: campus.person }, body: { validity: ENDLESS } }));
  const subject = { kind: "person", id: campus.person } as const;
  await answered(client.ask("POST /v1/grants", { body: { subject, what: toProfile("gates"), validity: ENDLESS, source: { kind: "operator" } } }));
  await answered(client.ask("DELETE /v1/credentials/{id}", { params: { id: campus.phone } }));
  const made = await answered(client.ask("POST /v1/persons/{id}/export", { params }, WHY));
  const { tables, changes } = made.value;
  expect(Object.keys(tables).sort()).toEqual(
    expect.arrayContaining(["access_grant", "credential", "group_member", "person", "person_audience", "removed_credential", "zone_holder"]),
  );
  expect(tables["person"]).toMatchObject([{ id: campus.person, account: "zhang@connect.example.edu", name: "张三" }]);
  expect(tables["credential"]).toMatchObject([{ id: campus.card, kind: "card", number: "(kept, 4 bytes)" }]);
  expect(JSON.stringify(made.value)).not.toContain("04010203");
  expect(changes).toContainEqual(expect.objectContaining({ action: "credential remove", target: `credential ${campus.phone}` }));
  const audit = await answered(client.ask("GET /v1/changes", { query: { after: made.change - 1 } }));
  expect(audit.items).toMatchObject([{ action: "person export", target: `person ${campus.person}`, reason: WHY.reason }]);
});

test("erasing takes every trace of who it was out of the whole store, and out of the feed; a second time and a late push change nothing", async () => {
  const key = { idempotencyKey: "push-2026-09-01-1" };
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: { ...plainPerson("li@example.edu"), name: "李四光", phone: "+8613900139000", mail: "li@home.example" } }, key)); // prettier-ignore
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "student" }, body: { validity: ENDLESS, sponsor: null } }));
  const body = { kind: "card", validity: ENDLESS, publicKey: null, takesIssuedUntil: null, number: "0badc0de" } as const;
  const card = await valueOf(client.ask("POST /v1/persons/{id}/credentials", { params: { id }, body }));
  await answered(client.ask("POST /v1/credentials/{id}/suspend", { params: { id: card.id } }, { reason: "李四光 called: +8613900139000" }));
  await answered(client.ask("POST /v1/credentials/{id}/clear", { params: { id: card.id } }, { reason: "found again" }));
  await answered(client.ask("POST /v1/persons/{id}/movement-requests", { params: { id }, body: { from: "2026-09-01T00:00:00Z", until: "2026-09-02T00:00:00Z" } }, { reason: "theft, 李四光" })); // prettier-ignore
  await answered(client.ask("POST /v1/card-plans", { body: { validity: ENDLESS, cards: [{ holder: "li@example.edu", number: "01020304" }] } }));
  const rows = async () =>
    (await itemsIn(rig.cloud, zonePartition("east"))).filter((item) => item.table === "credential" && item.row.credential.id === card.id);
  expect(await rows()).toHaveLength(1);
  const traces = ["李四光", "li@example.edu", "+8613900139000", "li@home.example"];
  expect((await foundAnywhere(...traces)).length, "there is something to erase").toBeGreaterThan(4);

  const made = await answered(erase(id));
  expect(await foundAnywhere(...traces)).toEqual([]);
  expect(await rows()).toEqual([]);
  expect(await itemsIn(rig.cloud, GLOBAL)).toContainEqual(expect.objectContaining({ table: "revocation", credential: card.id }));
  const audit = (await answered(client.ask("GET /v1/changes", { query: { limit: 1000 } }))).items;
  expect(audit.filter(({ target }) => target === `credential ${card.id}`)).toMatchObject([
    { action: "credential issue" },
    { action: "credential suspend", reason: ERASED_REASON },
    { action: "credential clear", reason: "found again" },
  ]);
  expect(audit.find((change) => change.id === made.change)).toMatchObject({ action: "person erase", target: `person ${id}`, reason: WHY.reason });
  expect(
    (await foundAnywhere(id)).filter(
      (text) => !/^(change_record\.target|change_subject|erased_person|removed_credential|feed_item|notification\.person)/.test(text),
    ),
  ).toEqual([]);

  expect(await answered(erase(id))).toMatchObject({ value: null });
  expect(await client.ask("PUT /v1/persons/{id}", { params: { id }, body: plainPerson("li@example.edu") })).toMatchObject({
    problem: { reason: "PersonErased" },
  });
  expect(await client.ask("POST /v1/persons", { body: { ...plainPerson("li@example.edu"), name: "李四光", phone: "+8613900139000", mail: "li@home.example" } }, key)).toMatchObject({ problem: { reason: "AnswerUnknown" } }); // prettier-ignore
  expect(await client.ask("GET /v1/persons/{id}", { params: { id: campus.person } })).toMatchObject({ ok: true });
});

test("what stands against erasing is named, all of it: whom the person vouches for, a reservation that is not over", async () => {
  const { id: child } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("child@example.edu") }));
  const family = { params: { id: child, audience: "family" }, body: { validity: ENDLESS, sponsor: campus.person } } as const;
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", family));
  const reserved = { id: "01990246-a5d0-7000-8000-000000000001", subject_kind: "person", subject: campus.person, access_profile: "gates", access_points: null, capability: null, schedule: null, valid_from: 0, valid_until: rig.cloud.now() + 60, policy: null, granted_by: "reservations", approved_by: null, source_kind: "reservation", source: "court-3" } as const; // prettier-ignore
  await rig.cloud.database.queries.insertInto("access_grant").values(reserved).execute();
  const detail = `vouches for person ${child}: end that audience first, or name another sponsor; reservation court-3 is not over: end it first`;
  expect(await erase()).toMatchObject({ status: 409, problem: { reason: "ObligationsStand", detail } });
  rig.cloud.pass(60);
  await answered(client.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: family.params }));
  expect(await erase()).toMatchObject({ ok: true });
  expect(await client.ask("GET /v1/persons/{id}", { params: { id: child } })).toMatchObject({ value: { audiences: [] } });
});

test("a correction changes what it names and nothing else; the audit has the fields and no content", async () => {
  const params = { id: campus.person };
  const made = await answered(client.ask("POST /v1/persons/{id}/correct", { params, body: { name: "张三丰", mail: "Zhang@Home.example" } }, WHY));
  expect(made.value).toMatchObject({ name: "张三丰", mail: "zhang@home.example", account: "zhang@connect.example.edu", phone: null });
  expect(made.value.audiences).toHaveLength(1);
  const audit = await answered(client.ask("GET /v1/changes", { query: { after: made.change - 1 } }));
  expect(audit.items).toMatchObject([{ action: "person correct", reason: `name, mail: ${WHY.reason}` }]);
  expect(await client.ask("POST /v1/persons/{id}/correct", { params, body: {} }, WHY)).toMatchObject({ status: 400 });
});

test("movements are asked for by one operator and agreed to by another; who asked sees that, and so does whoever looks", async () => {
  const other = (await rig.caller("operator-2", ALL_SCOPES)).client;
  const day = { from: "2026-09-01T00:00:00Z", until: "2026-09-02T00:00:00Z" };
  const request = await valueOf(client.ask("POST /v1/persons/{id}/movement-requests", { params: { id: campus.person }, body: day }, WHY));
  expect(request).toMatchObject({ person: campus.person, ...day, askedBy: "backend", approvedBy: null });
  const approve = (by: CloudClient) => by.ask("POST /v1/movement-requests/{id}/approve", { params: { id: request.id } }, { reason: "court order 12" });
  expect(await approve(client)).toMatchObject({ problem: { reason: "SameOperator" } });
  expect(await approve(other)).toMatchObject({ value: { value: { approvedBy: "operator-2", approvedAt: "2026-09-01T00:00:00Z" } } });
  const listed = await answered(client.ask("GET /v1/movement-requests", { query: { person: campus.person } }));
  expect(listed.items).toMatchObject([{ id: request.id, reason: WHY.reason, approvedBy: "operator-2" }]);
  const audit = (await answered(client.ask("GET /v1/changes", { query: { limit: 1000 } }))).items;
  expect(audit.filter(({ action }) => action.startsWith("movements"))).toMatchObject([
    { action: "movements ask", actor: "backend", reason: WHY.reason },
    { action: "movements approve", actor: "operator-2", target: `movement request ${request.id}`, reason: "court order 12" },
  ]);
});

test("whoever was granted something by name opens nothing after the erasure, and the gate's list says so", async () => {
  const who = () => answered(client.ask("GET /v1/access-points/{id}/who", { params: { id: GATE }, query: { capability: "pass" } }));
  expect((await who()).items).toEqual([campus.person]);
  await answered(erase());
  expect((await who()).items).toEqual([]);
});
