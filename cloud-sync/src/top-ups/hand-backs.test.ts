import { ok, unixSeconds } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CAMPUS_CASES_FOLDER, loadCaseTypes } from "../cases/case-type-file.ts";
import { FaultWatch } from "../cases/fault-watch.ts";
import { checkLedger } from "../ledger/check-ledger.ts";
import type { ApiCampus } from "../rig/api-campus.ts";
import { answered, type ApiRig } from "../rig/api-rig.ts";
import { SERVICES } from "../rig/places-rig.ts";
import { BEGIN, inReview, providerCampus, SANDBOX } from "../rig/top-up-cases.ts";
import { OFFICE } from "../rig/wallet-cases.ts";
import { noticeRoutes } from "./notice-routes.ts";
import { NOTICE_LIFE_S, pruneNotices } from "./provider-notices.ts";

let rig: ApiRig;
let campus: ApiCampus;
const opened = providerCampus();
let faults: FaultWatch;
beforeEach(async () => {
  ({ rig, campus } = await opened());
  const law = { services: SERVICES, types: loadCaseTypes(CAMPUS_CASES_FOLDER, SERVICES) };
  const onFailure = (error: unknown): void => void rig.failures.push(error);
  faults = new FaultWatch({ cloud: rig.cloud, law, clock: { after: () => () => {} }, onMoved: () => {}, onFailure });
});
afterEach(async () => {
  await faults.close();
  expect(rig.failures).toEqual([]);
  expect((await checkLedger(rig.cloud.database)).broken).toEqual([]);
  await rig.close();
});

const WHY = { reason: "演习" };
const client = () => rig.backend.client;
const world = () => ({ client: client(), person: campus.person, provider: rig.provider });
const due = async (seconds = 1): Promise<void> => {
  rig.cloud.pass(seconds);
  await rig.money.topUps.lookDue();
  rig.notifier.poke();
  await rig.notifier.settled();
  await faults.look();
};
const refunds = async () => (await answered(client().ask("GET /v1/provider-refunds", { query: {} }))).items;
const cases = async () =>
  (await answered(client().ask("GET /v1/cases", { query: { type: "money-trouble" } }))).items.map(({ id, state }) => `${id} ${state.id}`);
const wallet = () => answered(client().ask("GET /v1/wallets/{id}", { params: { id: campus.person } }));
const statement = async () =>
  (await answered(client().ask("GET /v1/wallets/{id}/statement", { params: { id: campus.person }, query: {} }))).items.map(
    ({ kind, netFen, amountFen, handedBack }) => ({ kind, netFen, amountFen, handedBack }),
  );
const tillFen = async (id: string) => (await answered(client().ask("GET /v1/tills/{id}", { params: { id } }))).balanceFen;
const lossFen = async () => {
  const row = await rig.cloud.database.queries.selectFrom("ledger_account").selectAll().where("id", "=", "campusLoss").executeTakeFirstOrThrow();
  return row.debits_posted - row.credits_posted;
};
const retry = (id: string) => client().ask("POST /v1/provider-refunds/{id}/retry", { params: { id } }, WHY);
const payOut = (id: string, till = OFFICE) => client().ask("POST /v1/provider-refunds/{id}/pay-out", { params: { id }, body: { till } }, WHY);
/** The provider says by itself that it has handed something back. */
async function saysDone(id: string): Promise<void> {
  const { ref } = await rig.cloud.database.queries.selectFrom("provider_refund").select("ref").where("id", "=", id).executeTakeFirstOrThrow();
  await heard(rig.provider.notice({ of: "refund", ref, said: { kind: "done" } }));
}
async function heard({ headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string }): Promise<void> {
  const routes = noticeRoutes(rig.cloud, rig.money.topUps, (error) => rig.failures.push(error));
  expect((await routes.request("/provider-notices/sandbox", { method: "POST", headers, body })).status).toBe(204);
}

/** What was paid and does not fit is to go back, and the provider refuses. @returns the refund */
async function refusedReturn(): Promise<string> {
  const id = await inReview(world());
  rig.provider.refusesRefunds = true;
  await answered(client().ask("POST /v1/top-ups/{id}/decide", { params: { id }, body: { act: "return" } }, WHY));
  await due();
  return `${id}:returned`;
}
/** ¥50.00 by the provider and ¥50.00 at the desk are there, the wallet is closed, and the provider refuses. @returns the refund */
async function refusedClosing(): Promise<string> {
  await answered(client().ask("POST /v1/wallets/{id}/provider-top-ups", { params: { id: campus.person }, body: BEGIN }));
  const { ref } = await rig.cloud.database.queries.selectFrom("top_up").select("ref").executeTakeFirstOrThrow();
  rig.provider.settle(ref, "paid");
  await answered(client().ask("POST /v1/top-ups/{id}/look", { params: { id: BEGIN.id } }));
  rig.provider.refusesRefunds = true;
  await answered(client().ask("POST /v1/wallets/{id}/close", { params: { id: campus.person }, body: { id: "closing-1", till: OFFICE, text: "" } }, WHY));
  await due();
  const [refund] = await refunds();
  return refund!.id;
}

