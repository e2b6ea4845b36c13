import type { Step } from "../migration-step.ts";

const SUMS = "debits_pending, debits_posted, credits_pending, credits_posted";
const TOLD = "id, seq, at, kind, person, webhook, body";

/**
 * What a payment writes, in fewer places: each table and each index is a page of its own that a commit waits for. Transfers lie by movement and leg and are found
 * by nothing else; what ends a hold names the movement that holds. Notifications are found by their number, and before they have one by their order.
 */
export const leanPayments: Step = ({ int, ordered, end, keyedEnd, appendOnly, refusesInsert }) => [
  `CREATE TABLE lean_transfer (
    movement ${int} NOT NULL REFERENCES ledger_movement (seq), leg ${int} NOT NULL CHECK (leg > 0), debit TEXT NOT NULL, credit TEXT NOT NULL,
    amount_fen ${int} NOT NULL CHECK (amount_fen > 0), flag TEXT NOT NULL CHECK (flag IN ('posted', 'pending', 'post', 'void', 'expire')),
    ends ${int} REFERENCES ledger_movement (seq), expires_at ${int}, day TEXT NOT NULL,
    PRIMARY KEY (movement, leg), CHECK (debit <> credit), CHECK ((ends IS NULL) = (flag IN ('posted', 'pending')))
  ) ${keyedEnd}`,
  `INSERT INTO lean_transfer (movement, leg, debit, credit, amount_fen, flag, ends, expires_at, day)
    SELECT transfer.movement, CAST(SUBSTR(transfer.id, LENGTH(movement.id) + 2) AS ${int}), transfer.debit, transfer.credit, transfer.amount_fen, transfer.flag,
      (SELECT held.movement FROM ledger_transfer AS held WHERE held.id = transfer.pending_id), transfer.expires_at, transfer.day
    FROM ledger_transfer AS transfer JOIN ledger_movement AS movement ON movement.seq = transfer.movement`,
  "DROP TABLE ledger_transfer",
  "ALTER TABLE lean_transfer RENAME TO ledger_transfer",
  // No hold ends twice, and none is begun twice by one movement.
  "CREATE UNIQUE INDEX ledger_transfer_ending ON ledger_transfer (ends) WHERE ends IS NOT NULL",
  "CREATE UNIQUE INDEX ledger_transfer_pending ON ledger_transfer (movement) WHERE flag = 'pending'",
  `CREATE TABLE lean_account (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('wallet', 'debt', 'merchant', 'cashDesk', 'provider', 'review', 'campusLoss')),
    debits_pending ${int} NOT NULL CHECK (debits_pending >= 0), debits_posted ${int} NOT NULL CHECK (debits_posted >= 0),
    credits_pending ${int} NOT NULL CHECK (credits_pending >= 0), credits_posted ${int} NOT NULL CHECK (credits_posted >= 0),
    closed ${int} NOT NULL CHECK (closed IN (0, 1)), closed_through TEXT NOT NULL,
    CHECK (kind <> 'wallet' OR debits_pending + debits_posted <= credits_posted),
    CHECK (kind NOT IN ('debt', 'review') OR credits_pending + credits_posted <= debits_posted)
  ) ${keyedEnd}`,
  `INSERT INTO lean_account (id, kind, ${SUMS}, closed, closed_through) SELECT id, kind, ${SUMS}, closed, closed_through FROM ledger_account`,
  "DROP TABLE ledger_account",
  "ALTER TABLE lean_account RENAME TO ledger_account",
  ...appendOnly("ledger_transfer"),
  ...refusesInsert("ledger_transfer", "day_closed", "EXISTS (SELECT 1 FROM ledger_account WHERE id IN (NEW.debit, NEW.credit) AND closed_through >= NEW.day)"),
  `CREATE TABLE lean_notification (nth ${ordered}, id TEXT NOT NULL, seq ${int}, at ${int} NOT NULL, kind TEXT NOT NULL, person TEXT, webhook TEXT, body TEXT NOT NULL) ${end}`,
  `INSERT INTO lean_notification (${TOLD}) SELECT ${TOLD} FROM notification ORDER BY nth`,
  "DROP TABLE notification",
  "ALTER TABLE lean_notification RENAME TO notification",
  "CREATE UNIQUE INDEX notification_by_number ON notification (seq) WHERE seq IS NOT NULL",
  "CREATE INDEX notification_waiting ON notification (nth) WHERE seq IS NULL",
  // Anybody may try to log in: what was told of that lately is looked for each time.
  "CREATE INDEX notification_of_log_ins ON notification (at) WHERE kind = 'operator.log-in-refused'",
];
