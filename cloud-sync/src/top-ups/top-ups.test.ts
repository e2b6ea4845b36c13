import { ok, unixSeconds } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkLedger } from "../ledger/check-ledger.ts";
import { tellMovements } from "../ledger/money-notification.ts";
import type { ApiCampus } from "../rig/api-campus.ts";
import { answered, type ApiRig } from "../rig/api-rig.ts";
import { UNKNOWN } from "../rig/case-world.ts";
import { BEGIN, begun, inReview, providerCampus, SANDBOX } from "../rig/top-up-cases.ts";
import { OFFICE } from "../rig/wallet-cases.ts";
import { noticeRoutes } from "./notice-routes.ts";
import type { Noticed } from "./payment-provider.ts";
import { TOP_UP_LIFE_S } from "./top-up-desk.ts";

let rig: ApiRig;
let campus: ApiCampus;
const opened = providerCampus();
beforeEach(async () => {
  ({ rig, campus } = await opened());
});
afterEach(async () => {
  expect((await checkLedger(rig.cloud.database)).broken).toEqual([]);
  await rig.close();
});

const WHY = { reason: "演习" };
const client = () => rig.backend.client;
const world = () => ({ client: client(), person: campus.person, provider: rig.provider });
const begin = (more: Partial<typeof BEGIN> = {}) =>
  client().ask("POST /v1/wallets/{id}/provider-top-ups", { params: { id: campus.person }, body: { ...BEGIN, ...more } });
const shown = (id = BEGIN.id) => answered(client().ask("GET /v1/top-ups/{id}", { params: { id } }));
const look = (id = BEGIN.id) => answered(client().ask("POST /v1/top-ups/{id}/look", { params: { id } }));
const balance = async () => (await answered(client().ask("GET /v1/wallets/{id}", { params: { id: campus.person } }))).balanceFen;
const refOf = async (id = BEGIN.id) => (await rig.cloud.database.queries.selectFrom("top_up").select("ref").where("id", "=", id).executeTakeFirstOrThrow()).ref;
const told = async (kind: string) => {
  while (await tellMovements(rig.cloud));
  return (await rig.cloud.database.queries.selectFrom("notification").select("body").where("kind", "=", kind).execute()).map(
    ({ body }) => JSON.parse(body) as object,
  );
};
const refunds = async () => (await answered(client().ask("GET /v1/provider-refunds", { query: {} }))).items;
/** What the provider says by itself. */
async function notice({ headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string }, provider = "sandbox"): Promise<number> {
  return (
    await noticeRoutes(rig.cloud, rig.money.topUps, (error) => rig.failures.push(error)).request(`/provider-notices/${provider}`, {
      method: "POST",
      headers,
      body,
    })
  ).status;
}
const paidNotice = (ref: string, amountFen = 5_000, number = "4200-1") =>
  rig.provider.notice({ of: "payment", ref, said: { kind: "paid", amountFen, number, paidAt: unixSeconds(rig.cloud.now()) } });
/** What the cloud does every five seconds. */
const due = async (seconds: number): Promise<void> => {
  rig.cloud.pass(seconds);
  await rig.money.topUps.lookDue();
};

test("rule 2.13: a top-up by a provider is pending until the provider says that it was paid, and is credited then, once however often it is said and asked for", async () => {
  expect(await begin()).toMatchObject({ status: 201, value: { state: "pending", pay: { ref: expect.stringMatching(/^[0-9a-f]{32}$/) }, movement: null } });
  expect(await begin()).toMatchObject({ status: 201, value: { state: "pending" } });
  expect(await balance()).toBe(5_000);
  const paid = rig.provider.settle(await refOf(), "paid")!;
  expect([await notice(paid), await notice(paid), await notice(paidNotice(await refOf(), 5_000, JSON.parse(paid.body).said.number))]).toEqual([204, 204, 204]);
  await look();
  await due(60);
  expect(await shown()).toMatchObject({ state: "credited", pay: null, paidFen: 5_000, movement: "phone-0001:paid" });
  expect(await balance()).toBe(10_000);
  expect(await answered(client().ask("GET /v1/movements/{id}", { params: { id: "phone-0001:paid" } }))).toMatchObject({
    kind: "topUp",
    till: SANDBOX,
    netFen: 5_000,
    by: SANDBOX,
  });
  expect((await told("wallet.topped-up")).length).toBe(2); // the desk's, and this
  expect(await begin()).toMatchObject({ status: 201, value: { state: "credited" } });
  expect(await begin({ amountFen: 4_000 })).toMatchObject({ status: 409, problem: { reason: "MovementIdTaken" } });
});

