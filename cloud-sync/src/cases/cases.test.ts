import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { type ApiCampus, apiCampus, GATE, plainPerson } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, ENDLESS, imageOf, type RigCaller, type RigImage, valueOf } from "../rig/api-rig.ts";
import { frozenPhone, unfreezingCase } from "../rig/case-world.ts";
import { itemsIn } from "../rig/cloud-rig.ts";
import { zonePartition } from "@portico/card-protocol";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
let desk: RigCaller;
let set: { readonly image: RigImage; readonly ids: ApiCampus } | undefined;
const DAY_S = 86_400;
beforeEach(async () => {
  rig = await apiRig(undefined, set?.image);
  client = rig.backend.client;
  campus = set?.ids ?? (await apiCampus(client));
  set ??= { image: await imageOf(rig), ids: campus };
  desk = await rig.caller("desk", ["cases:read", "cases:write", "cases:decide"]);
  for (const [id, category] of [
    ["plumbers", "水"],
    ["desk", null],
  ] as const) {
    const body = {
      names: { zh: `${id}组`, en: id },
      hours: id === "plumbers" ? "office-hours" : null,
      mail: `${id}@example.edu`,
      routes: [{ category, area: null }],
    };
    await answered(client.ask("PUT /v1/teams/{id}", { params: { id }, body }));
  }
});
afterEach(async () => {
  expect(rig.troubles).toEqual([]);
  await rig.close();
});

const opening = (change: object = {}) =>
  ({
    category: "水",
    description: "三楼茶水间漏水",
    place: { area: "C1", text: "3 楼" },
    beacons: null,
    form: {},
    reporter: { person: campus.person },
    ...change,
  }) as never;
const open = (change: object = {}) => client.ask("POST /v1/cases", { body: opening(change) });
const opened = async (change: object = {}): Promise<string> => (await valueOf(open(change))).id;
const step = (id: string, transition: string, change: object = {}, by: CloudClient = desk.client) =>
  by.ask("POST /v1/cases/{id}/steps", { params: { id }, body: { transition, as: null, ...change } as never });
const asReporter = (change: object = {}) => ({ as: { person: campus.person }, ...change });
const shown = (id: string) => answered(client.ask("GET /v1/cases/{id}", { params: { id }, query: { person: campus.person } }));
const refusal = async (outcome: Promise<{ readonly ok: boolean; readonly problem?: unknown }>) => {
  const { problem } = (await outcome) as { problem: { reason: string; rule: string; caseCategory: string; contact: string } };
  return [problem.reason, problem.rule, problem.caseCategory, problem.contact];
};
const IT = "IT 服务热线，020-88330101，gzit@hkust-gz.edu.cn";
const messages = async () => (await answered(client.ask("GET /v1/outbox", { query: {} }))).items;

test("rule 6.1: a repair is traceable from end to end: who did what when, what was said, and which round; nothing of it can be changed in the store", async () => {
  const id = await opened();
  expect(id).toBe("BX-2026-000001");
  rig.cloud.pass(60);
  await answered(step(id, "dispatch"));
  await answered(step(id, "done", { text: "换了阀门" }));
  await answered(step(id, "reject", asReporter({ text: "还在漏" }), client));
  await answered(step(id, "dispatch", { team: "desk" }));
  const { history, round, state, team } = await shown(id);
  expect(history.map(({ seq, round: of, transition, from, to, role, actor, text }) => [seq, of, transition.id, from, to, role, actor, text])).toEqual([
    [1, 1, "open", "reported", "reported", "reporter", "backend", "三楼茶水间漏水"],
    [2, 1, "dispatch", "reported", "dispatched", "desk", "desk", null],
    [3, 1, "done", "dispatched", "finished", "desk", "desk", "换了阀门"],
    [4, 1, "reject", "finished", "reported", "reporter", "backend", "还在漏"],
    [5, 2, "dispatch", "reported", "dispatched", "desk", "desk", null],
  ]);
  expect([round, state.id, team]).toEqual([2, "dispatched", "desk"]);
  const { queries } = rig.cloud.database;
  await expect(queries.updateTable("case_step").set({ actor: "somebody" }).execute()).rejects.toThrow("append-only");
  await expect(queries.deleteFrom("case_step").execute()).rejects.toThrow("append-only");
  expect(await refusal(step("BX-2026-000999", "done"))).toEqual(["CaseUnknown", undefined, undefined, undefined]);
});

