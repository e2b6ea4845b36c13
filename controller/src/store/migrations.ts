import { CHARGE_TABLES } from "./charge-tables.ts";
import { FEED_TABLES } from "./feed-tables.ts";
import { BESIDE_ACCESS_SQL } from "./events-beside-access.ts";
import { rowCheck } from "./row-check.ts";
import { UPLOAD_TABLES } from "./upload-tables.ts";

/** One forward step of the database's layout. A step that was ever released is never changed: the next one mends it. */
export interface Migration {
  /** What the step brings, for people. */
  readonly what: string;
  readonly sql: string;
}

/** Marks our file among SQLite files: "PTCO" in ASCII. sqlite.org/pragma.html#pragma_application_id. */
export const APPLICATION_ID = 0x5054434f;

/**
 * The layout, step by step; `user_version` counts the steps that a file has had.
 *
 * Wide values stand behind narrow ones, so that a filter on name or source does not read them. Tables found by a random token are WITHOUT ROWID:
 * one tree, one search. `row_check` is the check of the row's other values, where nothing else covers them: see row-check.ts.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    what: "events, spent counters, the permission list, the trust list and the clock's record",
    sql: `
      CREATE TABLE event (
        seq        INTEGER PRIMARY KEY,
        at         INTEGER,
        ms         INTEGER NOT NULL,
        name       TEXT NOT NULL,
        source     TEXT,
        credential BLOB,
        record     BLOB NOT NULL,
        hash       BLOB NOT NULL
      ) STRICT;
      CREATE INDEX event_beside_access ON event (name, source) WHERE ${BESIDE_ACCESS_SQL};
      CREATE TRIGGER event_is_final BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;

      -- Below it no grant is open. A row for each grant that opens and closes would cost every passage a third page.
      CREATE TABLE open_grant_mark (only INTEGER PRIMARY KEY CHECK (only = 1), seq INTEGER NOT NULL, row_check INTEGER NOT NULL) STRICT;
      INSERT INTO open_grant_mark VALUES (1, 1, ${rowCheck(1, 1)});
      -- The mode that an operator set last, the event that says so, and the last event of the door's mode at all: a start compares them with the events.
      -- Without a mode: the door was only ever opened for one passage.
      CREATE TABLE door_mode (
        door      TEXT PRIMARY KEY,
        mode      TEXT,
        set_by    INTEGER,
        last      INTEGER NOT NULL,
        row_check INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      -- Where passes are spent together, for each class of passes: a number instead of two texts in each row below.
      CREATE TABLE replay_place (
        place        INTEGER PRIMARY KEY,
        replay_class TEXT NOT NULL,
        replay_group TEXT NOT NULL,
        row_check    INTEGER NOT NULL,
        UNIQUE (replay_class, replay_group)
      ) STRICT;
      CREATE TABLE spent_counter (
        credential INTEGER NOT NULL,
        place      INTEGER NOT NULL,
        counter    INTEGER NOT NULL,
        signed_at  INTEGER NOT NULL,
        row_check  INTEGER NOT NULL,
        PRIMARY KEY (credential, place)
      ) STRICT, WITHOUT ROWID;
      -- The table above holds what the events up to this one have spent.
      CREATE TABLE spent_mark (only INTEGER PRIMARY KEY CHECK (only = 1), seq INTEGER NOT NULL, row_check INTEGER NOT NULL) STRICT;
      INSERT INTO spent_mark VALUES (1, 0, ${rowCheck(1, 0)});

      -- Who is in which area: what the events up to the mark have said. Mark 0: no area was ever configured.
      CREATE TABLE area_holder (
        area       TEXT NOT NULL,
        holder     INTEGER NOT NULL,
        side       TEXT NOT NULL,
        since      INTEGER,
        credential TEXT NOT NULL,
        row_check  INTEGER NOT NULL,
        PRIMARY KEY (area, holder)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE area_mark (only INTEGER PRIMARY KEY CHECK (only = 1), seq INTEGER NOT NULL, row_check INTEGER NOT NULL) STRICT;
      INSERT INTO area_mark VALUES (1, 0, ${rowCheck(1, 0)});

      -- What proves a holder's PIN, and what they type who are forced, under the key beside the database: hex, as pin-store.ts makes them.
      CREATE TABLE pin (
        zone      TEXT NOT NULL,
        holder    INTEGER NOT NULL,
        salt      TEXT NOT NULL,
        proof     TEXT NOT NULL,
        duress    TEXT NOT NULL,
        set_at    INTEGER,
        row_check INTEGER NOT NULL,
        PRIMARY KEY (zone, holder)
      ) STRICT, WITHOUT ROWID;
      -- Wrong PINs in a row, by holder or reader, and when the last was.
      CREATE TABLE pin_tries (
        subject   TEXT PRIMARY KEY,
        count     INTEGER NOT NULL,
        locked    INTEGER NOT NULL,
        at        INTEGER,
        row_check INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      -- Who passed which way of a lane on which day of the campus; day '': no clock said which.
      CREATE TABLE lane_count (
        day        TEXT NOT NULL,
        way        TEXT NOT NULL,
        granted    INTEGER NOT NULL,
        free       INTEGER NOT NULL,
        evacuation INTEGER NOT NULL,
        tailgating INTEGER NOT NULL,
        wrong_way  INTEGER NOT NULL,
        forced     INTEGER NOT NULL,
        unseen     INTEGER NOT NULL,
        row_check  INTEGER NOT NULL,
        PRIMARY KEY (day, way)
      ) STRICT, WITHOUT ROWID;

      -- How far somebody is with commissioning a door, as JSON, and the newest signed protocol of it, as hex.
      CREATE TABLE commissioning (
        door      TEXT PRIMARY KEY,
        draft     TEXT,
        protocol  TEXT,
        row_check INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      -- Releases of print jobs whose money has not come to rest, each as JSON.
      CREATE TABLE print_release (id TEXT PRIMARY KEY, release TEXT NOT NULL, row_check INTEGER NOT NULL) STRICT, WITHOUT ROWID;

      -- What this controller knows of each room lock, as JSON: how far its log was read, which list it was given, what is set there.
      CREATE TABLE room_lock (id TEXT PRIMARY KEY, standing TEXT NOT NULL, row_check INTEGER NOT NULL) STRICT, WITHOUT ROWID;

      -- The deny set that was signed last, for all room locks: its record as hex, whom it names as a hash.
      CREATE TABLE lock_deny_set (
        only      INTEGER PRIMARY KEY CHECK (only = 1),
        version   INTEGER NOT NULL,
        issued    INTEGER NOT NULL,
        meaning   TEXT NOT NULL,
        denied    INTEGER NOT NULL,
        left_over INTEGER NOT NULL,
        record    TEXT NOT NULL,
        row_check INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE run (
        only        INTEGER PRIMARY KEY CHECK (only = 1),
        boot_id     TEXT NOT NULL,
        ended_clean INTEGER NOT NULL,
        row_check   INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE clock_record (
        only                INTEGER PRIMARY KEY CHECK (only = 1),
        ratchet             INTEGER NOT NULL,
        trusted_now         INTEGER,
        trusted_uncertainty INTEGER,
        battery_ahead       INTEGER,
        row_check           INTEGER NOT NULL
      ) STRICT;

      -- Handles are never given twice: a count of handles given, not the largest one, says which is next.
      CREATE TABLE person (holder INTEGER PRIMARY KEY, person TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE holders_given (only INTEGER PRIMARY KEY CHECK (only = 1), count INTEGER NOT NULL) STRICT;
      INSERT INTO holders_given VALUES (1, 0);

      CREATE TABLE credential (
        id     INTEGER PRIMARY KEY,
        holder INTEGER NOT NULL,
        -- As in the feed, grants included: a decision finds all of a credential in one search and one value.
        row    BLOB NOT NULL
      ) STRICT;
      CREATE TABLE card_number (token BLOB PRIMARY KEY, credential INTEGER NOT NULL) STRICT, WITHOUT ROWID;

      CREATE TABLE schedule (id TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE special_day_group (id TEXT PRIMARY KEY, days TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE calendar_day (date TEXT PRIMARY KEY, kind TEXT NOT NULL, runs_as INTEGER) STRICT, WITHOUT ROWID;
      CREATE TABLE term_phase (phase TEXT NOT NULL, from_date TEXT NOT NULL, until_date TEXT NOT NULL, PRIMARY KEY (phase, from_date)) STRICT, WITHOUT ROWID;

      CREATE TABLE access_profile (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE access_policy (
        access_profile INTEGER NOT NULL REFERENCES access_profile (number),
        access_point   TEXT NOT NULL,
        capability     TEXT NOT NULL,
        schedule       TEXT NOT NULL,
        PRIMARY KEY (access_profile, access_point, capability, schedule)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE list_version (
        only         INTEGER PRIMARY KEY CHECK (only = 1),
        version      INTEGER NOT NULL,
        digest       BLOB NOT NULL,
        loaded_at    INTEGER,
        confirmed_at INTEGER
      ) STRICT;

      ${UPLOAD_TABLES}
      ${CHARGE_TABLES}
      ${FEED_TABLES}
      CREATE TABLE trust_list (sequence INTEGER PRIMARY KEY, root_version INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
      CREATE TRIGGER trust_list_never_goes_back BEFORE INSERT ON trust_list WHEN EXISTS (SELECT 1 FROM trust_list WHERE sequence >= NEW.sequence)
        BEGIN SELECT RAISE(ABORT, 'a trust list is only followed by a newer one'); END;
      CREATE TRIGGER trust_list_is_final BEFORE UPDATE ON trust_list BEGIN SELECT RAISE(ABORT, 'a trust list is never changed'); END;
      CREATE TRIGGER newest_trust_list_is_kept BEFORE DELETE ON trust_list WHEN OLD.sequence = (SELECT max(sequence) FROM trust_list)
        BEGIN SELECT RAISE(ABORT, 'the newest trust list is kept'); END;
    `,
  },
];
