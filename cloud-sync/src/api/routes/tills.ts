import { z } from "@hono/zod-openapi";
import { ok, type Result } from "@portico/card-protocol";
import { PAYERS, REVIEW_REASONS } from "../../core/ledger/order.ts";
import { refuse, type RefusalName } from "../../core/refusal.ts";
import { checkLedger } from "../../ledger/check-ledger.ts";
import { exposureOf } from "../../ledger/exposure.ts";
import { listReviews } from "../../ledger/reviews.ts";
import { closedDays, closeDay, endTill, listTills, putTill, readTill, type Till, TILL_KINDS } from "../../ledger/tills.ts";
import type { Changed } from "../../mutation.ts";
import type { LedgerDayTable } from "../../store/ledger-tables.ts";
import { AUDIENCES } from "../../core/audience.ts";
import { reasonMissing, route } from "../route.ts";
import { localDate, names, page, pageOf, text, time, timeOf, whole } from "../schemas.ts";
import { movement, movementId, statement, statementOf, statementQuery, tillId, told } from "./money-schemas.ts";

const fen = z.int();
const terminal = text(1, 64).openapi({ example: "canteen-1" });
const till = z
  .object({
    id: tillId,
    kind: z.enum(TILL_KINDS),
    names,
    terminals: z.array(terminal).openapi({ description: "Terminals at which it is paid; an id stands for one till of the site" }),
    balanceFen: fen.openapi({ description: "What the campus owes it; below nothing: what it holds of the campus's" }),
    closedThrough: localDate.nullable().openapi({ description: "The last day that is closed" }),
    endedAt: time.nullable(),
  })
  .openapi("Till");
const day = z
  .object({
    till: tillId,
    day: localDate,
    after: localDate.nullable().openapi({ description: "The day that was closed before: everything behind it up to `day` is in here" }),
    movements: fen,
    lateMovements: fen.openapi({ description: "Of these: those that came later than they happened" }),
    debitsFen: fen,
    creditsFen: fen,
    netFen: fen.openapi({ description: "What it is owed more; below nothing: less" }),
    closedAt: time,
    closedBy: z.string(),
  })
  .openapi("ClosedDay");
const review = z
  .object({
    id: z.string().openapi({ description: "The movement that it is about" }),
    why: z.enum(REVIEW_REASONS),
    person: z.string().nullable(),
    till: tillId,
    openedAt: time,
    askedFen: fen,
    openFen: fen.openapi({ description: "What nobody pays yet" }),
    origin: z.string().nullable(),
    credential: z.string().nullable(),
    decidedBy: z.string().nullable().openapi({ description: "The movement that decided it" }),
  })
  .openapi("MoneyReview");
const tillParams = z.strictObject({ id: tillId });

const tillJson = ({ endedAt, terminals, ...rest }: Till): z.output<typeof till> => ({
  ...rest,
  terminals: [...terminals],
  endedAt: endedAt === null ? null : timeOf(endedAt),
});
const dayJson = (row: LedgerDayTable): z.output<typeof day> => ({
  till: row.account,
  day: row.day,
  after: row.after_day === "" ? null : row.after_day,
  movements: row.movements,
  lateMovements: row.late,
  debitsFen: row.debits,
  creditsFen: row.credits,
  netFen: row.credits - row.debits,
  closedAt: timeOf(row.closed_at),
  closedBy: row.closed_by,
});
const valueOf = <T, Json, E extends RefusalName>(result: Result<Changed<T>, E>, json: (value: T) => Json): Result<Json, E> =>
  result.ok ? ok(json(result.value.value)) : result;

const DECIDE = ["MovementIdTaken", "MoneyReviewUnknown", "MoneyReviewDecided", "WalletClosed"] as const;