test("rule 6.2: every category of the guide takes a report, and rule 6.4: 其他-其他 asks for a description; what is none is refused by name", async () => {
  const { items } = await answered(client.ask("GET /v1/case-types", {}));
  const repair = items.find(({ id }) => id === "repair")!;
  expect(repair.categories.map(({ names }) => names.en)).toEqual(expect.arrayContaining(["Ventilation", "Water", "Electricity", "Door", "Window", "Wall", "Fire protection", "Lift", "Furniture", "Household hardware", "IT", "Greening", "Cleaning", "Merchant complaint", "Sports facilities", "Laboratory equipment", "Other"])); // prettier-ignore
  for (const { id, requiresDescription } of repair.categories) {
    const made = await open({ category: id, description: "" });
    expect([id, made.ok]).toEqual([id, !requiresDescription]);
  }
  expect(await refusal(open({ category: "其他-其他", description: " \n" }))).toEqual(["CaseDescriptionRequired", "6.4", "其他-其他", IT]);
  expect(await refusal(open({ category: "天气" }))).toEqual(["CaseCategoryUnknown", "6.2", "其他-其他", IT]);
});

test("rule 2.12: troubles of gates, locks, printers, the card and GPT are reported each in its own category, and go to a team", async () => {
  for (const category of ["智能门禁", "智能门锁", "打印机", "校园卡", "GPT"])
    expect(await valueOf(open({ category }))).toMatchObject({ type: { id: "repair" }, category, team: "desk", state: { id: "reported" } });
  expect(await refusal(open({ category: "宿舍-账单申诉" }))).toEqual(["CaseTypeUnknown", "6.2", "其他-其他", IT]);
});

test("rule 6.3: somebody who is known by phone only reports, sees it and acts in it; whose it is not may nothing", async () => {
  const phone = "+8613900139000";
  const id = await opened({ reporter: { phone, name: "王师傅" } });
  expect(await valueOf(step(id, "remark", { as: { phone }, text: "后门进" }, client))).toMatchObject({ reporter: { person: null, phone, name: "王师傅" } });
  expect((await answered(client.ask("GET /v1/cases", { query: { phone } }))).items.map((one) => one.id)).toEqual([id]);
  expect(await refusal(step(id, "remark", { as: { phone: "+8613800138000" }, text: "x" }, client))).toEqual(["CaseNotYours", "6.1", "水", IT]);
  expect(await refusal(step(id, "remark", asReporter({ text: "x" }), client))).toEqual(["CaseNotYours", "6.1", "水", IT]);
  expect(await refusal(open({ type: "family-account", category: "校园卡", form: {}, reporter: { phone } }))).toEqual(["ServiceNotForYou", "1.6", "校园卡", IT]);
});

test("rule 6.5: my cases show where they stand and what I may do; a finished one can be rated, one that is not cannot", async () => {
  const [first, second] = [await opened(), await opened({ category: "电" })];
  expect(await refusal(step(first, "rate", asReporter({ rating: 5 }), client))).toEqual(["CaseTransitionRefused", "6.10", "水", IT]);
  await answered(step(first, "dispatch"));
  await answered(step(first, "done"));
  const mine = await answered(client.ask("GET /v1/cases", { query: { person: campus.person } }));
  expect(mine.items.map(({ id, state }) => [id, state.names.zh])).toEqual([[second, "待派单"], [first, "已完工"]]); // prettier-ignore
  expect((await shown(first)).may.map(({ id }) => id)).toEqual(["reject", "rate", "remark"]);
  expect((await answered(desk.client.ask("GET /v1/cases/{id}", { params: { id: first }, query: {} }))).may.map(({ id }) => id)).toEqual(["remark"]);
  expect(await refusal(step(first, "rate", asReporter(), client))).toEqual(["CaseDemandMissing", "6.10", "水", IT]);
  expect((await valueOf(step(first, "rate", asReporter({ rating: 4 }), client))).history.at(-1)).toMatchObject({ rating: 4, to: "rated" });
  expect((await answered(client.ask("GET /v1/cases", { query: { person: campus.person, open: "yes" } }))).items.map(({ id }) => id)).toEqual([second]);
});

