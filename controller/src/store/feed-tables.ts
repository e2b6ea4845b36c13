/** Revocations of an epoch that is over, which the one in force has not named yet. The check covers the row: nobody is let in because a disk forgot. */
const KEPT_REVOCATION_TABLE = `
  CREATE TABLE kept_revocation (
    bucket INTEGER NOT NULL,
    key    BLOB NOT NULL,
    value  BLOB NOT NULL,
    hash   BLOB NOT NULL,
    PRIMARY KEY (bucket, key)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * What the feed brought. Items are found by their bucket and key: the tree of a partition's digest is over its buckets, so a changed item is hashed with its
 * neighbours. A partition names the set of items that is in force; one that is being fetched is another set, until it is whole.
 */
export const FEED_TABLES = `
  ${KEPT_REVOCATION_TABLE}
  CREATE TABLE feed_partition (
    name           TEXT PRIMARY KEY,
    item_set       INTEGER NOT NULL UNIQUE,
    epoch          INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    digest         BLOB NOT NULL,
    issued         INTEGER,
    expires        INTEGER,
    publish        INTEGER,
    global_version INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE feed_item (
    item_set INTEGER NOT NULL,
    bucket   INTEGER NOT NULL,
    key      BLOB NOT NULL,
    value    BLOB NOT NULL,
    PRIMARY KEY (item_set, bucket, key)
  ) STRICT, WITHOUT ROWID;
`;
