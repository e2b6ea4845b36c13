import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { readWallet } from "../../ledger/wallets.ts";
import { refuse } from "../../core/refusal.ts";
import { TOP_UP_STATES } from "../../core/top-ups/top-up-steps.ts";
import type { Cloud } from "../../cloud.ts";
import { listHandBacks } from "../../top-ups/hand-backs.ts";
import { creditOf, listTopUps, readTopUp, type TopUp } from "../../top-ups/top-up-rows.ts";
import { reasonMissing, route } from "../route.ts";
import { page, pageOf, text, time, timeOf, whole } from "../schemas.ts";
import { personId } from "./persons.ts";
import { AMOUNTS, movementId, refund, refundId, refundJson, tillId } from "./money-schemas.ts";

const fen = z.int();
const topUpId = z.strictObject({ id: movementId });
const topUp = z
  .object({
    id: z.string(),
    person: z.string().nullable(),
    provider: z.string(),
    amountFen: fen,
    state: z.enum(TOP_UP_STATES).openapi({
      description:
        "`begun`: whether the provider has heard is not known, ask again with the same id; `pending`: may be paid; `paid`: is credited next; `review`: was paid, and somebody has to decide; `credited`, `failed`, `returned`: over. What is paid behind `failed` counts all the same",
    }),
    why: z.string().nullable(),
    pay: z.record(z.string(), z.string()).nullable().openapi({ description: "What the payer's phone needs, as the provider's own program takes it" }),
    paidFen: fen.nullable(),
    providerNumber: z.string().nullable().openapi({ description: "The provider's own number of the payment" }),
    paidAt: time.nullable(),
    begunAt: time,
    endsAt: time.openapi({ description: "May be paid before then" }),
    endedAt: time.nullable(),
    movement: z.string().nullable().openapi({ description: "By which the wallet was credited" }),
  })
  .openapi("ProviderTopUp");
const orNull = (at: number | null): string | null => (at === null ? null : timeOf(at));
const topUpJson = (row: TopUp): z.output<typeof topUp> => ({
  id: row.id,
  person: row.person,
  provider: row.provider,
  amountFen: row.amount_fen,
  state: row.state,
  why: row.why,
  pay: row.pay === null ? null : (JSON.parse(row.pay) as Record<string, string>),
  paidFen: row.paid_fen,
  providerNumber: row.provider_number,
  paidAt: orNull(row.paid_at),
  begunAt: timeOf(row.begun_at),
  endsAt: timeOf(row.ends_at),
  endedAt: orNull(row.ended_at),
  movement: row.state === "credited" ? creditOf(row) : null,
});

const refundTold = async ({ database: { queries } }: Pick<Cloud, "database">, id: string) => {
  const [row] = await listHandBacks(queries, { id, limit: 1 });
  return ok(refundJson(row!));
};