test("rule 6.11: a hand-back that a provider refuses opens a case, one while it lasts; asked again and refused again it is the same one, and it is settled when the money is back", async () => {
  const id = await refusedReturn();
  const [opened] = await cases();
  expect(await cases()).toEqual([expect.stringMatching(/^ZJ-2026-\d{6} found$/)]);
  const number = opened!.split(" ")[0]!;
  expect(await refunds()).toMatchObject([{ id, state: "failed", why: "the payment is too old", case: number }]);
  const told = await answered(client().ask("GET /v1/cases/{id}", { params: { id: number } }));
  expect([told.category, told.place?.text, JSON.stringify(told)]).toEqual(["校园卡", `${id} (${SANDBOX})`, expect.stringContaining("¥49.99 应退还付款人")]);
  expect(await retry(id)).toMatchObject({ value: { state: "failed" } });
  await due();
  expect(await cases()).toEqual([opened]);
  rig.provider.refusesRefunds = false;
  expect(await retry(id)).toMatchObject({ value: { state: "done", case: number } });
  await due();
  expect([await cases(), (await refunds())[0]!.case]).toEqual([[`${number} settled`], null]);
  for (const again of [await retry(id), await payOut(id)])
    expect(again).toMatchObject({ status: 409, problem: { reason: "HandBackNotRefused", detail: "it is done" } });
  await due(600);
  expect(rig.provider.refunds.map(({ amountFen }) => amountFen)).toEqual([4_999]);
});

test("what closing a wallet hands to a provider that refuses is told by wallet, statement and case until a desk has paid it out, and both tills say so", async () => {
  const id = await refusedClosing();
  const before = { desk: await tillFen(OFFICE), provider: await tillFen(SANDBOX) };
  const [number] = (await cases())[0]!.split(" ");
  expect(await wallet()).toMatchObject({ state: "closed", balanceFen: 0, handBacks: [{ id, amountFen: 5_000, state: "failed", case: number }] });
  const line = (await statement()).find(({ handedBack }) => handedBack !== null);
  expect(line).toEqual({ kind: "handBack", netFen: -5_000, amountFen: 5_000, handedBack: { doneFen: 0, underWayFen: 0, refusedFen: 5_000 } });
  expect(await client().ask("POST /v1/persons/{id}/erase", { params: { id: campus.person } } as never, WHY)).toMatchObject({
    problem: { reason: "ObligationsStand", detail: expect.stringContaining(`refund ${id} has not reached its payer`) },
  });
  expect(await payOut(id, SANDBOX)).toMatchObject({ status: 422, problem: { reason: "TillNotForThis", rule: "2.13" } });
  expect(await payOut(id)).toMatchObject({ value: { state: "done", paidOutAt: OFFICE } });
  expect([await tillFen(OFFICE), await tillFen(SANDBOX), await lossFen()]).toEqual([before.desk + 5_000, before.provider - 5_000, 0]);
  expect((await statement()).slice(0, 2)).toMatchObject([
    { kind: "payOut", netFen: 0, amountFen: 5_000 },
    { kind: "keep", netFen: 0 },
  ]);
  expect([(await wallet()).handBacks, (await statement()).find(({ handedBack }) => handedBack !== null)!.handedBack]).toEqual([[], { doneFen: 5_000, underWayFen: 0, refusedFen: 0 }]); // prettier-ignore
  rig.provider.refusesRefunds = false;
  await due(600);
  expect([await cases(), rig.provider.refunds]).toEqual([[`${number} settled`], []]);
  for (const again of [await retry(id), await payOut(id)]) expect(again).toMatchObject({ status: 409, problem: { reason: "HandBackNotRefused" } });
});

test("of who pays it out and who has it asked again at once, one does; it leaves by one way", async () => {
  const id = await refusedReturn();
  rig.provider.refusesRefunds = false;
  const answers = await Promise.all([retry(id), payOut(id), retry(id), payOut(id)]);
  expect(answers.filter((each) => each.ok).length).toBe(1);
  await due(600);
  expect(rig.provider.refunds.length + (await refunds()).filter(({ paidOutAt }) => paidOutAt !== null).length).toBe(1);
});

test("a provider that hands back what it had refused is believed: the case is settled, and no desk pays it out any more", async () => {
  const id = await refusedReturn();
  await saysDone(id);
  await due();
  expect([await refunds(), await cases()]).toMatchObject([[{ state: "done", why: null, paidOutAt: null }], [expect.stringContaining("settled")]]);
  expect(await payOut(id)).toMatchObject({ problem: { reason: "HandBackNotRefused" } });
  expect(await lossFen()).toBe(0);
});

