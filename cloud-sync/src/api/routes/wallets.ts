import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { refuse } from "../../core/refusal.ts";
import { readWallet } from "../../ledger/wallets.ts";
import { listHandBacks } from "../../top-ups/hand-backs.ts";
import { reasonMissing, route } from "../route.ts";
import { secondsOf, time, timeOf } from "../schemas.ts";
import { amount, AMOUNTS, movement, movementId, movementJson, refund, refundJson, said, statement, statementOf, statementQuery, tillId, told } from "./money-schemas.ts"; // prettier-ignore
import { personId } from "./persons.ts";

const fen = z.int();
const hold = z.object({ movement: z.string(), till: z.string(), amountFen: fen, expiresAt: time.nullable() });
const wallet = z
  .object({
    person: z.string(),
    state: z.enum(["none", "open", "blocked", "closed"]).openapi({
      description: "`none`: nothing was ever moved; `blocked`: owes as much as may be owed, and pays nothing where the balance cannot be asked",
    }),
    balanceFen: fen,
    heldFen: fen,
    availableFen: fen.openapi({ description: "Balance less what is held" }),
    debtFen: fen,
    holds: z.array(hold),
    handBacks: z
      .array(refund)
      .openapi({ description: "Money on its way back through a provider, or that the provider refuses to hand back, the newest first" }),
  })
  .openapi("Wallet");

const ORDERED = [...AMOUNTS, "PersonUnknown", "MovementIdTaken", "TillUnknown", "TillEnded", "TillNotForThis", "WalletClosed"] as const;
const TOP_UP = [...ORDERED, "BalanceOverLimit"] as const;
const CHARGE = [...ORDERED, "InsufficientFunds", "TimeAhead"] as const;
const HOLD = [...ORDERED, "InsufficientFunds", "HoldEndsBeforeItBegins"] as const;
const CLOSE = [
  "PersonUnknown",
  "MovementIdTaken",
  "TillUnknown",
  "TillEnded",
  "TillNotForThis",
  "WalletClosed",
  "DebtOutstanding",
  "HoldsOpen",
  "ReviewsOpen",
] as const;
const POST = [...AMOUNTS, "MovementIdTaken", "HoldUnknown", "HoldOver"] as const;
const VOID = ["MovementIdTaken", "HoldUnknown", "HoldOver"] as const;
const REFUND = [...AMOUNTS, "MovementIdTaken", "MovementUnknown", "NotRefundable", "RefundOverCharge", "WalletClosed"] as const;
const EXAMPLE = { id: "till-7-000123", amountFen: 1250, till: "merchant/north-canteen", text: "" };
const asked = { id: movementId, amountFen: amount, till: tillId, text: said };
const ofMovement = z.strictObject({ id: movementId });

