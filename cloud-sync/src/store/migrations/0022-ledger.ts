import type { Step } from "../migration-step.ts";

/** The ledger: accounts and their sums, movements and their transfers, what is held, what waits for a person, days that are closed; whose wallet is which, and who is paid where. */
export const ledger: Step = ({ int, end, appendOnly, refusesInsert }) => [
  // Who writes holds this row: all transfers of a campus stand in one order.
  `CREATE TABLE ledger_head (one_row ${int} PRIMARY KEY CHECK (one_row = 1), seq ${int} NOT NULL, at ${int} NOT NULL) ${end}`,
  "INSERT INTO ledger_head (one_row, seq, at) VALUES (1, 0, 0)",
  `CREATE TABLE ledger_account (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('wallet', 'debt', 'merchant', 'cashDesk', 'provider', 'review', 'campusLoss')),
    debits_pending ${int} NOT NULL CHECK (debits_pending >= 0), debits_posted ${int} NOT NULL CHECK (debits_posted >= 0),
    credits_pending ${int} NOT NULL CHECK (credits_pending >= 0), credits_posted ${int} NOT NULL CHECK (credits_posted >= 0),
    closed ${int} NOT NULL CHECK (closed IN (0, 1)), closed_through TEXT NOT NULL,
    CHECK (kind <> 'wallet' OR debits_pending + debits_posted <= credits_posted),
    CHECK (kind NOT IN ('debt', 'review') OR credits_pending + credits_posted <= debits_posted)
  ) ${end}`,
  `CREATE TABLE ledger_movement (
    seq ${int} PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body TEXT NOT NULL, wallet TEXT, till TEXT, amount_fen ${int} NOT NULL CHECK (amount_fen >= 0),
    refers_to TEXT, at ${int} NOT NULL, happened_at ${int} NOT NULL, day TEXT NOT NULL, late ${int} NOT NULL CHECK (late IN (0, 1)), said TEXT NOT NULL,
    acted_by TEXT NOT NULL, reason TEXT NOT NULL, origin TEXT, credential TEXT, net_fen ${int}, balance_fen ${int}, debt_fen ${int}
  ) ${end}`,
  "CREATE INDEX ledger_movement_by_wallet ON ledger_movement (wallet, seq)",
  "CREATE INDEX ledger_movement_by_till ON ledger_movement (till, seq)",
  `CREATE TABLE ledger_transfer (
    id TEXT PRIMARY KEY, movement ${int} NOT NULL REFERENCES ledger_movement (seq), debit TEXT NOT NULL, credit TEXT NOT NULL,
    amount_fen ${int} NOT NULL CHECK (amount_fen > 0), flag TEXT NOT NULL CHECK (flag IN ('posted', 'pending', 'post', 'void', 'expire')),
    pending_id TEXT UNIQUE, expires_at ${int}, day TEXT NOT NULL, CHECK (debit <> credit), CHECK ((pending_id IS NULL) = (flag IN ('posted', 'pending')))
  ) ${end}`,
  "CREATE INDEX ledger_transfer_by_movement ON ledger_transfer (movement)",
  `CREATE TABLE ledger_hold (
    movement TEXT PRIMARY KEY, transfer TEXT NOT NULL UNIQUE, debit TEXT NOT NULL, credit TEXT NOT NULL, amount_fen ${int} NOT NULL, expires_at ${int}
  ) ${end}`,
  "CREATE INDEX ledger_hold_by_end ON ledger_hold (expires_at)",
  "CREATE INDEX ledger_hold_by_debit ON ledger_hold (debit)",
  // Of charges of which something was taken back, or the campus has paid.
  `CREATE TABLE ledger_charge (movement TEXT PRIMARY KEY, refunded_fen ${int} NOT NULL, campus_fen ${int} NOT NULL) ${end}`,
  `CREATE TABLE ledger_review (
    movement TEXT PRIMARY KEY, why TEXT NOT NULL, wallet TEXT, till TEXT NOT NULL, opened_at ${int} NOT NULL, asked_fen ${int} NOT NULL CHECK (asked_fen > 0),
    open_fen ${int} NOT NULL CHECK (open_fen >= 0), decided_by TEXT
  ) ${end}`,
  "CREATE INDEX ledger_review_open ON ledger_review (opened_at) WHERE open_fen > 0",
  `CREATE TABLE ledger_day (
    account TEXT NOT NULL, day TEXT NOT NULL, after_day TEXT NOT NULL, movements ${int} NOT NULL, debits ${int} NOT NULL, credits ${int} NOT NULL,
    late ${int} NOT NULL, through_seq ${int} NOT NULL, closed_at ${int} NOT NULL, closed_by TEXT NOT NULL, PRIMARY KEY (account, day), CHECK (after_day < day)
  ) ${end}`,
  // The link from a person to what stands in the ledger: erasing the person erases it.
  `CREATE TABLE wallet (person TEXT PRIMARY KEY, wallet TEXT NOT NULL UNIQUE, opened_at ${int} NOT NULL, closed_at ${int}, blocked ${int} NOT NULL CHECK (blocked IN (0, 1))) ${end}`,
  `CREATE TABLE till (id TEXT PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL, ended_at ${int}) ${end}`,
  // Who is paid where a terminal is nobody's, and where somebody prints.
  "INSERT INTO till (id, name_zh, name_en) VALUES ('merchant/unassigned', '未分配商户', 'Not assigned to a merchant'), ('merchant/printing', '打印', 'Printing')",
  `INSERT INTO ledger_account (id, kind, debits_pending, debits_posted, credits_pending, credits_posted, closed, closed_through) VALUES
    ('review', 'review', 0, 0, 0, 0, 0, ''), ('campusLoss', 'campusLoss', 0, 0, 0, 0, 0, ''),
    ('merchant/unassigned', 'merchant', 0, 0, 0, 0, 0, ''), ('merchant/printing', 'merchant', 0, 0, 0, 0, 0, '')`,
  `CREATE TABLE till_terminal (terminal TEXT PRIMARY KEY, till TEXT NOT NULL REFERENCES till (id)) ${end}`,
  "CREATE INDEX till_terminal_by_till ON till_terminal (till)",
  // What the list says that may be paid where nobody can be asked: the campus's terms, as the expansion took them last. JSON.
  `CREATE TABLE offline_terms (one_row ${int} PRIMARY KEY CHECK (one_row = 1), terms TEXT NOT NULL) ${end}`,
  "INSERT INTO offline_terms (one_row, terms) VALUES (1, '[]')",
  // When a card was reported lost and came back: what was spent in between is the campus's loss.
  `CREATE TABLE card_loss (credential TEXT NOT NULL, lost_at ${int} NOT NULL, back_at ${int}, PRIMARY KEY (credential, lost_at)) ${end}`,
  ...["ledger_movement", "ledger_transfer", "ledger_day"].flatMap(appendOnly),
  ...refusesInsert("ledger_transfer", "day_closed", "EXISTS (SELECT 1 FROM ledger_account WHERE id IN (NEW.debit, NEW.credit) AND closed_through >= NEW.day)"),
];
