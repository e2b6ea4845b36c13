import type { Step } from "../migration-step.ts";

/** What a provider has refused to hand back: whose it is, and where it was paid out instead. How long providers' notices are kept. */
export const handBacks: Step = ({ int }) => [
  "ALTER TABLE provider_refund ADD COLUMN wallet TEXT",
  "UPDATE provider_refund SET wallet = (SELECT wallet FROM top_up WHERE top_up.id = provider_refund.top_up)",
  // The cash desk that has paid it out, and who said so. `booked`: the ledger has it.
  "ALTER TABLE provider_refund ADD COLUMN paid_till TEXT",
  "ALTER TABLE provider_refund ADD COLUMN paid_by TEXT",
  `ALTER TABLE provider_refund ADD COLUMN booked ${int} NOT NULL DEFAULT 1 CHECK (booked IN (0, 1))`,
  "CREATE INDEX provider_refund_by_wallet ON provider_refund (wallet)",
  "CREATE INDEX provider_refund_by_movement ON provider_refund (movement)",
  "CREATE INDEX provider_refund_unbooked ON provider_refund (id) WHERE booked = 0",
  "CREATE INDEX provider_notice_by_time ON provider_notice (received_at)",
];
