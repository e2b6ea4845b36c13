import type { Step } from "../migration-step.ts";

/** Trust lists, commands to doors, and what controllers still know to be revoked when a backup was restored. */
export const keys: Step = ({ int, bytes, end }) => [
  `CREATE TABLE trust_list (sequence ${int} PRIMARY KEY, bytes ${bytes} NOT NULL, installed_at ${int} NOT NULL) ${end}`,
  `CREATE TABLE door_command (
    id TEXT PRIMARY KEY, controller TEXT NOT NULL, target TEXT NOT NULL, verb TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL,
    issued ${int} NOT NULL, not_after ${int} NOT NULL, outcome TEXT CHECK (outcome IN ('acted', 'refused', 'unheard')), error TEXT, detail TEXT, nonce TEXT,
    CHECK ((outcome IS NOT NULL AND outcome = 'refused') = (error IS NOT NULL))
  ) ${end}`,
  "CREATE INDEX door_command_open ON door_command (issued) WHERE outcome IS NULL",
  // Of each controller what it held of `global` when it was asked last, and every revocation in it.
  `CREATE TABLE revocation_report (controller TEXT PRIMARY KEY, epoch ${int} NOT NULL, version ${int} NOT NULL, at ${int} NOT NULL) ${end}`,
  `CREATE TABLE reported_revocation (
    controller TEXT NOT NULL REFERENCES revocation_report (controller) ON DELETE CASCADE, credential TEXT NOT NULL, suspension TEXT NOT NULL, since ${int} NOT NULL,
    PRIMARY KEY (controller, credential)
  ) ${end}`,
  "CREATE INDEX reported_revocation_by_credential ON reported_revocation (credential)",
  // Named in `global` by every version from then on: as kept, or as lifted.
  `CREATE TABLE adopted_revocation (
    credential TEXT PRIMARY KEY, suspension TEXT NOT NULL, since ${int} NOT NULL, adopted_at ${int} NOT NULL, lifted_at ${int}
  ) ${end}`,
];
