import { z } from "@hono/zod-openapi";
import { ok, type Result } from "@portico/card-protocol";
import { ORDER_KINDS } from "../../core/ledger/order.ts";
import { TILL_ID } from "../../ledger/tills.ts";
import { readStatement } from "../../ledger/statement-lines.ts";
import type { LedgerMovementTable } from "../../store/ledger-tables.ts";
import { type HandBack, handedBackBy } from "../../top-ups/hand-backs.ts";
import { localDate, secondsOf, text, time, timeOf } from "../schemas.ts";

/** The caller's own id of a movement. */
export const movementId = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{8,64}$/, "8 to 64 letters, digits and _ . -")
  .openapi({ description: "The caller's own: the same id with the same body is the same movement, however often it is sent", example: "till-7-000123" });
export const tillId = z.string().regex(TILL_ID, "merchant/<id>, cashDesk/<id> or provider/<id>").openapi({ example: "merchant/north-canteen" });
/** Whatever it is, it is judged by name: AmountNotWhole and so on. */
export const amount = z.unknown().openapi({ type: "integer", minimum: 1, maximum: 10_000_000, description: "Whole fen: ¥12.50 is 1250", example: 1250 });
export const said = text(0, 200).default("").openapi({ description: "What for, as people read it" });
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
const line = movement
  .extend({
    handedBack: z
      .object({ doneFen: fen, underWayFen: fen, refusedFen: fen })
      .nullable()
      .openapi({ description: "Of what goes back through a provider: what has become of it; null: of all else" }),
  })
  .openapi("StatementLine");
export const statement = z.object({
  items: z.array(line),
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
  const back = await handedBackBy(queries, rows.filter(({ kind }) => kind === "handBack" || kind === "close").map(({ id }) => id)); // prettier-ignore
  const items = rows.map((row) => ({ ...movementJson(row), handedBack: back.get(row.id) ?? null }));
  return { items, next: rows.length < limit ? null : String(rows.at(-1)!.seq) };
}

/** Money that a provider hands back. */
export const refundId = z.strictObject({ id: z.string().min(1).max(200) });
/** Money that a provider hands back. */
export const refund = z
  .object({
    id: z.string(),
    provider: z.string(),
    topUp: z.string().nullable(),
    movement: z.string().nullable(),
    amountFen: fen,
    state: z.enum(["asked", "done", "failed"]).openapi({
      description: "`failed`: somebody has to have it asked again, or pay it out at a desk; `done`: it has reached its payer",
    }),
    why: z.string().nullable().openapi({ description: "What the provider says; `NoPaymentKnown`; `PaidTwice`: paid out, and handed back as well" }),
    askedAt: time,
    endedAt: time.nullable(),
    paidOutAt: z.string().nullable().openapi({ description: "The cash desk that has paid it out in the provider's place" }),
    case: z.string().nullable().openapi({ description: "In which somebody looks at it", example: "ZJ-2026-000017" }),
  })
  .openapi("ProviderRefund");

export const refundJson = (row: HandBack): z.output<typeof refund> => ({
  id: row.id,
  provider: row.provider,
  topUp: row.top_up,
  movement: row.movement,
  amountFen: row.amount_fen,
  state: row.state,
  why: row.why,
  askedAt: timeOf(row.asked_at),
  endedAt: row.ended_at === null ? null : timeOf(row.ended_at),
  paidOutAt: row.paid_till,
  case: row.campusCase,
});

/** What an amount is not. */
export const AMOUNTS = ["AmountNotANumber", "AmountNotWhole", "AmountNotPositive", "AmountOverLimit"] as const;