test("rule 6.6: beacons say the place in C1 to C7, whoever reports says it better, and it can be put right afterwards: then it goes to the team there; nobody is held up without", async () => {
  const body = { names: { zh: "西区", en: "West" }, hours: null, mail: null, routes: [{ category: "水", area: "W" }] };
  await answered(client.ask("PUT /v1/teams/{id}", { params: { id: "west" }, body }));
  const beacon = { area: "C3", text: "C3 2 楼" };
  expect((await valueOf(open({ place: null, beacons: beacon }))).place).toEqual(beacon);
  expect((await valueOf(open({ place: null, beacons: { area: "W", text: "W 1 楼" } }))).place).toEqual({ area: null, text: null });
  const one = await valueOf(open({ place: null }));
  expect([one.place, one.team]).toEqual([{ area: null, text: null }, "plumbers"]);
  const put = await valueOf(step(one.id, "correct", asReporter({ place: { area: "W", text: "W 4 楼" } }), client));
  expect([put.place, put.team, put.history.at(-1)?.changes]).toEqual([{ area: "W", text: "W 4 楼" }, "west", { area: "W", place: "W 4 楼", team: "west" }]);
  expect((await refusal(step(one.id, "correct", { place: { area: "W", text: "" } })))[0]).toBe("RequestMalformed");
});

test("rule 6.7: place and description are ordinary text, of several lines as they are dictated; control characters are refused", async () => {
  const { history, place } = await valueOf(open({ description: "第一行\n第二行\t完", place: { area: null, text: "C1 三楼，电梯旁" } }));
  expect([history[0]!.text, place.text]).toEqual(["第一行\n第二行\t完", "C1 三楼，电梯旁"]);
  for (const description of ["a\u0000b", "a\u001b[31m", "\ud800", "x".repeat(4001)]) expect((await refusal(open({ description })))[0]).toBe("RequestMalformed");
});

test("rule 6.8: mail at dispatch and at completion, exactly one each in a round, however often it is passed on; who has no mail gets an SMS; a refused step sends none", async () => {
  const id = await opened();
  expect((await refusal(step(id, "done")))[0]).toBe("CaseTransitionRefused");
  expect(await messages()).toEqual([]);
  await answered(step(id, "dispatch"));
  await answered(step(id, "dispatch", { team: "desk" }));
  await answered(step(id, "done"));
  await answered(step(id, "reject", asReporter({ text: "还在漏" }), client));
  await answered(step(id, "dispatch"));
  await answered(step(id, "done"));
  const byPhone = await opened({ reporter: { phone: "+8613900139000" } });
  await answered(step(byPhone, "dispatch"));
  const sent = (await messages()).map(({ kind, channel, to, subject }) => `${kind} ${channel} ${to} ${subject}`).toSorted();
  expect(sent).toEqual(
    [
      ...Array<string>(2).fill(`repair.dispatched mail zh…@connect.example.edu 工单 ${id} 已派单 / Case ${id} was dispatched`),
      ...Array<string>(2).fill(`repair.finished mail zh…@connect.example.edu 工单 ${id} 已完工 / Case ${id} was finished`),
      `repair.dispatched sms +86139…00 工单 ${byPhone} 已派单 / Case ${byPhone} was dispatched`,
    ].toSorted(),
  );
  const [row] = await rig.cloud.database.queries.selectFrom("outbox_message").select(["text", "dedupe"]).orderBy("dedupe").execute();
  expect(row!.text).toContain("您提交的工单 BX-2026-000001（水，C1 3 楼）已派给plumbers组处理。");
  expect(row!.text).toContain("Your case BX-2026-000001 (Water, C1 3 楼) was given to plumbers.");
});

