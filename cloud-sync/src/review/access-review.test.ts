import { U32_MAX, zonePartition } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudClient } from "../api/client.ts";
import { createdAt, newEntityId } from "../core/entity-id.ts";
import { type ApiCampus, apiCampus, GATE, LABORATORY, plainPerson } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, ENDLESS, URL_OF_RIG, valueOf } from "../rig/api-rig.ts";
import { itemsIn, START } from "../rig/cloud-rig.ts";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
});
afterEach(() => rig.close());

const WHY = { reason: "review of autumn" };
const day = (nth: number): string => new Date((START + nth * 86_400) * 1000).toISOString().replace(".000Z", "Z");
type What = { kind: "place"; accessPoint: string } | { kind: "group"; group: string } | { kind: "age"; days: number };
const open = (what: What, unconfirmed: "list" | "end" = "end", due = day(30), by = client) =>
  by.ask("POST /v1/access-reviews", { body: { what, due, unconfirmed } }, WHY);
const rowsOf = async (id: string, by = client) => (await answered(by.ask("GET /v1/access-reviews/{id}", { params: { id } }))).rows;
const decide = (id: string, row: string, verdict: "confirm" | "end", by = client) =>
  by.ask("POST /v1/access-reviews/{id}/rows/{row}", { params: { id, row }, body: { verdict } }, WHY);
const grant = async (accessPoints = [GATE], until: string | null = null, by = client) =>
  valueOf(
    by.ask(
      "POST /v1/grants",
      {
        body: {
          subject: { kind: "person", id: campus.person },
          what: { kind: "own", accessPoints, capability: "pass", schedule: "always" },
          validity: { from: null, until },
          source: { kind: "operator" },
        },
      },
      WHY,
    ),
  );
const endOf = async (id: string): Promise<string | null | undefined> =>
  (await answered(client.ask("GET /v1/grants", {}))).items.find((one) => one.id === id)?.validity.until;
const member = async (): Promise<void> =>
  void (await answered(client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person: campus.person }, body: { validity: ENDLESS } })));
const toGroup = (by = client) =>
  valueOf(by.ask("POST /v1/grants", { body: { subject: { kind: "group", id: "class-1" }, what: { kind: "profile", profile: "gates" }, validity: ENDLESS, source: { kind: "operator" } } }, WHY)); // prettier-ignore

test("a place's review lists who gets there by which source, since when and by whom, with the members of its groups; what is not there is refused", async () => {
  await member();
  rig.cloud.pass(3_600);
  const own = await grant();
  rig.cloud.pass(1);
  const group = await toGroup();
  await grant([LABORATORY]);
  const { review, rows, shortened } = await valueOf(open({ kind: "place", accessPoint: GATE }));
  expect([rows, shortened]).toEqual([4, 3]);
  const found = await rowsOf(review.id);
  expect(found.map(({ kind, about, subject, source, grantedBy, endsUnlessConfirmed, state }) => ({ kind, about, subject, source, grantedBy, endsUnlessConfirmed, state }))).toEqual([
    { kind: "grant", about: expect.any(String), subject: { kind: "audience", id: "student", name: null, account: null }, source: { kind: "policy", id: "students-gates" }, grantedBy: "backend", endsUnlessConfirmed: false, state: "open" },
    { kind: "grant", about: own.id, subject: { kind: "person", id: campus.person, name: "张三", account: "zhang@connect.example.edu" }, source: { kind: "operator", id: "backend" }, grantedBy: "backend", endsUnlessConfirmed: true, state: "open" },
    { kind: "grant", about: group.id, subject: { kind: "group", id: "class-1", name: null, account: null }, source: { kind: "operator", id: "backend" }, grantedBy: "backend", endsUnlessConfirmed: true, state: "open" },
    { kind: "membership", about: "class-1", subject: { kind: "person", id: campus.person, name: "张三", account: "zhang@connect.example.edu" }, source: null, grantedBy: null, endsUnlessConfirmed: true, state: "open" },
  ]); // prettier-ignore
  expect(found[1]!.since).toBe("2026-09-01T01:00:00Z");
  expect(await open({ kind: "place", accessPoint: "none" })).toMatchObject({ status: 404, problem: { reason: "AccessPointUnknown" } });
  expect(await open({ kind: "place", accessPoint: GATE }, "end", day(0))).toMatchObject({ status: 400, problem: { reason: "RequestMalformed" } });
});