test("what a desk has paid out and the provider hands back as well is told once, by a case of its own, and stands in the ledger as the campus's loss", async () => {
  const id = await refusedReturn();
  await answered(payOut(id));
  await due();
  for (let nth = 0; nth < 3; nth++) {
    await saysDone(id);
    await due();
  }
  expect(await refunds()).toMatchObject([{ state: "done", why: "PaidTwice", paidOutAt: OFFICE }]);
  expect((await cases()).map((text) => text.split(" ")[1]!).toSorted()).toEqual(["found", "settled"]);
  expect(await lossFen()).toBe(4_999);
});

test("a stop between a pay-out's word and the ledger loses nothing: the next look books it, once", async () => {
  const id = await refusedReturn();
  const book = rig.money.bookInstead.bind(rig.money);
  rig.money.bookInstead = async (...given) => {
    if (given[1] === "payOut") throw new Error("the power is gone");
    return book(...given);
  };
  await payOut(id).catch(() => undefined);
  expect(rig.troubles.splice(0).length).toBe(1);
  rig.money.bookInstead = book;
  expect(await retry(id)).toMatchObject({ problem: { reason: "HandBackNotRefused" } });
  const before = await tillFen(OFFICE);
  await due();
  await due();
  expect([(await tillFen(OFFICE)) - before, await lossFen()]).toEqual([4_999, 0]);
});

test("what somebody had entered by hand at the provider's till goes back through no payment: a case says so, and a desk pays it out", async () => {
  const hand = { id: "by-hand-0001", amountFen: 700, till: SANDBOX, text: "" };
  await answered(client().ask("POST /v1/wallets/{id}/top-ups", { params: { id: campus.person }, body: hand }));
  await answered(client().ask("POST /v1/wallets/{id}/close", { params: { id: campus.person }, body: { id: "closing-1", till: OFFICE, text: "" } }, WHY));
  await due();
  const [refund] = await refunds();
  expect(refund).toMatchObject({ topUp: null, amountFen: 700, state: "failed", why: "NoPaymentKnown", case: expect.stringMatching(/^ZJ-/) });
  expect(await retry(refund!.id)).toMatchObject({ problem: { reason: "HandBackNotRefused", detail: expect.stringContaining("no payment is known") } });
  expect(await payOut(refund!.id)).toMatchObject({ value: { state: "done", paidOutAt: OFFICE } });
});

test("a notice of a provider is kept for 366 days, and for as long as the money that it is about is not where it belongs", async () => {
  const kept = async () => (await rig.cloud.database.queries.selectFrom("provider_notice").select("ref").execute()).length;
  const prune = () => pruneNotices(rig.cloud.database, rig.cloud.now());
  const begin = async (id: string) => {
    await answered(client().ask("POST /v1/wallets/{id}/provider-top-ups", { params: { id: campus.person }, body: { ...BEGIN, id, amountFen: 1_000 } }));
    return (await rig.cloud.database.queries.selectFrom("top_up").select("ref").where("id", "=", id).executeTakeFirstOrThrow()).ref;
  };
  const paid = (ref: string, amountFen: number) =>
    rig.provider.notice({ of: "payment", ref, said: { kind: "paid", amountFen, number: `n-${ref.slice(0, 8)}`, paidAt: unixSeconds(rig.cloud.now()) } });
  const [credited, review, pending] = [await begin("phone-0001"), await begin("phone-0002"), await begin("phone-0003")];
  await heard(paid(credited, 1_000));
  await heard(paid(review, 999));
  await heard(rig.provider.notice({ of: "payment", ref: pending, said: { kind: "waiting" } }));
  await heard(paid("0".repeat(32), 5)); // of a payment that nobody knows
  rig.cloud.pass(NOTICE_LIFE_S);
  await prune();
  expect(await kept(), "to the second").toBe(4);
  rig.cloud.pass(1);
  await prune();
  expect(await kept(), "what is pending or waits for somebody is proven by them").toBe(2);
  // It goes back, and is refused: its notice stays until it is paid out.
  rig.provider.refusesRefunds = true;
  await answered(client().ask("POST /v1/top-ups/{id}/decide", { params: { id: "phone-0002" }, body: { act: "return" } }, WHY));
  await due();
  await prune();
  expect(await kept()).toBe(1); // the pending one has failed by now
  await answered(payOut("phone-0002:returned"));
  await prune();
  expect(await kept()).toBe(0);
});

test("erasing a person takes along what providers have said of their payments", async () => {
  const id = await inReview(world());
  const { ref } = await rig.cloud.database.queries.selectFrom("top_up").select("ref").where("id", "=", id).executeTakeFirstOrThrow();
  await heard(rig.provider.settle(ref, "paid-less")!);
  rig.provider.refund = async () => ok({ kind: "done" });
  await answered(client().ask("POST /v1/top-ups/{id}/decide", { params: { id }, body: { act: "return" } }, WHY));
  await due();
  await answered(client().ask("POST /v1/wallets/{id}/close", { params: { id: campus.person }, body: { id: "closing-1", till: OFFICE, text: "" } }, WHY));
  await answered(client().ask("POST /v1/persons/{id}/erase", { params: { id: campus.person } } as never, WHY));
  expect(await rig.cloud.database.queries.selectFrom("provider_notice").selectAll().execute()).toEqual([]);
});
