import type { ReviewReason } from "../core/ledger/order.ts";
import type { Queries } from "../store/cloud-database.ts";

/** Something that was handed out, and of which nobody has said who pays. */
export interface MoneyReview {
  /** The movement that it is about. */
  readonly id: string;
  readonly why: ReviewReason;
  /** Null: nobody knows, or the person was erased. */
  readonly person: string | null;
  readonly till: string;
  readonly openedAt: number;
  readonly askedFen: number;
  readonly openFen: number;
  readonly origin: string | null;
  readonly credential: string | null;
  readonly decidedBy: string | null;
}

/** @param after  those behind this id. @param isDecided  the others: those that are over */
export async function listReviews(
  queries: Queries,
  { after, limit, isDecided }: { readonly after: string; readonly limit: number; readonly isDecided: boolean },
): Promise<MoneyReview[]> {
  const rows = await queries
    .selectFrom("ledger_review")
    .innerJoin("ledger_movement", "ledger_movement.id", "ledger_review.movement")
    .leftJoin("wallet", "wallet.wallet", "ledger_review.wallet")
    .selectAll("ledger_review")
    .select(["wallet.person as person", "ledger_movement.origin", "ledger_movement.credential"])
    .where("ledger_review.movement", ">", after)
    .where("open_fen", isDecided ? "=" : ">", 0)
    .orderBy("ledger_review.movement")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.movement,
    why: row.why,
    person: row.person,
    till: row.till,
    openedAt: row.opened_at,
    askedFen: row.asked_fen,
    openFen: row.open_fen,
    origin: row.origin,
    credential: row.credential,
    decidedBy: row.decided_by,
  }));
}
