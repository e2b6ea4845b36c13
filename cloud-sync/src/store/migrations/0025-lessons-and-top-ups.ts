import type { Step } from "../migration-step.ts";

/** Lessons of timetables, so that they follow the calendar; top-ups that a provider takes in, and what it hands back. */
export const lessonsAndTopUps: Step = ({ int, end }) => [
  // Days are included; `term_phases` is a JSON array.
  `CREATE TABLE timetable_lesson (
    timetable TEXT NOT NULL, nth ${int} NOT NULL, resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE, weekday ${int} NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    start_s ${int} NOT NULL, end_s ${int} NOT NULL CHECK (start_s < end_s), every_weeks ${int} NOT NULL CHECK (every_weeks >= 1), from_day TEXT NOT NULL, until_day TEXT NOT NULL,
    term_phases TEXT NOT NULL, PRIMARY KEY (timetable, nth)
  ) ${end}`,
  "CREATE INDEX timetable_lesson_by_resource ON timetable_lesson (resource)",
  // Where somebody had the room when the calendar moved a lesson there.
  `CREATE TABLE lesson_without_room (
    timetable TEXT NOT NULL, resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE, starts ${int} NOT NULL, ends ${int} NOT NULL CHECK (starts < ends),
    PRIMARY KEY (timetable, resource, starts)
  ) ${end}`,
  // `ref` is by what the provider knows it; `pay` is what the payer's phone is given, and goes when it is over. `look_at`: when the provider is asked next.
  `CREATE TABLE top_up (
    id TEXT PRIMARY KEY, ref TEXT NOT NULL UNIQUE, body TEXT NOT NULL, provider TEXT NOT NULL, wallet TEXT NOT NULL, amount_fen ${int} NOT NULL CHECK (amount_fen > 0),
    said TEXT NOT NULL, asked_by TEXT NOT NULL, reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'pending', 'paid', 'credited', 'failed', 'review', 'returned')), why TEXT, pay TEXT,
    paid_fen ${int} CHECK (paid_fen > 0), provider_number TEXT, paid_at ${int}, begun_at ${int} NOT NULL, ends_at ${int} NOT NULL, look_at ${int}, looks ${int} NOT NULL, ended_at ${int},
    CHECK (state NOT IN ('paid', 'credited', 'review', 'returned') OR (paid_fen IS NOT NULL AND paid_at IS NOT NULL)), CHECK (state <> 'review' OR why IS NOT NULL)
  ) ${end}`,
  "CREATE INDEX top_up_by_look ON top_up (look_at) WHERE look_at IS NOT NULL",
  "CREATE INDEX top_up_by_wallet ON top_up (wallet, begun_at)",
  "CREATE INDEX top_up_by_state ON top_up (state, begun_at)",
  // What providers have said, as it came, once its signature held.
  `CREATE TABLE provider_notice (provider TEXT NOT NULL, digest TEXT NOT NULL, ref TEXT NOT NULL, received_at ${int} NOT NULL, content TEXT NOT NULL, PRIMARY KEY (provider, digest)) ${end}`,
  "CREATE INDEX provider_notice_by_ref ON provider_notice (ref)",
  // Money that a provider hands back; without a top-up nobody knows through which payment.
  `CREATE TABLE provider_refund (
    id TEXT PRIMARY KEY, ref TEXT NOT NULL UNIQUE, provider TEXT NOT NULL, top_up TEXT REFERENCES top_up (id), movement TEXT, amount_fen ${int} NOT NULL CHECK (amount_fen > 0),
    state TEXT NOT NULL CHECK (state IN ('asked', 'done', 'failed')), why TEXT, asked_at ${int} NOT NULL, look_at ${int}, looks ${int} NOT NULL, ended_at ${int},
    CHECK ((state = 'asked') = (look_at IS NOT NULL))
  ) ${end}`,
  "CREATE INDEX provider_refund_by_look ON provider_refund (look_at) WHERE look_at IS NOT NULL",
  "CREATE INDEX provider_refund_by_top_up ON provider_refund (top_up)",
  // How far the ledger was read for what providers have to hand back.
  `CREATE TABLE provider_refund_mark (one_row ${int} PRIMARY KEY CHECK (one_row = 1), seq ${int} NOT NULL) ${end}`,
  "INSERT INTO provider_refund_mark (one_row, seq) VALUES (1, 0)",
];
