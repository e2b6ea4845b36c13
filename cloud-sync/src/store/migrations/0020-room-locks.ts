import type { Step } from "../migration-step.ts";

/** Room locks, what is set at them for people, and what they have answered. */
export const roomLocks: Step = ({ int, bytes, end }) => [
  `CREATE TABLE room_lock (
    id TEXT PRIMARY KEY REFERENCES access_point (id), public_key ${bytes} NOT NULL, service TEXT NOT NULL,
    finger_slots ${int} NOT NULL, added_at ${int} NOT NULL
  ) ${end}`,
  `CREATE TABLE lock_state (
    lock TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('pin', 'finger')), place TEXT NOT NULL, person TEXT NOT NULL, version ${int} NOT NULL,
    sealed ${bytes}, enrol_until ${int}, set_at ${int} NOT NULL, changed_at ${int} NOT NULL, changed_by TEXT NOT NULL, held_until ${int} NOT NULL,
    ended_at ${int}, ended_why TEXT CHECK (ended_why IN ('asked', 'grant')), PRIMARY KEY (lock, kind, place)
  ) ${end}`,
  "CREATE INDEX lock_state_by_person ON lock_state (person)",
  `CREATE TABLE lock_answer (
    lock TEXT NOT NULL, kind TEXT NOT NULL, place ${int} NOT NULL, version ${int} NOT NULL, holds ${int}, outcome TEXT NOT NULL, detail TEXT NOT NULL,
    controller TEXT NOT NULL, at ${int} NOT NULL, PRIMARY KEY (lock, kind, place)
  ) ${end}`,
];