test("a notice that is lost is made up for by asking, less and less often", async () => {
  await begun(world());
  await due(5);
  expect(await shown()).toMatchObject({ state: "pending" });
  rig.provider.settle(await refOf(), "paid");
  await due(9); // asked again behind 5, then behind 10 more
  expect(await balance()).toBe(5_000);
  await due(1);
  expect([(await shown()).state, await balance()]).toEqual(["credited", 10_000]);
});

test("whoever stands there has it asked at once; whose time is over can pay no more, and hears why", async () => {
  await begun(world());
  rig.provider.settle(await refOf(), "refused");
  expect(await look()).toMatchObject({ state: "failed", why: "NotPaid", pay: null });
  await answered(begin({ id: "phone-0002" }));
  await due(TOP_UP_LIFE_S);
  expect(await shown("phone-0002")).toMatchObject({ state: "failed", why: "NotPaid" });
  expect(await rig.provider.look(await refOf("phone-0002")), "nobody can pay it there either").toEqual(ok({ kind: "ended" }));
  expect(await told("wallet.top-up-failed")).toMatchObject([{ topUp: "phone-0001", why: "NotPaid" }, { topUp: "phone-0002" }]);
  expect(await balance()).toBe(5_000);
});

test("who pays in the very moment in which the time is over has paid", async () => {
  await begun(world());
  const [ref, end] = [await refOf(), rig.provider.end.bind(rig.provider)];
  rig.provider.end = async (each) => {
    rig.provider.settle(ref, "paid");
    return end(each);
  };
  await due(TOP_UP_LIFE_S);
  expect([(await shown()).state, await balance()]).toEqual(["credited", 10_000]);
});

test("what is paid behind a failure is paid all the same: the late notice credits it, and it is marked late", async () => {
  await begun(world());
  await due(TOP_UP_LIFE_S);
  const paidAt = unixSeconds(rig.cloud.now() - 1);
  rig.cloud.pass(86_400);
  expect(await notice(rig.provider.notice({ of: "payment", ref: await refOf(), said: { kind: "paid", amountFen: 5_000, number: "4200-1", paidAt } }))).toBe(
    204,
  );
  expect([(await shown()).state, await balance()]).toEqual(["credited", 10_000]);
  const { items } = await answered(client().ask("GET /v1/wallets/{id}/statement", { params: { id: campus.person }, query: {} }));
  expect(items[0]).toMatchObject({ kind: "topUp", late: true });
});

test.each([
  ["less", 4_999],
  ["more", 500_000],
])("where %s was paid than was asked for nothing is credited before somebody decides, who may credit what was paid", async (_, amountFen) => {
  await begun(world());
  expect(await notice(paidNotice(await refOf(), amountFen))).toBe(204);
  expect(await shown()).toMatchObject({ state: "review", why: "AmountDiffers", paidFen: amountFen });
  await due(3_600);
  expect(await balance()).toBe(5_000);
  expect(await told("wallet.top-up-review")).toMatchObject([{ topUp: BEGIN.id, why: "AmountDiffers", amountFen: 5_000, paidFen: amountFen }]);
  const decided = await client().ask("POST /v1/top-ups/{id}/decide", { params: { id: BEGIN.id }, body: { act: "credit" } }, WHY);
  if (amountFen === 500_000) expect(decided).toMatchObject({ status: 422, problem: { reason: "BalanceOverLimit" } });
  else expect([decided, await balance()]).toMatchObject([{ ok: true, value: { state: "credited" } }, 9_999]);
});

