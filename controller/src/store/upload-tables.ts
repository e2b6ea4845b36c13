import { CHAIN_START, bytesToHex } from "@portico/card-protocol";
import { rowCheck } from "./row-check.ts";

const NOTHING_SENT = [1, 0, bytesToHex(CHAIN_START.hash), null, 0] as const;

/** How far the log has gone up, and what stands in for the parts of it that were dropped. */
export const UPLOAD_TABLES = `
  -- The cloud has acknowledged everything up to acked_seq; what is sent and not acknowledged ends at sent_seq, and stays as it was sent.
  CREATE TABLE event_upload (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    acked_seq  INTEGER NOT NULL,
    acked_hash TEXT NOT NULL,
    acked_at   INTEGER,
    sent_seq   INTEGER NOT NULL,
    row_check  INTEGER NOT NULL
  ) STRICT;
  INSERT INTO event_upload VALUES (1, 0, '${NOTHING_SENT[2]}', NULL, 0, ${rowCheck(...NOTHING_SENT)});
  -- The range that is being dropped, within the transaction that puts a GapRecord in its place: no other event can be deleted.
  CREATE TABLE event_dropping (first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL) STRICT;
  CREATE TRIGGER event_is_kept BEFORE DELETE ON event
    WHEN NOT EXISTS (SELECT 1 FROM event_dropping WHERE OLD.seq BETWEEN first_seq AND last_seq)
    BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;
  -- Each GapRecord, signed by the controller when it dropped the range: the event of that seq as a batch of its own.
  CREATE TABLE event_checkpoint (seq INTEGER PRIMARY KEY, signed BLOB NOT NULL) STRICT;
`;
