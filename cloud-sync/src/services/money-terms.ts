import * as z from "zod";
import { AUDIENCES } from "../core/audience.ts";

const fen = z.int().min(0).max(10_000_000);
const seconds = z.int().min(0).max(31_536_000);

/** What somebody may pay at each terminal that cannot ask: it stands in the signed list. Amounts are of what nobody has acknowledged yet. */
const offline = z.strictObject({ audience: z.enum(AUDIENCES), perPaymentFen: fen, totalFen: fen, count: z.int().min(0).max(65_535) });

/** By what wallets go: data, as all that a campus decides for itself. Each value is the campus's own: the guide gives none. */
export const moneyTerms = z.strictObject({
  /** A wallet holds no more by top-up. */
  balanceFenMax: z.int().min(1).max(1_000_000_000),
  /** What a payment that has happened may leave somebody owing; beyond it a person looks. */
  debtFenMax: fen,
  /** What comes so much later than it happened is marked late (rule 2.17). */
  lateAfterS: seconds,
  /** The day of a till is closed so long behind midnight: what comes by then is booked on the day on which it happened. */
  dayClosesAfterS: z.int().min(0).max(43_200),
  /** What a printer holds is free again so long after. */
  printHoldS: z.int().min(3_600).max(31_536_000),
  /** A payment at a terminal waits so long for its event in the log; then a person looks. */
  evidenceWithinS: z.int().min(60).max(2_592_000),
  /** Whoever belongs to several audiences may what the first of them says. Whoever belongs to none may what the terminal itself says. */
  offline: z.array(offline),
});
export type MoneyTerms = z.output<typeof moneyTerms>;
export type OfflineTerms = z.output<typeof offline>;
