import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import type { JudgedTopUp } from "../core/top-ups/judge-payment.ts";
import { TOP_UP_STEPS, type TopUpState, type TopUpStep } from "../core/top-ups/top-up-steps.ts";
import type { Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { TopUpTable } from "../store/top-up-tables.ts";

/** Those that somebody may still pay. */
export const OPEN_STATES = ["begun", "pending"] as const satisfies readonly TopUpState[];

/** A top-up as callers are told of it. */
export interface TopUp extends TopUpTable {
  /** Whose wallet it is; null: nobody's any more. */
  readonly person: string | null;
}

/** By what a provider knows it: chance, so that it says nothing of anybody. */
export const newRef = (cloud: Cloud): string => bytesToHex(cloud.randomBytes(16));
export const digestOf = (text: string): string => bytesToHex(nodeSha256(Buffer.from(text)));

/** The ledger's movement by which it is credited. No caller can choose such an id. */
export const creditOf = ({ id }: Pick<TopUpTable, "id">): string => `${id}:paid`;

export async function readTopUp(
  queries: Queries,
  by: { readonly id: string } | { readonly provider: string; readonly ref: string },
): Promise<TopUp | undefined> {
  let found = queries.selectFrom("top_up").leftJoin("wallet", "wallet.wallet", "top_up.wallet").selectAll("top_up").select("person");
  found = "id" in by ? found.where("id", "=", by.id) : found.where("provider", "=", by.provider).where("ref", "=", by.ref);
  return found.executeTakeFirst();
}

/** Which ones, the newest first. */
export interface TopUpQuery {
  readonly state?: TopUpState | undefined;
  readonly person?: string | undefined;
  /** The id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export async function listTopUps(queries: Queries, { state, person, after, limit }: TopUpQuery): Promise<TopUp[]> {
  let rows = queries.selectFrom("top_up").leftJoin("wallet", "wallet.wallet", "top_up.wallet").selectAll("top_up").select("person").orderBy("begun_at", "desc").orderBy("id", "desc").limit(limit); // prettier-ignore
  if (state !== undefined) rows = rows.where("state", "=", state);
  if (person !== undefined) rows = rows.where("person", "=", person);
  const last = after === undefined ? undefined : await queries.selectFrom("top_up").select(["begun_at", "id"]).where("id", "=", after).executeTakeFirst();
  if (last !== undefined) rows = rows.where((where) => where.or([where("begun_at", "<", last.begun_at), where.and([where("begun_at", "=", last.begun_at), where("id", "<", last.id)])])); // prettier-ignore
  return rows.execute();
}

export const judgedOf = ({ state, amount_fen, ends_at, paid_fen, provider_number }: TopUpTable): JudgedTopUp => ({
  state: state === "begun" || state === "pending" ? "open" : state === "failed" ? "over" : "paid",
  amountFen: amount_fen,
  endsAt: ends_at,
  paid: paid_fen === null ? null : { number: provider_number ?? "", amountFen: paid_fen },
});

/** Takes a step, where it may be taken from where it stands. @returns false: it may not any more */
export async function stepped(
  { queries }: Pick<Mutation, "queries"> | { readonly queries: Queries },
  id: string,
  step: TopUpStep,
  also: Partial<Omit<TopUpTable, "state">>,
): Promise<boolean> {
  const { from, to } = TOP_UP_STEPS[step];
  const { numUpdatedRows } = await queries.updateTable("top_up").set({ ...also, state: to }).where("id", "=", id).where("state", "in", from).executeTakeFirstOrThrow(); // prettier-ignore
  return numUpdatedRows === 1n;
}