test("two payments for one top-up, and a payment of which nothing is known, are told once, and move nothing", async () => {
  await begun(world());
  const ref = await refOf();
  await notice(paidNotice(ref));
  const second = paidNotice(ref, 5_000, "4200-2");
  expect([await notice(second), await notice(second)]).toEqual([204, 204]);
  await notice(paidNotice("0".repeat(32), 700));
  expect(await told("wallet.top-up-review")).toMatchObject([
    { why: "PaymentContradicted", topUp: BEGIN.id },
    { why: "TopUpUnknown", topUp: null, paidFen: 700 },
  ]);
  expect(await balance()).toBe(10_000);
  const kept = await rig.cloud.database.queries.selectFrom("provider_notice").select("ref").execute();
  expect(kept.map((row) => row.ref).sort()).toEqual(["0".repeat(32), ref, ref].sort());
});

test("a notice that nobody has signed, an old one, one of another provider and one that is too long are refused, and leave nothing", async () => {
  await begun(world());
  const good = paidNotice(await refOf());
  const spoiled = { ...good, body: good.body.replace("5000", "9000") };
  expect([
    await notice(spoiled),
    await notice({ headers: {}, body: good.body }),
    await notice(good, "none"),
    await notice({ ...good, body: "x".repeat(70_000) }),
  ]).toEqual([401, 401, 404, 413]);
  rig.cloud.pass(301);
  expect(await notice(good)).toBe(401);
  expect([(await shown()).state, await balance(), (await rig.cloud.database.queries.selectFrom("provider_notice").selectAll().execute()).length]).toEqual([
    "pending",
    5_000,
    0,
  ]);
});

test("where the provider does not answer, or its answer is lost, the top-up is begun once: asked again it goes on", async () => {
  rig.provider.isSilent = true;
  expect(await begin()).toMatchObject({ status: 201, value: { state: "begun", pay: null } });
  rig.provider.isSilent = false;
  rig.provider.losesAnswers = true;
  expect(await begin()).toMatchObject({ value: { state: "begun" } });
  rig.provider.losesAnswers = false;
  expect(await begin()).toMatchObject({ value: { state: "pending" } });
  // Nobody has asked again: whoever has paid is credited, for the provider had heard.
  rig.provider.losesAnswers = true;
  await answered(begin({ id: "phone-0002" }));
  rig.provider.losesAnswers = false;
  rig.provider.settle(await refOf("phone-0002"), "paid");
  await due(5);
  expect((await shown("phone-0002")).state).toBe("credited");
  // It never hears of the third: nobody can have paid it.
  rig.provider.isSilent = true;
  await answered(begin({ id: "phone-0003" }));
  await due(TOP_UP_LIFE_S);
  expect((await shown("phone-0003")).state, "unknown is not unpaid").toBe("begun");
  rig.provider.isSilent = false;
  await due(600);
  expect(await shown("phone-0003")).toMatchObject({ state: "failed", why: "ProviderKnowsNothing" });
});

test("a stop between the provider's word and the credit loses nothing: the next look credits it, once", async () => {
  await begun(world());
  const credit = rig.money.creditOf.bind(rig.money);
  for (const dies of ["before", "behind"] as const) {
    rig.money.creditOf = async (...given) => {
      if (dies === "behind") await credit(...given);
      throw new Error("the power is gone");
    };
    const paid = rig.provider.settle(await refOf(), "paid")!;
    expect(await notice(paid), "the provider says it again").toBe(500);
  }
  rig.money.creditOf = credit;
  expect(rig.failures.splice(0).map(String)).toEqual(["Error: the power is gone", "Error: the power is gone"]);
  expect((await shown()).state).toBe("paid");
  await due(5);
  expect([(await shown()).state, await balance()]).toEqual(["credited", 10_000]);
});

