import type { Cloud } from "../cloud.ts";
import { debtAccount, REVIEW } from "../core/ledger/account.ts";
import type { OrderKind } from "../core/ledger/order.ts";
import { keepNotifications, type NewNotification, type NotificationKind } from "../notifications/notification.ts";
import type { LedgerMovementTable } from "../store/ledger-tables.ts";
import { Statement } from "../store/statement.ts";
import { WALLETS } from "./wallets.ts";

/** What callers are told of movements; null: nothing. */
const KIND_OF = {
  topUp: "wallet.topped-up",
  charge: "wallet.charged",
  hold: null,
  post: "wallet.charged",
  void: null,
  expire: "wallet.hold-expired",
  fact: "wallet.charged",
  refund: "wallet.refunded",
  decide: "wallet.review-decided",
  handBack: "wallet.refunded",
  close: "wallet.closed",
  keep: null,
  payOut: null,
} as const satisfies Readonly<Record<OrderKind, NotificationKind | null>>;

/** Movements told in one transaction. */
const TOLD_MAX = 500;
const MARK = new Statement<{ readonly seq: number }>("SELECT seq FROM ledger_told_mark");
const MOVE_MARK = new Statement<{ readonly seq: number }>("UPDATE ledger_told_mark SET seq = ? WHERE seq = ? RETURNING seq");
const UNTOLD = new Statement<LedgerMovementTable>(`SELECT * FROM ledger_movement WHERE seq > ? ORDER BY seq LIMIT ${TOLD_MAX}`);
const DEBITED = new Statement<{ readonly movement: number; readonly debit: string }>(
  "SELECT movement, debit FROM ledger_transfer WHERE movement > ? AND movement <= ?",
);

/**
 * Keeps the notifications of movements that have none yet. A movement stands for itself, so that nobody who pays waits for what others are told of it; each is
 * told once, in the order of the ledger, whoever comes and however often, and whenever a program dies.
 *
 * @returns true where there may be more
 */
export async function tellMovements(cloud: Cloud): Promise<boolean> {
  return cloud.database.transact(async (queries) => {
    const { seq: mark } = (await MARK.row(queries))!;
    const movements = await UNTOLD.rows(queries, mark);
    const last = movements.at(-1)?.seq;
    if (last === undefined) return false;
    if ((await MOVE_MARK.row(queries, last, mark)) === undefined) return true; // another instance tells them
    const debited = new Set((await DEBITED.rows(queries, mark, last)).map(({ movement, debit }) => `${movement} ${debit}`));
    const wallets = await WALLETS.having(queries, "wallet", [...new Set(movements.flatMap(({ wallet }) => wallet ?? []))]);
    // Those of people who were erased are nobody's.
    const owners = new Map(wallets.map(({ wallet, person }) => [wallet, person]));
    const debits =
      ({ seq }: LedgerMovementTable) =>
      (account: string) =>
        debited.has(`${seq} ${account}`);
    await keepNotifications(queries, cloud, movements.flatMap((movement) => notificationsOf(movement, debits(movement), owners))); // prettier-ignore
    return movements.length === TOLD_MAX;
  });
}

/** Beside a movement itself: that somebody owes now, and that a person has to look. @param owners  whose wallets are which, by key */
function notificationsOf(movement: LedgerMovementTable, debits: (account: string) => boolean, owners: ReadonlyMap<string, string>): NewNotification[] {
  const { id, kind, wallet, till, amount_fen, refers_to, at, happened_at, late, balance_fen, debt_fen, said } = movement;
  const person = wallet === null ? null : (owners.get(wallet) ?? null);
  const body = { movement: id, of: refers_to, amountFen: amount_fen, till, happenedAt: happened_at, late: late === 1, balanceFen: balance_fen, debtFen: debt_fen, text: said }; // prettier-ignore
  const of = (told: NotificationKind): NewNotification => ({ kind: told, person, body, at });
  const own = KIND_OF[kind];
  const owes = wallet !== null && debits(debtAccount(wallet));
  return [...(own === null ? [] : [of(own)]), ...(owes ? [of("wallet.owes")] : []), ...(debits(REVIEW) ? [of("wallet.review-opened")] : [])];
}