test("rule 6.9: a finished case may be rejected within 7 days and is handled again, every round in the history; afterwards it is refused with the rule, and nothing moves", async () => {
  const id = await opened();
  await answered(step(id, "dispatch"));
  await answered(step(id, "done"));
  rig.cloud.pass(7 * DAY_S - 1);
  await answered(step(id, "reject", asReporter({ text: "还在漏" }), client));
  await answered(step(id, "dispatch"));
  await answered(step(id, "done"));
  rig.cloud.pass(7 * DAY_S);
  const before = await shown(id);
  expect(await refusal(step(id, "reject", asReporter({ text: "又漏" }), client))).toEqual(["CaseWindowOver", "6.9", "水", IT]);
  expect(await shown(id)).toEqual(before);
  expect(before.history.map(({ round }) => round)).toEqual([1, 1, 1, 1, 2, 2]);
});

test("rule 6.10: it may be rated within 7 days; from then on it is closed, on reading and in every list, though nothing ran", async () => {
  const id = await opened();
  await answered(step(id, "dispatch"));
  await answered(step(id, "done"));
  const states = async () => {
    const of = async (query: object) => (await answered(client.ask("GET /v1/cases", { query }))).items.map((one) => one.state.id);
    return [(await shown(id)).state.id, await of({ state: "finished" }), await of({ state: "closed" }), await of({ open: "yes" }), await of({ open: "no" })];
  };
  rig.cloud.pass(7 * DAY_S - 1);
  expect(await states()).toEqual(["finished", ["finished"], [], ["finished"], []]);
  rig.cloud.pass(1);
  expect(await states()).toEqual(["closed", [], ["closed"], [], ["closed"]]);
  expect(await refusal(step(id, "rate", asReporter({ rating: 5 }), client))).toEqual(["CaseWindowOver", "6.10", "水", IT]);
});

test("rule 2.5: the QR is unfrozen by the case that asks for it, in one publication with the case's own step; a case about something else, or one that is over, does not", async () => {
  const world = { ...campus, client } as never;
  await frozenPhone(world);
  const [about, other] = [await unfreezingCase({ client, ...campus }), await unfreezingCase({ client, ...campus }, campus.card)];
  const rows = async () => (await itemsIn(rig.cloud, zonePartition("east"))).flatMap((item) => (item.table === "credential" && item.row.credential.id === campus.phone ? [item.row.credential.suspension ?? "opens"] : [])); // prettier-ignore
  expect(await rows()).toEqual(["Frozen"]);
  const why = { reason: "she called" };
  const unfreeze = (number: string) => client.ask("POST /v1/credentials/{id}/unfreeze", { params: { id: campus.phone }, body: { case: number } }, why);
  expect(await refusal(unfreeze(other))).toEqual(["CaseNotForThis", "2.5", "校园卡", IT]);
  const made = await answered(step(about, "unfreeze", { text: "核实身份" }));
  expect([made.value.state.id, made.value.results, made.publish]).toEqual(["unfrozen", { credential: campus.phone }, expect.any(Number)]);
  expect(await rows()).toEqual(["opens"]);
  await frozenPhone(world);
  expect(await refusal(unfreeze(about))).toEqual(["CaseNotForThis", "2.5", "校园卡", IT]);
  const refused = await valueOf(step(await unfreezingCase({ client, ...campus }), "refuse", { text: "转发他人" }));
  expect([refused.state.id, await rows()]).toEqual(["refused", ["Frozen"]]);
  expect((await messages()).map(({ kind }) => kind).toSorted()).toEqual(["unfreeze.refused", "unfreeze.unfrozen"]);
});

