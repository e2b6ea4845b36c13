import { z } from "@hono/zod-openapi";
import { ok, type Result } from "@portico/card-protocol";
import { ORDER_KINDS } from "../../core/ledger/order.ts";
import { refuse } from "../../core/refusal.ts";
import { TILL_ID } from "../../ledger/tills.ts";
import { readStatement, readWallet } from "../../ledger/wallets.ts";
import type { LedgerMovementTable } from "../../store/ledger-tables.ts";
import { reasonMissing, route } from "../route.ts";
import { localDate, secondsOf, text, time, timeOf } from "../schemas.ts";
import { personId } from "./persons.ts";

/** The caller's own id of a movement. */
export const movementId = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{8,64}$/, "8 to 64 letters, digits and _ . -")
  .openapi({ description: "The caller's own: the same id with the same body is the same movement, however often it is sent", example: "till-7-000123" });
export const tillId = z.string().regex(TILL_ID, "merchant/<id>, cashDesk/<id> or provider/<id>").openapi({ example: "merchant/north-canteen" });
/** Whatever it is, it is judged by name: AmountNotWhole and so on. */
const amount = z.unknown().openapi({ type: "integer", minimum: 1, maximum: 10_000_000, description: "Whole fen: ¥12.50 is 1250", example: 1250 });
const said = text(0, 200).default("").openapi({ description: "What for, as people read it" });
const fen = z.int();

/** A movement as it stands in the ledger. */
export const movement = z
  .object({
    id: z.string(),
    number: fen.openapi({ description: "In the one order of all movements" }),
    kind: z.enum(ORDER_KINDS),
    amountFen: fen,
    netFen: fen.nullable().openapi({ description: "What it adds to the wallet's balance less its debt" }),
    balanceFen: fen.nullable().openapi({ description: "Of the wallet behind it, held amounts aside" }),
    debtFen: fen.nullable(),
    till: z.string().nullable(),
    of: z.string().nullable().openapi({ description: "The movement that it takes back, ends or decides" }),
    at: time.openapi({ description: "When it was entered" }),
    happenedAt: time,
    late: z.boolean().openapi({ description: "It came later than it happened (rule 2.17)" }),
    day: localDate.openapi({ description: "The day of the campus on which it is booked" }),
    text: z.string(),
    by: z.string(),
    origin: z.string().nullable().openapi({ description: "`<controller>/<terminal>`" }),
    credential: z.string().nullable(),
  })
  .openapi("Movement");
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
  })
  .openapi("Wallet");

export const movementJson = (row: LedgerMovementTable): z.output<typeof movement> => ({
  id: row.id,
  number: row.seq,
  kind: row.kind,
  amountFen: row.amount_fen,
  netFen: row.net_fen,
  balanceFen: row.balance_fen,
  debtFen: row.debt_fen,
  till: row.till,
  of: row.refers_to,
  at: timeOf(row.at),
  happenedAt: timeOf(row.happened_at),
  late: row.late === 1,
  day: row.day,
  text: row.said,
  by: row.acted_by,
  origin: row.origin,
  credential: row.credential,
});

/** Tells a movement that stands, or the refusal: one of those that the route names, or it is a mistake of ours. */
export function told<const E extends string>(result: Result<LedgerMovementTable, string>, refusals: readonly E[]): Result<z.output<typeof movement>, E> {
  if (result.ok) return ok(movementJson(result.value));
  const known = refusals.find((each) => each === result.error);
  if (known === undefined) throw new Error(`${result.error} is not expected here`);
  return { ...result, error: known };
}

/** The newest first. */
export const statementQuery = z
  .strictObject({
    after: z
      .string()
      .regex(/^\d{1,15}$/, "`next` of the page before")
      .optional()
      .openapi({ description: "`next` of the page before" }),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    from: time.optional(),
    until: time.optional(),
  })
  .refine(({ from, until }) => from === undefined || until === undefined || secondsOf(from, 0) < secondsOf(until, 0), {
    path: ["until"],
    message: "not behind from",
  });
export const statement = z.object({
  items: z.array(movement),
  next: z.string().nullable().openapi({ description: "`after` of the next page; null: this was the last" }),
});
export async function statementOf(
  queries: Parameters<typeof readStatement>[0],
  of: Parameters<typeof readStatement>[1],
  { after, limit, from, until }: z.output<typeof statementQuery>,
): Promise<z.output<typeof statement>> {
  const before = after === undefined ? undefined : Number(after);
  const seconds = (instant: string | undefined): number | undefined => (instant === undefined ? undefined : secondsOf(instant, 0));
  const rows = await readStatement(queries, of, { before, limit, from: seconds(from), until: seconds(until) });
  return { items: rows.map(movementJson), next: rows.length < limit ? null : String(rows.at(-1)!.seq) };
}

export const AMOUNTS = ["AmountNotANumber", "AmountNotWhole", "AmountNotPositive", "AmountOverLimit"] as const;
const ORDERED = [...AMOUNTS, "PersonUnknown", "MovementIdTaken", "TillUnknown", "TillEnded", "WalletClosed"] as const;
const TOP_UP = [...ORDERED, "BalanceOverLimit"] as const;
const CHARGE = [...ORDERED, "InsufficientFunds", "TimeAhead"] as const;
const HOLD = [...ORDERED, "InsufficientFunds", "HoldEndsBeforeItBegins"] as const;
const CLOSE = ["PersonUnknown", "MovementIdTaken", "TillUnknown", "TillEnded", "WalletClosed", "DebtOutstanding", "HoldsOpen", "ReviewsOpen"] as const;
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
      return ok({ ...found, holds: found.holds.map((each) => ({ ...each, expiresAt: each.expiresAt === null ? null : timeOf(each.expiresAt) })) });
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
      .strictObject({ id: movementId, till: tillId.openapi({ description: "Hands back what no till has taken in" }), text: said })
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