export const walletRoutes = {
  "GET /v1/wallets/{id}": route({
    scope: "wallets:read",
    action: null,
    summary: "What somebody has, what is held of it, and what they owe (rule 2.13)",
    params: personId,
    answer: wallet,
    refusals: ["PersonUnknown"],
    act: async ({ cloud }, { params }) => {
      const found = await readWallet(cloud.database.queries, params.id, Math.floor(cloud.nowMs() / 1000));
      if (found === undefined) return refuse("PersonUnknown", params.id);
      const handBacks = await listHandBacks(cloud.database.queries, { person: params.id, isOpen: true, limit: 100 });
      return ok({
        ...found,
        handBacks: handBacks.map(refundJson),
        holds: found.holds.map((each) => ({ ...each, expiresAt: each.expiresAt === null ? null : timeOf(each.expiresAt) })),
      });
    },
  }),
  "GET /v1/wallets/{id}/statement": route({
    scope: "wallets:read",
    action: null,
    summary: "Consumption records, the newest entry first; what came late is marked (rule 2.17)",
    params: personId,
    query: statementQuery,
    answer: statement,
    refusals: ["PersonUnknown"],
    act: async ({ cloud }, { params, query }) => {
      const { queries } = cloud.database;
      if ((await readWallet(queries, params.id, 0)) === undefined) return refuse("PersonUnknown", params.id);
      return ok(await statementOf(queries, { person: params.id }, query));
    },
  }),
  "POST /v1/wallets/{id}/top-ups": route({
    scope: "wallets:top-up",
    action: "wallet topup",
    changes: false,
    summary: "Credit a wallet with what a cash desk or a provider has taken in; debts are paid first (rule 2.13)",
    params: personId,
    body: z.strictObject(asked).openapi("TopUp"),
    example: { ...EXAMPLE, till: "cashDesk/office" },
    answer: movement,
    status: 201,
    refusals: TOP_UP,
    act: async ({ money, note }, { params, body }) => told(await money.topUp(note, params.id, body.till, body), TOP_UP),
  }),
  "POST /v1/wallets/{id}/charges": route({
    scope: "wallets:write",
    action: "wallet charge",
    changes: false,
    summary: "Take a payment from a wallet; refused where the balance does not cover it (rule 2.10)",
    params: personId,
    body: z.strictObject({ ...asked, happenedAt: time.nullable().default(null).openapi({ description: "Null: now" }) }).openapi("Charge"),
    example: EXAMPLE,
    answer: movement,
    status: 201,
    refusals: CHARGE,
    act: async ({ money, note }, { params, body }) => {
      const happenedAt = body.happenedAt === null ? null : secondsOf(body.happenedAt, 0);
      return told(await money.charge(note, params.id, body.till, body, happenedAt), CHARGE);
    },
  }),
  "POST /v1/wallets/{id}/holds": route({
    scope: "wallets:write",
    action: "wallet hold",
    changes: false,
    summary: "Hold an amount for what is about to be sold; it is free again when its time is over",
    params: personId,
    body: z.strictObject({ ...asked, expiresAt: time.nullable().openapi({ description: "Null: until it is taken or given back" }) }).openapi("Hold"),
    example: { ...EXAMPLE, expiresAt: "2026-09-01T09:00:00Z" },
    answer: movement,
    status: 201,
    refusals: HOLD,
    act: async ({ money, note }, { params, body }) => {
      const expiresAt = body.expiresAt === null ? null : secondsOf(body.expiresAt, 0);
      return told(await money.hold(note, params.id, body.till, body, expiresAt), HOLD);
    },
  }),
  "POST /v1/wallets/{id}/close": route({
    scope: "wallets:write",
    action: "wallet close",
    changes: false,
    summary: "Close a wallet: debts first, then the balance goes back to where it came from, the newest top-up first",
    params: personId,
    body: z
      .strictObject({ id: movementId, till: tillId.openapi({ description: "The cash desk that hands back what no till has taken in" }), text: said })
      .openapi("WalletClosing"),
    example: { id: "closing-000123", till: "cashDesk/office", text: "" },
    answer: movement,
    refusals: [...CLOSE, "ReasonRequired"],
    act: async (call, { params, body }) => reasonMissing(call) ?? told(await call.money.close(call.note, params.id, body.till, body), CLOSE),
  }),
  "GET /v1/movements/{id}": route({
    scope: "wallets:read",
    action: null,
    summary: "One movement of money",
    params: z.strictObject({ id: z.string().min(1).max(80) }),
    answer: movement,
    refusals: ["MovementUnknown"],
    act: async ({ cloud }, { params: { id } }) => {
      const row = await cloud.database.queries.selectFrom("ledger_movement").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? refuse("MovementUnknown", id) : ok(movementJson(row));
    },
  }),
  "POST /v1/movements/{id}/post": route({
    scope: "wallets:write",
    action: "wallet post",
    changes: false,
    summary: "Take what was sold of a hold, and give back the rest; beyond the hold it is a fact, and never refused",
    params: ofMovement,
    body: z.strictObject({ id: movementId, amountFen: amount, text: said }).openapi("HoldPost"),
    example: { id: "till-7-000124", amountFen: 300, text: "" },
    answer: movement,
    status: 201,
    refusals: POST,
    act: async ({ money, note }, { params, body }) => told(await money.post(note, params.id, body), POST),
  }),
  "POST /v1/movements/{id}/void": route({
    scope: "wallets:write",
    action: "wallet void",
    changes: false,
    summary: "Give all of a hold back",
    params: ofMovement,
    body: z.strictObject({ id: movementId, text: said }).openapi("HoldVoid"),
    example: { id: "till-7-000125", text: "" },
    answer: movement,
    status: 201,
    refusals: VOID,
    act: async ({ money, note }, { params, body }) => told(await money.void(note, params.id, body), VOID),
  }),
  "POST /v1/movements/{id}/refund": route({
    scope: "wallets:refund",
    action: "wallet refund",
    changes: false,
    summary: "Take a payment back, all of it where no amount is named: what was owed for it first, then to the wallet",
    params: ofMovement,
    body: z.strictObject({ id: movementId, amountFen: amount, text: said }).openapi("Refund"),
    example: { id: "till-7-000126", amountFen: null, text: "soup was cold" },
    answer: movement,
    status: 201,
    refusals: [...REFUND, "ReasonRequired"],
    act: async (call, { params, body }) => reasonMissing(call) ?? told(await call.money.refund(call.note, params.id, body), REFUND),
  }),
};