test("rule 1.6: staff apply for a family account as a case; approved it has them for its sponsor, and its access ends with theirs; students and the refused get nothing", async () => {
  const { id: staff } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("wei@example.edu") }));
  const status = { params: { id: staff, audience: "staff" as const } };
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { ...status, body: { validity: ENDLESS, sponsor: null } }));
  const form = { name: "李四", relation: "配偶", phone: "+8613800138000", until: "2026-12-31" };
  const apply = (reporter: string, answers: object = form) =>
    open({ type: "family-account", category: "校园卡", description: "", place: null, form: answers, reporter: { person: reporter } });
  expect(await refusal(apply(campus.person))).toEqual(["ServiceNotForYou", "1.6", "校园卡", IT]);
  expect((await refusal(apply(staff, { ...form, phone: "138" })))[0]).toBe("CaseFormRefused");
  const people = async () => (await answered(client.ask("GET /v1/persons", { query: {} }))).items.length;
  const before = await people();
  await answered(step((await valueOf(apply(staff))).id, "refuse", { text: "材料不全" }));
  expect(await people()).toBe(before);
  const { id } = await valueOf(apply(staff));
  const { results } = await valueOf(step(id, "approve"));
  const family = await answered(client.ask("GET /v1/persons/{id}", { params: { id: results["person"]! } }));
  expect(family).toMatchObject({ name: "李四", audiences: [{ audience: "family", sponsor: staff, validity: { until: "2026-12-31T16:00:00Z" } }] });
  const { id: late } = await valueOf(apply(staff));
  rig.cloud.pass(60);
  await answered(client.ask("DELETE /v1/persons/{id}/audiences/{audience}", status));
  expect(await refusal(step(late, "approve"))).toEqual(["CaseEffectRefused", "1.6", "校园卡", IT]);
  expect([(await shown(late)).state.id, await people()]).toEqual(["applied", before + 1]);
});

test("what several have to agree to waits for all of them; then its grant is there, and ends with the case", async () => {
  const [li, wang] = [await rig.caller("li", ["cases:write", "cases:decide"]), await rig.caller("wang", ["cases:write", "cases:decide"])];
  const host = (await valueOf(client.ask("POST /v1/persons", { body: plainPerson("host@example.edu") }))).id;
  const id = await opened({ type: "trial", category: "打印机", form: { profile: "gates", until: "2026-09-02", host } });
  await answered(step(id, "accept", { as: { person: host } }, client));
  expect((await refusal(step(id, "accept", asReporter(), client)))[0]).toBe("CaseNotYours");
  const grants = async () =>
    (await answered(client.ask("GET /v1/grants", { query: { "subject-kind": "person", subject: campus.person } }))).items.filter(
      ({ source }) => source.kind === "case",
    );
  expect((await valueOf(step(id, "approve", {}, li.client))).state.id).toBe("asked");
  expect((await refusal(step(id, "approve", {}, li.client)))[0]).toBe("CaseSameApprover");
  expect(await grants()).toEqual([]);
  const made = await answered(step(id, "approve", {}, wang.client));
  expect(made.value.state.id).toBe("given");
  expect(await grants()).toMatchObject([{ id: made.value.results["grant"], source: { kind: "case", id }, validity: { until: "2026-09-02T16:00:00Z" } }]);
  expect((await client.ask("DELETE /v1/grants/{id}", { params: { id: made.value.results["grant"]! } }, { reason: "x" })) as object).toMatchObject({
    problem: { reason: "SourceOwnsGrant" },
  });
  await answered(step(id, "end", asReporter(), client));
  expect(await grants()).toEqual([]);
  const wrong = await opened({ type: "trial", category: "打印机", form: { profile: "none" } });
  await answered(step(wrong, "approve", {}, li.client));
  const { problem } = (await step(wrong, "approve", {}, wang.client)) as unknown as { problem: { reason: string; detail: string } };
  expect([problem.reason, problem.detail]).toEqual(["CaseEffectRefused", "grant: ProfileUnknown (none)"]);
  expect(GATE).toBe("gate-1/entry");
});