export const topUpRoutes = {
  "POST /v1/wallets/{id}/provider-top-ups": route({
    scope: "wallets:top-up",
    action: "wallet topup begin",
    changes: false,
    summary: "Begin a top-up that a provider takes in; the wallet is credited when the provider says that it was paid (rule 2.13)",
    params: personId,
    body: z
      .strictObject({
        id: movementId,
        amountFen: z.unknown().openapi({ type: "integer", minimum: 1, maximum: 10_000_000, description: "Whole fen", example: 5000 }),
        provider: text(1, 57).openapi({ description: "Its till is `provider/<id>`", example: "sandbox" }),
        text: text(0, 120).default("").openapi({ description: "What the payer reads" }),
        payer: text(1, 128)
          .nullable()
          .default(null)
          .openapi({ description: "Whoever pays, as the provider knows them, such as an open id: handed on, and not kept" }),
      })
      .openapi("ProviderTopUpBegin"),
    example: { id: "phone-7-000123", amountFen: 5000, provider: "sandbox", text: "", payer: null },
    answer: topUp,
    status: 201,
    refusals: [...AMOUNTS, "ProviderUnknown", "PersonUnknown", "MovementIdTaken", "TillUnknown", "TillEnded", "WalletClosed", "BalanceOverLimit"],
    act: async ({ money, note }, { params, body }) => {
      const begun = await money.topUps.begin(note, params.id, body);
      return begun.ok ? ok(topUpJson(begun.value)) : begun;
    },
  }),
  "GET /v1/top-ups": route({
    scope: "wallets:read",
    action: null,
    summary: "Top-ups that providers take in, the newest first",
    query: z.strictObject({
      state: z.enum(TOP_UP_STATES).optional(),
      person: z.string().max(64).optional(),
      after: text(1, 128).optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    answer: pageOf(topUp),
    refusals: ["PersonUnknown"],
    act: async ({ cloud }, { query }) => {
      const { queries } = cloud.database;
      if (query.person !== undefined && (await readWallet(queries, query.person, 0)) === undefined) return refuse("PersonUnknown", query.person);
      return ok(page((await listTopUps(queries, query)).map(topUpJson), query.limit, ({ id }) => id));
    },
  }),
  "GET /v1/top-ups/{id}": route({
    scope: "wallets:read",
    action: null,
    summary: "One of them, as it stands",
    params: topUpId,
    answer: topUp,
    refusals: ["TopUpUnknown"],
    act: async ({ cloud }, { params: { id } }) => {
      const found = await readTopUp(cloud.database.queries, { id });
      return found === undefined ? refuse("TopUpUnknown", id) : ok(topUpJson(found));
    },
  }),
  "POST /v1/top-ups/{id}/look": route({
    scope: "wallets:top-up",
    action: "wallet topup look",
    changes: false,
    summary: "Ask the provider now what became of it, as for somebody who stands there",
    params: topUpId,
    answer: topUp,
    refusals: ["TopUpUnknown"],
    act: async ({ money }, { params }) => {
      const asked = await money.topUps.ask(params.id);
      return asked.ok ? ok(topUpJson(asked.value)) : asked;
    },
  }),
  "POST /v1/top-ups/{id}/decide": route({
    scope: "wallets:review",
    action: "wallet topup decide",
    changes: false,
    summary: "Say what is done with money that was taken in and could not be credited: credit what was paid, or hand it back through the provider",
    params: topUpId,
    body: z.strictObject({ act: z.enum(["credit", "return"]) }).openapi("ProviderTopUpDecision"),
    example: { act: "credit" },
    answer: topUp,
    refusals: ["TopUpUnknown", "TopUpNotInReview", "BalanceOverLimit", "WalletClosed", "TillEnded", "ReasonRequired"],
    act: async (call, { params, body }) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      const decided = await call.money.topUps.decide(call.note, params.id, body.act);
      return decided.ok ? ok(topUpJson(decided.value)) : decided;
    },
  }),
  "GET /v1/provider-refunds": route({
    scope: "wallets:read",
    action: null,
    summary: "What providers hand back through the payments by which it came, the newest first",
    query: z.strictObject({ state: z.enum(["asked", "done", "failed"]).optional(), limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    answer: pageOf(refund),
    refusals: [],
    act: async ({ cloud }, { query: { state, limit } }) => {
      return ok(whole((await listHandBacks(cloud.database.queries, { state, limit })).map(refundJson)));
    },
  }),
  "POST /v1/provider-refunds/{id}/retry": route({
    scope: "wallets:review",
    action: "wallet hand-back retry",
    changes: false,
    summary: "Have a provider asked again for what it has refused to hand back: for it, too, it is the same refund",
    params: refundId,
    answer: refund,
    refusals: ["HandBackUnknown", "HandBackNotRefused", "ReasonRequired"],
    act: async (call, { params: { id } }) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      const asked = await call.money.topUps.refunds.retry(call.note, id);
      return asked.ok ? refundTold(call.cloud, id) : asked;
    },
  }),
  "POST /v1/provider-refunds/{id}/pay-out": route({
    scope: "wallets:review",
    action: "wallet hand-back pay-out",
    changes: false,
    summary: "Say that a cash desk has paid out what a provider has refused to hand back: nobody asks the provider any more, and both tills are booked",
    params: refundId,
    body: z.strictObject({ till: tillId.openapi({ description: "A cash desk" }) }).openapi("HandBackPayOut"),
    example: { till: "cashDesk/office" },
    answer: refund,
    refusals: ["HandBackUnknown", "HandBackNotRefused", "TillUnknown", "TillEnded", "TillNotForThis", "ReasonRequired"],
    act: async (call, { params: { id }, body }) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      const paid = await call.money.topUps.refunds.payOut(call.note, id, body.till);
      return paid.ok ? refundTold(call.cloud, id) : paid;
    },
  }),
};
