import { readWallet } from "../ledger/wallets.ts";
import type { Queries } from "../store/cloud-database.ts";

/** Something that has to be settled before a person can be erased, and how: a text without the person's name. Undefined: nothing. */
export type Obligation = (queries: Queries, person: string, now: number) => Promise<string | undefined>;

/** Whom the person vouches for. */
const family: Obligation = async (queries, person, now) => {
  const row = await queries.selectFrom("person_audience").select("person").where("sponsor", "=", person).where("valid_until", ">", now).executeTakeFirst();
  return row && `vouches for person ${row.person}: end that audience first, or name another sponsor`;
};

/** A reservation, visit or case that is not over: what it opens goes with it, and it is not ours to end here. */
const openSource: Obligation = async (queries, person, now) => {
  const row = await queries
    .selectFrom("access_grant")
    .select(["source_kind", "source"])
    .where("subject_kind", "=", "person")
    .where("subject", "=", person)
    .where("source_kind", "in", ["reservation", "visit", "case"])
    .where("valid_until", ">", now)
    .orderBy("id")
    .executeTakeFirst();
  return row && `${row.source_kind} ${row.source} is not over: end it first`;
};

/** A card that was lent at a desk and is not back: it would open doors for nobody. */
const lentCard: Obligation = async (queries, person) => {
  const row = await queries
    .selectFrom("lent_card")
    .select(["credential", "desk"])
    .where("person", "=", person)
    .where("returned_at", "is", null)
    .executeTakeFirst();
  return row && `card ${row.credential}, lent at ${row.desk}, is not back: take it back first`;
};

/** Money that is not settled: with the person goes the link to it. */
const money: Obligation = async (queries, person, now) => {
  const wallet = await readWallet(queries, person, now);
  if (wallet === undefined) return undefined;
  const { balanceFen, heldFen, debtFen } = wallet;
  if (balanceFen + heldFen + debtFen > 0) return `has ${balanceFen} fen, ${heldFen} of it held, and owes ${debtFen}: close the wallet first`;
  const review = await queries
    .selectFrom("ledger_review")
    .innerJoin("wallet", "wallet.wallet", "ledger_review.wallet")
    .select("movement")
    .where("person", "=", person)
    .where("open_fen", ">", 0)
    .executeTakeFirst();
  return review && `nobody has said who pays movement ${review.movement}: decide it first`;
};

/** A payment to a provider that may still come, or that somebody has to decide about. */
const topUp: Obligation = async (queries, person) => {
  const states = ["begun", "pending", "paid", "review"] as const;
  const row = await queries.selectFrom("top_up").innerJoin("wallet", "wallet.wallet", "top_up.wallet").select("top_up.id").where("person", "=", person).where("state", "in", states).executeTakeFirst(); // prettier-ignore
  return row && `top-up ${row.id} is not over: wait for its end, or decide it first`;
};

/** Money that is on its way back, or that a provider has refused to hand back. */
const handBack: Obligation = async (queries, person) => {
  const row = await queries.selectFrom("provider_refund").innerJoin("wallet", "wallet.wallet", "provider_refund.wallet").select("provider_refund.id").where("person", "=", person).where("state", "<>", "done").executeTakeFirst(); // prettier-ignore
  return row && `refund ${row.id} has not reached its payer: wait for it, or pay it out at a desk`;
};

/** All of them, in the order in which they are told. */
const OBLIGATIONS: readonly Obligation[] = [family, openSource, lentCard, money, topUp, handBack];

/** Everything that stands against erasing a person. */
export async function obligationsOf(queries: Queries, person: string, now: number): Promise<string[]> {
  const found: string[] = [];
  for (const obligation of OBLIGATIONS) {
    const text = await obligation(queries, person, now);
    if (text !== undefined) found.push(text);
  }
  return found;
}