test("what nobody confirms ends at the date, and doors know it ahead; confirming gives the old end back, ending ends at once", async () => {
  const [confirmed, ended, left, short] = [await grant(), await grant(), await grant([GATE], day(90)), await grant([GATE], day(10))];
  const { review, shortened } = await valueOf(open({ kind: "place", accessPoint: GATE }));
  expect(shortened).toBe(3);
  const rowOf = async (id: string) => (await rowsOf(review.id)).find(({ about }) => about === id)!;
  const atDoors = async () =>
    (await itemsIn(rig.cloud, zonePartition("east"))).flatMap((item) =>
      item.table === "credential" && item.row.credential.id === campus.card
        ? item.row.grants.flatMap((one) => (one.kind === "own" ? [one.validUntil] : []))
        : [],
    );
  expect(new Set(await atDoors())).toEqual(new Set([START + 30 * 86_400, START + 10 * 86_400]));
  expect(await valueOf(decide(review.id, (await rowOf(confirmed.id)).id, "confirm"))).toMatchObject({
    state: "confirmed",
    decidedBy: "backend",
    endsUnlessConfirmed: false,
  });
  expect(await endOf(confirmed.id)).toBeNull();
  expect(new Set(await atDoors())).toContain(U32_MAX);
  const row = (await rowOf(ended.id)).id;
  expect(await valueOf(decide(review.id, row, "end"))).toMatchObject({ state: "ended" });
  expect(await endOf(ended.id)).toBeUndefined();
  expect(await decide(review.id, row, "confirm")).toMatchObject({ status: 409, problem: { reason: "RowGone" } });
  expect([await endOf(left.id), await endOf(short.id)]).toEqual([day(30), day(10)]);
  rig.cloud.pass(30 * 86_400);
  expect((await rowOf(left.id)).state).toBe("unconfirmed");
  expect(await decide(review.id, (await rowOf(left.id)).id, "confirm")).toMatchObject({ status: 409, problem: { reason: "ReviewOver" } });
  expect(await endOf(left.id)).toBe(day(30));
  expect(await endOf(confirmed.id)).toBeNull();
});

test("a review that lists alone shortens nothing, and its rows are decided also when its date has come", async () => {
  const { id: given } = await grant();
  const { review, shortened } = await valueOf(open({ kind: "place", accessPoint: GATE }, "list"));
  expect([shortened, await endOf(given)]).toEqual([0, null]);
  rig.cloud.pass(31 * 86_400);
  const row = (await rowsOf(review.id)).find(({ about }) => about === given)!;
  expect(row.state).toBe("unconfirmed");
  expect(await valueOf(decide(review.id, row.id, "end"))).toMatchObject({ state: "ended" });
  expect(await endOf(given)).toBeUndefined();
});

test("a group's review is about its members; one that nobody confirms is a member no more, one that is ended at once neither", async () => {
  await member();
  const { id: other } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("li@example.edu") }));
  await answered(client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person: other }, body: { validity: ENDLESS } }));
  const { review } = await valueOf(open({ kind: "group", group: "class-1" }));
  const members = async () =>
    (await answered(client.ask("GET /v1/groups/{id}/members", { params: { id: "class-1" } }))).items.map(({ person, validity }) => [person, validity.until]);
  expect(await members()).toEqual([campus.person, other].sort().map((id) => [id, day(30)]));
  const rows = await rowsOf(review.id);
  await answered(decide(review.id, rows.find(({ subject }) => subject.id === campus.person)!.id, "confirm"));
  await answered(decide(review.id, rows.find(({ subject }) => subject.id === other)!.id, "end"));
  expect(await members()).toEqual([[campus.person, null]]);
});