test("rule 6.4: members act in their own team's cases, with a role or delegated, and in no other's; who is none acts in none", async () => {
  const body = { name: "李卫", account: "liwei@example.edu", role: "guard", until: null } as const;
  await answered(client.ask("PUT /v1/operators/{id}", { params: { id: "liwei" }, body }));
  await answered(client.ask("PUT /v1/operators/{id}", { params: { id: "warden" }, body: { ...body, account: "warden@example.edu", role: null } }));
  const keyOf = async (operator: string) => {
    const made = await rig.caller(operator, ["cases:read"]);
    await rig.cloud.database.queries.updateTable("api_key").set({ operator }).where("id", "=", made.key.id).execute();
    return made.client;
  };
  const [guard, warden] = [await keyOf("liwei"), await keyOf("warden")];
  const given = { operator: "warden", zones: ["east"], accessPoints: [], capabilities: [], mayDelegate: false, until: "2027-07-01T00:00:00Z" };
  await answered(client.ask("POST /v1/delegations", { body: given }));
  const [water, window] = [await opened(), await opened({ category: "窗" })];
  const act = async (by: CloudClient, id: string) => {
    const made = await by.ask("POST /v1/cases/{id}/steps", { params: { id }, body: { transition: "dispatch", as: null } }, { reason: "on duty" });
    return made.ok ? made.value.value.history.at(-1)!.role : made.problem.reason;
  };
  expect([await act(guard, water), await act(warden, water)]).toEqual(["CaseNotYours", "NotYourPlace"]);
  for (const operator of ["liwei", "warden"]) await answered(client.ask("PUT /v1/teams/{id}/members/{operator}", { params: { id: "plumbers", operator } }));
  expect([await act(guard, window), await act(warden, window)]).toEqual(["CaseNotYours", "NotYourPlace"]);
  expect([await act(guard, water), await act(warden, water)]).toEqual(["team", "team"]);
  const list = (query: object) => warden.ask("GET /v1/cases", { query });
  expect((await list({ team: "plumbers" })).ok).toBe(true);
  expect(await list({})).toMatchObject({ problem: { reason: "NotYourPlace" } });
  const forOther = await warden.ask(
    "POST /v1/cases/{id}/steps",
    { params: { id: water }, body: { transition: "withdraw", as: { person: campus.person } } },
    { reason: "x" },
  );
  expect(forOther).toMatchObject({ problem: { reason: "NotYourPlace" } });
});

test("rule 6.4: a team's duty hours follow the campus calendar", async () => {
  const plumbers = async () => (await answered(client.ask("GET /v1/teams", {}))).items.find(({ id }) => id === "plumbers")!;
  expect(await plumbers()).toMatchObject({ isOnDuty: false, nextDuty: "2026-09-01T01:00:00Z" }); // Tuesday, 8 in the morning
  rig.cloud.pass(3600);
  expect(await plumbers()).toMatchObject({ isOnDuty: true, nextDuty: null });
  const holiday = { from: "2026-01-01", until: "2027-01-01", days: [{ date: "2026-09-01", kind: "holiday" as const }], termPhases: [] };
  await answered(client.ask("PUT /v1/calendar", { body: holiday }));
  expect(await plumbers()).toMatchObject({ isOnDuty: false, nextDuty: "2026-09-02T01:00:00Z" });
});

test("a request that comes again opens one case, and one key stands for one body", async () => {
  const [first, again] = [
    await client.ask("POST /v1/cases", { body: opening() }, { idempotencyKey: "report-0001" }),
    await client.ask("POST /v1/cases", { body: opening() }, { idempotencyKey: "report-0001" }),
  ];
  expect(again).toEqual(first);
  expect(await client.ask("POST /v1/cases", { body: opening({ category: "电" }) }, { idempotencyKey: "report-0001" })).toMatchObject({
    problem: { reason: "IdempotencyKeyReused" },
  });
  expect((await answered(client.ask("GET /v1/cases", { query: {} }))).items).toHaveLength(1);
});

test("who is erased is nobody in their cases any more: what they said and whose they were is gone, that it happened stays", async () => {
  const id = await opened({ form: {} });
  await answered(step(id, "dispatch"));
  await answered(client.ask("POST /v1/persons/{id}/erase", { params: { id: campus.person } }, { reason: "asked for it" }));
  const { history, reporter, state } = await answered(client.ask("GET /v1/cases/{id}", { params: { id }, query: {} }));
  expect([reporter, state.id, history.map(({ transition, text }) => [transition.id, text])]).toEqual([null, "dispatched", [["open", null], ["dispatch", null]]]); // prettier-ignore
  expect(await rig.cloud.database.queries.selectFrom("outbox_message").select("id").execute()).toEqual([]);
});