export const tillRoutes = {
  "GET /v1/tills": route({
    scope: "tills:read",
    action: null,
    summary: "Merchants, cash desks and providers, and what the campus owes each",
    answer: pageOf(till),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listTills(cloud.database.queries)).map(tillJson))),
  }),
  "GET /v1/tills/{id}": route({
    scope: "tills:read",
    action: null,
    summary: "One of them",
    params: tillParams,
    answer: till,
    refusals: ["TillUnknown"],
    act: async ({ cloud }, { params }) => {
      const found = await readTill(cloud.database.queries, params.id);
      return found === undefined ? refuse("TillUnknown", params.id) : ok(tillJson(found));
    },
  }),
  "PUT /v1/tills/{id}": route({
    scope: "tills:write",
    action: "till put",
    changes: false,
    summary: "Make or change a merchant, cash desk or provider: its names, and the terminals at which it is paid",
    params: tillParams,
    body: z.strictObject({ names, terminals: z.array(terminal).max(1000) }).openapi("TillContent"),
    example: { names: { zh: "北食堂", en: "North canteen" }, terminals: ["canteen-1"] },
    answer: till,
    refusals: ["TerminalTaken"],
    act: async ({ cloud, note }, { params, body }) => valueOf(await putTill(cloud, note, { id: params.id, ...body }), tillJson),
  }),
  "POST /v1/tills/{id}/end": route({
    scope: "tills:write",
    action: "till end",
    changes: false,
    summary: "It takes nothing new; what has happened there is booked all the same",
    params: tillParams,
    answer: till,
    refusals: ["TillUnknown", "ReasonRequired"],
    act: async (call, { params }) => reasonMissing(call) ?? valueOf(await endTill(call.cloud, call.note, params.id), tillJson),
  }),
  "GET /v1/tills/{id}/statement": route({
    scope: "tills:read",
    action: null,
    summary: "Everything that was booked there, the newest entry first",
    params: tillParams,
    query: statementQuery,
    answer: statement,
    refusals: ["TillUnknown"],
    act: async ({ cloud }, { params, query }) => {
      const { queries } = cloud.database;
      if ((await readTill(queries, params.id)) === undefined) return refuse("TillUnknown", params.id);
      return ok(await statementOf(queries, { till: params.id }, query));
    },
  }),
  "GET /v1/tills/{id}/days": route({
    scope: "tills:read",
    action: null,
    summary: "Days that are closed, the newest first: their totals never change",
    params: tillParams,
    query: z.strictObject({ after: localDate.optional(), limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    answer: pageOf(day),
    refusals: ["TillUnknown"],
    act: async ({ cloud }, { params, query: { after, limit } }) => {
      const { queries } = cloud.database;
      if ((await readTill(queries, params.id)) === undefined) return refuse("TillUnknown", params.id);
      return ok(page((await closedDays(queries, params.id, after, limit)).map(dayJson), limit, (each) => each.day));
    },
  }),
  "POST /v1/tills/{id}/days/{day}/close": route({
    scope: "tills:write",
    action: "till close-day",
    changes: false,
    summary: "Close a day that is over, and those before it: what comes late is booked on the next, and says so",
    params: z.strictObject({ id: tillId, day: localDate }),
    answer: day,
    refusals: ["TillUnknown", "DayNotOver", "DayClosed"],
    act: async ({ cloud, note }, { params }) => valueOf(await closeDay(cloud, note, params.id, params.day), dayJson),
  }),
  "GET /v1/money-reviews": route({
    scope: "wallets:review",
    action: null,
    summary: "What was handed out and nobody pays yet, the oldest first",
    query: z.strictObject({ after: z.string().max(80).optional(), limit: z.coerce.number().int().min(1).max(1000).default(100), decided: z.enum(["true", "false"]).default("false") }), // prettier-ignore
    answer: pageOf(review),
    refusals: [],
    act: async ({ cloud }, { query: { after, limit, decided } }) => {
      const items = await listReviews(cloud.database.queries, { after: after ?? "", limit, isDecided: decided === "true" });
      return ok(page(items.map((each) => ({ ...each, openedAt: timeOf(each.openedAt) })), limit, ({ id }) => id)); // prettier-ignore
    },
  }),
  "POST /v1/money-reviews/{id}/decide": route({
    scope: "wallets:review",
    action: "wallet review-decide",
    changes: false,
    summary: "Say who pays: the holder (balance, then debt without a limit), the campus, or the merchant",
    params: z.strictObject({ id: z.string().min(1).max(80) }),
    body: z.strictObject({ id: movementId, payer: z.enum(PAYERS), text: text(0, 200).default("") }).openapi("MoneyDecision"),
    example: { id: "decision-000123", payer: "campus", text: "" },
    answer: movement,
    status: 201,
    refusals: [...DECIDE, "ReasonRequired"],
    act: async (call, { params, body }) => reasonMissing(call) ?? told(await call.money.decide(call.note, params.id, body.payer, body), DECIDE),
  }),
  "GET /v1/exposure": route({
    scope: "wallets:read",
    action: null,
    summary: "What could be paid at terminals that cannot ask, at most, by audience: the limits of the signed list times the terminals",
    answer: z
      .object({
        terminals: fen.openapi({ description: "Access points at which somebody may pay" }),
        audiences: z.array(
          z.object({ audience: z.enum(AUDIENCES), people: fen, perPaymentFen: fen, totalFen: fen, count: fen, perHolderFen: fen, allFen: fen }),
        ),
        allFen: fen,
      })
      .openapi("Exposure"),
    refusals: [],
    act: async ({ cloud, money }) => ok(await exposureOf(cloud.database.queries, money.terms.offline, Math.floor(cloud.nowMs() / 1000))),
  }),
  "GET /v1/ledger/check": route({
    scope: "tills:read",
    action: null,
    summary: "Adds up the whole ledger anew: every account is the sum of its transfers, debits are credits, nobody is overdrawn",
    answer: z.object({ accounts: fen, movements: fen, broken: z.array(z.string()).openapi({ description: "Empty: it holds" }) }).openapi("LedgerCheck"),
    refusals: [],
    act: async ({ cloud }) => ok(await checkLedger(cloud.database)),
  }),
};
