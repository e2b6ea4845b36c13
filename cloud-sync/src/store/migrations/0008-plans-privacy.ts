import type { Step } from "../migration-step.ts";

/** Changes that are shown before they are made, people who were erased, and who asked to read where somebody went. */
export const plansPrivacy: Step = ({ int, end }) => [
  `CREATE TABLE kept_plan (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('access', 'cards')), made_by TEXT NOT NULL, made_at ${int} NOT NULL, until ${int} NOT NULL,
    content TEXT, steps TEXT NOT NULL, applied_by TEXT, applied_at ${int},
    CHECK ((applied_by IS NULL) = (applied_at IS NULL) AND (applied_at IS NULL) = (content IS NOT NULL))
  ) ${end}`,
  "CREATE INDEX kept_plan_by_end ON kept_plan (until)",
  `CREATE TABLE erased_person (id TEXT PRIMARY KEY, at ${int} NOT NULL) ${end}`,
  `CREATE TABLE movement_request (
    id TEXT PRIMARY KEY, person TEXT NOT NULL, from_time ${int} NOT NULL, until_time ${int} NOT NULL, reason TEXT NOT NULL CHECK (reason <> ''),
    asked_by TEXT NOT NULL, asked_at ${int} NOT NULL, approved_by TEXT, approved_at ${int},
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)), CHECK (approved_by <> asked_by), CHECK (from_time < until_time)
  ) ${end}`,
  "CREATE INDEX movement_request_by_person ON movement_request (person)",
  // What a hotline asks for: refusals alone, the newest first.
  "CREATE INDEX controller_event_refused ON controller_event (at) WHERE name IN ('AccessDenied', 'ScansRefused', 'DenialRepeated')",
  "CREATE INDEX change_record_by_target ON change_record (target)",
];
