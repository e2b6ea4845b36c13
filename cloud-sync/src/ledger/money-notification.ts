import type { NewNotification, NotificationKind } from "../notifications/notification.ts";
import type { OrderKind } from "../core/ledger/order.ts";
import { debtAccount, REVIEW } from "../core/ledger/account.ts";
import type { Entry } from "./books.ts";

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

/** What callers are told of a movement: beside itself, that somebody owes now, and that a person has to look. @param owners  whose wallets are which, by key */
export function notificationOfMovement({ movement, transfers }: Entry, owners: ReadonlyMap<string, string>): NewNotification[] {
  const { id, kind, wallet, till, amount_fen, refers_to, happened_at, late, balance_fen, debt_fen, said } = movement;
  const person = wallet === null ? null : (owners.get(wallet) ?? null);
  const body = { movement: id, of: refers_to, amountFen: amount_fen, till, happenedAt: happened_at, late: late === 1, balanceFen: balance_fen, debtFen: debt_fen, text: said }; // prettier-ignore
  const of = (told: NotificationKind): NewNotification => ({ kind: told, person, body });
  const own = KIND_OF[kind];
  const owes = wallet !== null && transfers.some(({ debit }) => debit === debtAccount(wallet));
  const isLookedAt = transfers.some(({ debit }) => debit === REVIEW);
  return [...(own === null ? [] : [of(own)]), ...(owes ? [of("wallet.owes")] : []), ...(isLookedAt ? [of("wallet.review-opened")] : [])];
}