test("closing a wallet hands the balance back through the payments by which it came, the newest first, and what the desk took in by the desk", async () => {
  for (const [id, amountFen] of [
    ["phone-0001", 5_000],
    ["phone-0002", 3_000],
  ] as const) {
    await answered(begin({ id, amountFen }));
    rig.provider.settle(await refOf(id), "paid");
    await look(id);
    rig.cloud.pass(60);
  }
  await answered(client().ask("PUT /v1/tills/{id}", { params: { id: "merchant/shop" }, body: { names: { zh: "店", en: "Shop" }, terminals: [] } }));
  await answered(
    client().ask("POST /v1/wallets/{id}/charges", {
      params: { id: campus.person },
      body: { id: "charge-0001", amountFen: 9_000, till: "merchant/shop", text: "" },
    }),
  );
  rig.provider.isSilent = true;
  await answered(client().ask("POST /v1/wallets/{id}/close", { params: { id: campus.person }, body: { id: "closing-1", till: OFFICE, text: "" } }, WHY));
  await due(1);
  expect(await refunds()).toMatchObject([
    { topUp: "phone-0001", amountFen: 1_000, state: "asked" },
    { topUp: "phone-0002", amountFen: 3_000, state: "asked" },
  ]);
  rig.provider.isSilent = false;
  await due(600);
  await due(600);
  expect((await refunds()).map(({ state }) => state)).toEqual(["done", "done"]);
  expect(rig.provider.refunds.map(({ amountFen }) => amountFen).toSorted((a, b) => a - b)).toEqual([1_000, 3_000]);
  expect((await answered(client().ask("GET /v1/tills/{id}", { params: { id: SANDBOX } }))).balanceFen, "the provider holds what it has not handed back").toBe(
    -4_000,
  );
});

test("a provider that gives nothing back is told of; somebody has to", async () => {
  const id = await inReview(world());
  rig.provider.refusesRefunds = true;
  await answered(client().ask("POST /v1/top-ups/{id}/decide", { params: { id }, body: { act: "return" } }, WHY));
  await due(1);
  expect(await refunds()).toMatchObject([{ topUp: id, movement: null, amountFen: 4_999, state: "failed", why: "the payment is too old" }]);
  expect(await told("wallet.hand-back-failed")).toMatchObject([{ amountFen: 4_999 }]);
  expect([(await shown()).state, await balance()]).toEqual(["returned", 5_000]);
});

test("a refund of which the provider tells later is done then", async () => {
  const id = await inReview(world());
  rig.provider.refund = async () => ok({ kind: "waiting" });
  await answered(client().ask("POST /v1/top-ups/{id}/decide", { params: { id }, body: { act: "return" } }, WHY));
  await due(1);
  expect(await refunds()).toMatchObject([{ state: "asked" }]);
  const { ref } = await rig.cloud.database.queries.selectFrom("provider_refund").select("ref").executeTakeFirstOrThrow();
  const done: Noticed = { of: "refund", ref, said: { kind: "done" } };
  expect(await notice(rig.provider.notice(done))).toBe(204);
  expect(await refunds()).toMatchObject([{ state: "done" }]);
});

test("a wallet that is closed while somebody pays is not credited: it goes back; and who may still be credited is not erased", async () => {
  await begun(world());
  expect(await client().ask("POST /v1/persons/{id}/erase", { params: { id: campus.person } } as never, WHY)).toMatchObject({
    problem: { reason: "ObligationsStand" },
  });
  await answered(client().ask("POST /v1/wallets/{id}/close", { params: { id: campus.person }, body: { id: "closing-1", till: OFFICE, text: "" } }, WHY));
  await notice(paidNotice(await refOf()));
  expect(await shown()).toMatchObject({ state: "review", why: "WalletClosed" });
  expect(await client().ask("POST /v1/top-ups/{id}/decide", { params: { id: BEGIN.id }, body: { act: "credit" } }, WHY)).toMatchObject({
    status: 409,
    problem: { reason: "WalletClosed" },
  });
  expect(await answered(client().ask("POST /v1/top-ups/{id}/decide", { params: { id: BEGIN.id }, body: { act: "return" } }, WHY))).toMatchObject({
    state: "returned",
  });
  expect(await client().ask("GET /v1/top-ups", { query: { person: UNKNOWN } })).toMatchObject({ problem: { reason: "PersonUnknown" } });
});

test("amounts and top-ups under way count together against what a wallet may hold", async () => {
  await answered(begin({ amountFen: 300_000 }));
  expect(await begin({ id: "phone-0002", amountFen: 200_000 })).toMatchObject({ status: 422, problem: { reason: "BalanceOverLimit", rule: "2.13" } });
  rig.cloud.pass(TOP_UP_LIFE_S);
  expect(await begin({ id: "phone-0003", amountFen: 200_000 })).toMatchObject({ status: 201 });
});
