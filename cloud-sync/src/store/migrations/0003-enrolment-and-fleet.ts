import type { Step } from "../migration-step.ts";

/** Who asks to become a controller, which machines stood where one stands now, and what each has applied of the feed. */
export const enrolmentAndFleet: Step = ({ int, bytes, end }) => [
  // The nth machine under this id. `changed`: the count of the site's changes to controllers when this one was changed last.
  `ALTER TABLE controller ADD COLUMN machine ${int} NOT NULL DEFAULT 1`,
  `ALTER TABLE controller ADD COLUMN changed ${int} NOT NULL DEFAULT 0`,
  "CREATE INDEX controller_by_change ON controller (changed)",
  `ALTER TABLE site ADD COLUMN controllers_changed ${int} NOT NULL DEFAULT 0`,
  // Tombstones: a key that stands here opens nothing for ever. It still says which machine signed an event.
  `CREATE TABLE former_controller_key (
    public_key ${bytes} PRIMARY KEY, controller TEXT NOT NULL, machine ${int} NOT NULL, since ${int} NOT NULL, until ${int} NOT NULL,
    UNIQUE (controller, machine)
  ) ${end}`,
  // Words are null until the controller has shown its salt and that it holds the key.
  `CREATE TABLE enrolment (
    id TEXT PRIMARY KEY, controller TEXT NOT NULL, public_key ${bytes} NOT NULL, commitment ${bytes} NOT NULL, nonce ${bytes} NOT NULL,
    words TEXT, asker TEXT NOT NULL, asked_at ${int} NOT NULL, until ${int} NOT NULL,
    outcome TEXT CHECK (outcome IN ('approved', 'refused'))
  ) ${end}`,
  "CREATE INDEX enrolment_by_end ON enrolment (until)",
  // What a controller has durably applied, as it says itself, and when it was heard last; `left_at`: its stream has ended since.
  `CREATE TABLE controller_applied (
    controller TEXT NOT NULL, feed_partition TEXT NOT NULL, epoch ${int} NOT NULL, version ${int} NOT NULL, publish ${int} NOT NULL, at ${int} NOT NULL,
    PRIMARY KEY (controller, feed_partition)
  ) ${end}`,
  `CREATE TABLE controller_contact (controller TEXT PRIMARY KEY, heard_at ${int} NOT NULL, left_at ${int}) ${end}`,
  // Evidence: a controller holds another content under a version than this cloud has published.
  `CREATE TABLE feed_fork (
    controller TEXT NOT NULL, feed_partition TEXT NOT NULL, epoch ${int} NOT NULL, version ${int} NOT NULL, digest ${bytes} NOT NULL, head ${bytes} NOT NULL,
    proven ${int} NOT NULL CHECK (proven IN (0, 1)), at ${int} NOT NULL, PRIMARY KEY (controller, feed_partition, epoch, version)
  ) ${end}`,
];