test("a review by age finds what operators granted long ago, and no policy; an id tells when it was made", async () => {
  const { id: old } = await grant();
  rig.cloud.pass(100 * 86_400);
  await grant();
  const { review, rows } = await valueOf(open({ kind: "age", days: 90 }, "end", day(130)));
  expect(rows).toBe(1);
  expect((await rowsOf(review.id)).map(({ about, since }) => [about, since])).toEqual([[old, day(0)]]);
  expect(createdAt(newEntityId(1_788_220_800_123, rig.cloud.randomBytes))).toBe(1_788_220_800);
  expect(createdAt("nobody")).toBeUndefined();
});

test("what has ended otherwise is gone; a reservation's grant is listed, confirmed, and ended by its source alone", async () => {
  const { id: given } = await grant();
  const { id: kept } = await grant();
  await rig.cloud.database.queries.updateTable("access_grant").set({ source_kind: "reservation", source: "r-1" }).where("id", "=", kept).execute();
  const { review } = await valueOf(open({ kind: "place", accessPoint: GATE }));
  await answered(client.ask("DELETE /v1/grants/{id}", { params: { id: given } }));
  const rows = await rowsOf(review.id);
  const [gone, reserved] = [rows.find(({ about }) => about === given)!, rows.find(({ about }) => about === kept)!];
  expect([gone.state, reserved.endsUnlessConfirmed]).toEqual(["gone", false]);
  expect(await decide(review.id, gone.id, "confirm")).toMatchObject({ status: 409, problem: { reason: "RowGone" } });
  expect(await decide(review.id, reserved.id, "end")).toMatchObject({ status: 409, problem: { reason: "SourceOwnsGrant" } });
  expect(await decide(review.id, reserved.id, "confirm")).toMatchObject({ ok: true });
});

test("a delegated administrator reviews his own places, ends what is within them, and neither sees nor decides anything else", async () => {
  await answered(client.ask("PUT /v1/operators/{id}", { params: { id: "warden" }, body: { name: "warden", account: null, role: null, until: null } }, WHY));
  const signer = nodeSigner(nodeSha256(Buffer.from("warden")));
  await answered(client.ask("POST /v1/operators/{id}/keys", { params: { id: "warden" }, body: { publicKey: Buffer.from(signer.publicKey).toString("hex"), until: null } }, WHY)); // prettier-ignore
  const warden = new CloudClient({ url: URL_OF_RIG, signer, nowMs: rig.cloud.nowMs, randomBytes: rig.cloud.randomBytes, fetch: rig.fetch });
  await answered(client.ask("POST /v1/delegations", { body: { operator: "warden", zones: [], accessPoints: [GATE], capabilities: [], mayDelegate: false, until: day(60) } }, WHY)); // prettier-ignore
  const [own, both] = [await grant(), await grant([GATE, LABORATORY])];
  const campusWide = await valueOf(open({ kind: "place", accessPoint: GATE }, "list"));
  const notHis = { ok: false, status: 403, problem: { reason: "NotYourPlace" } };
  for (const what of [{ kind: "place", accessPoint: LABORATORY }, { kind: "group", group: "class-1" }, { kind: "age", days: 1 }] as const) expect(await open(what, "end", day(30), warden)).toMatchObject(notHis); // prettier-ignore
  const { review, shortened } = await valueOf(open({ kind: "place", accessPoint: GATE }, "end", day(30), warden));
  expect([shortened, await endOf(own.id), await endOf(both.id)]).toEqual([1, day(30), null]);
  const rows = await rowsOf(review.id, warden);
  const rowOf = (id: string) => rows.find(({ about }) => about === id)!.id;
  expect(await decide(review.id, rowOf(both.id), "end", warden)).toMatchObject(notHis);
  expect(await decide(review.id, rows.find(({ source }) => source?.kind === "policy")!.id, "end", warden)).toMatchObject(notHis);
  expect(await valueOf(decide(review.id, rowOf(own.id), "end", warden))).toMatchObject({ state: "ended", decidedBy: "warden" });
  expect(await warden.ask("GET /v1/access-reviews/{id}", { params: { id: campusWide.review.id } })).toMatchObject(notHis);
  expect((await answered(warden.ask("GET /v1/access-reviews", {}))).items.map(({ id }) => id)).toEqual([review.id]);
});
