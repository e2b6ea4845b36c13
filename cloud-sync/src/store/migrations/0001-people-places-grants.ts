import type { Step } from "../migration-step.ts";

/** People, credentials, places, calendar, grants, feed, controllers, callers. */
export const peoplePlacesGrants: Step = ({ int, bytes, counted, end }) => {
  const valid = `valid_from ${int} NOT NULL CHECK (valid_from >= 0), valid_until ${int} NOT NULL CHECK (valid_from < valid_until AND valid_until <= 4294967295)`;
  const named = "name_zh TEXT NOT NULL, name_en TEXT NOT NULL";
  return [
    `CREATE TABLE site (one_row ${int} PRIMARY KEY CHECK (one_row = 1), publish ${int} NOT NULL) ${end}`,
    "INSERT INTO site (one_row, publish) VALUES (1, 0)",
    `CREATE TABLE person (
      id TEXT PRIMARY KEY, account TEXT UNIQUE, name TEXT NOT NULL, phone TEXT, mail TEXT,
      flags ${int} NOT NULL, party_size ${int} NOT NULL CHECK (party_size BETWEEN 1 AND 255)
    ) ${end}`,
    `CREATE TABLE person_audience (
      person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE, audience TEXT NOT NULL, ${valid},
      sponsor TEXT REFERENCES person (id), PRIMARY KEY (person, audience, valid_from),
      CHECK ((audience = 'family') = (sponsor IS NOT NULL)), CHECK (sponsor <> person)
    ) ${end}`,
    "CREATE INDEX person_audience_by_audience ON person_audience (audience)",
    "CREATE INDEX person_audience_by_sponsor ON person_audience (sponsor)",
    `CREATE TABLE credential (
      id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id), kind TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('active', 'lost', 'frozen', 'suspended', 'expired')), state_since ${int} NOT NULL, ${valid},
      public_key ${bytes}, takes_issued_until ${int}, number ${bytes}, UNIQUE (kind, number)
    ) ${end}`,
    "CREATE INDEX credential_by_person ON credential (person)",
    `CREATE TABLE removed_credential (id TEXT PRIMARY KEY, person TEXT NOT NULL, since ${int} NOT NULL) ${end}`,
    "CREATE INDEX removed_credential_by_person ON removed_credential (person)",
    `CREATE TABLE person_group (id TEXT PRIMARY KEY, ${named}) ${end}`,
    `CREATE TABLE group_member (
      person_group TEXT NOT NULL REFERENCES person_group (id), person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE, ${valid},
      PRIMARY KEY (person_group, person, valid_from)
    ) ${end}`,
    "CREATE INDEX group_member_by_person ON group_member (person)",
    `CREATE TABLE zone (
      id TEXT PRIMARY KEY, ${named}, key ${bytes} NOT NULL, key_generation ${int} NOT NULL, holders_given ${int} NOT NULL
    ) ${end}`,
    `CREATE TABLE access_point (
      id TEXT PRIMARY KEY, zone TEXT NOT NULL REFERENCES zone (id), ${named}, high ${int} NOT NULL CHECK (high IN (0, 1))
    ) ${end}`,
    "CREATE INDEX access_point_by_zone ON access_point (zone)",
    `CREATE TABLE special_day_group (id TEXT PRIMARY KEY, days TEXT NOT NULL) ${end}`,
    `CREATE TABLE schedule (id TEXT PRIMARY KEY, definition TEXT NOT NULL) ${end}`,
    `CREATE TABLE calendar_day (
      date TEXT PRIMARY KEY, kind TEXT NOT NULL, runs_as ${int},
      CHECK ((kind = 'holiday' AND runs_as IS NULL) OR (kind = 'makeUpDay' AND runs_as BETWEEN 1 AND 7))
    ) ${end}`,
    `CREATE TABLE term_phase (
      phase TEXT NOT NULL, from_date TEXT NOT NULL, until_date TEXT NOT NULL, PRIMARY KEY (phase, from_date), CHECK (from_date < until_date)
    ) ${end}`,
    `CREATE TABLE access_profile (id TEXT PRIMARY KEY, ${named}) ${end}`,
    `CREATE TABLE access_policy (
      access_profile TEXT NOT NULL REFERENCES access_profile (id) ON DELETE CASCADE, access_point TEXT NOT NULL REFERENCES access_point (id),
      capability TEXT NOT NULL, schedule TEXT NOT NULL, PRIMARY KEY (access_profile, access_point, capability, schedule)
    ) ${end}`,
    "CREATE INDEX access_policy_by_access_point ON access_policy (access_point)",
    `CREATE TABLE policy (id TEXT PRIMARY KEY, ${named}) ${end}`,
    // A grant goes with its source in the same statement: the database sees to it.
    `CREATE TABLE access_grant (
      id TEXT PRIMARY KEY, subject_kind TEXT NOT NULL CHECK (subject_kind IN ('person', 'group', 'audience')), subject TEXT NOT NULL,
      access_profile TEXT REFERENCES access_profile (id), access_points TEXT, capability TEXT, schedule TEXT, ${valid},
      source_kind TEXT NOT NULL, source TEXT NOT NULL, policy TEXT REFERENCES policy (id) ON DELETE CASCADE,
      granted_by TEXT NOT NULL, approved_by TEXT,
      CHECK ((access_profile IS NULL) = (access_points IS NOT NULL)),
      CHECK ((access_points IS NULL) = (capability IS NULL) AND (capability IS NULL) = (schedule IS NULL)),
      CHECK ((source_kind = 'policy') = (policy IS NOT NULL)), CHECK (approved_by <> granted_by)
    ) ${end}`,
    "CREATE INDEX access_grant_by_subject ON access_grant (subject, subject_kind)",
    "CREATE INDEX access_grant_by_profile ON access_grant (access_profile)",
    "CREATE INDEX access_grant_by_policy ON access_grant (policy)",
    `CREATE TABLE zone_holder (
      zone TEXT NOT NULL REFERENCES zone (id), person TEXT NOT NULL, holder ${int} NOT NULL, PRIMARY KEY (person, zone), UNIQUE (zone, holder)
    ) ${end}`,
    `CREATE TABLE zone_number (
      zone TEXT NOT NULL REFERENCES zone (id), kind TEXT NOT NULL, id TEXT NOT NULL, number ${int} NOT NULL CHECK (number BETWEEN 0 AND 65535),
      PRIMARY KEY (zone, kind, id), UNIQUE (zone, kind, number)
    ) ${end}`,
    `CREATE TABLE change_record (
      id ${counted}, at ${int} NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, reason TEXT NOT NULL,
      resolved ${int} NOT NULL CHECK (resolved IN (0, 1)), publish ${int}
    ) ${end}`,
    "CREATE INDEX change_record_waiting ON change_record (id) WHERE publish IS NULL",
    `CREATE TABLE change_subject (change ${int} NOT NULL REFERENCES change_record (id), kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (change, kind, id)) ${end}`,
    // People whose expansion a large change still owes.
    `CREATE TABLE owed_expansion (person TEXT PRIMARY KEY) ${end}`,
    // The bucket is the first 12 bits of the key's SHA-256: a changed item is hashed with its neighbours there.
    `CREATE TABLE feed_item (
      feed_partition TEXT NOT NULL, key ${bytes} NOT NULL, value ${bytes} NOT NULL, person TEXT, bucket ${int} NOT NULL,
      PRIMARY KEY (feed_partition, key)
    ) ${end}`,
    "CREATE INDEX feed_item_by_bucket ON feed_item (feed_partition, bucket)",
    `CREATE TABLE feed_partition (
      name TEXT PRIMARY KEY, epoch ${int} NOT NULL, version ${int} NOT NULL, publish ${int} NOT NULL, digest ${bytes} NOT NULL
    ) ${end}`,
    // The signed records of each version, for those who come back; null: too long for a delta, a snapshot tells it.
    `CREATE TABLE feed_version (
      feed_partition TEXT NOT NULL, epoch ${int} NOT NULL, version ${int} NOT NULL, publish ${int} NOT NULL, at ${int} NOT NULL,
      digest ${bytes} NOT NULL, records ${bytes}, PRIMARY KEY (feed_partition, epoch, version)
    ) ${end}`,
    "CREATE INDEX feed_item_by_person ON feed_item (person)",
    // Zones: a JSON array. A controller that was revoked stays as a tombstone: its id and its key are never given again.
    `CREATE TABLE controller (
      id TEXT PRIMARY KEY, public_key ${bytes} NOT NULL UNIQUE, zones TEXT NOT NULL, added_at ${int} NOT NULL, revoked_at ${int}
    ) ${end}`,
    `CREATE TABLE api_key (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, actor TEXT NOT NULL, public_key ${bytes} NOT NULL UNIQUE, scopes TEXT NOT NULL,
      created_at ${int} NOT NULL, revoked_at ${int}
    ) ${end}`,
    `CREATE TABLE used_nonce (
      api_key TEXT NOT NULL REFERENCES api_key (id), nonce TEXT NOT NULL, until ${int} NOT NULL, PRIMARY KEY (api_key, nonce)
    ) ${end}`,
    "CREATE INDEX used_nonce_by_end ON used_nonce (until)",
    `CREATE TABLE kept_answer (
      api_key TEXT NOT NULL REFERENCES api_key (id), idempotency_key TEXT NOT NULL, request ${bytes} NOT NULL, until ${int} NOT NULL,
      status ${int}, media_type TEXT, body TEXT, PRIMARY KEY (api_key, idempotency_key),
      CHECK ((status IS NULL) = (body IS NULL) AND (body IS NULL) = (media_type IS NULL))
    ) ${end}`,
    "CREATE INDEX kept_answer_by_end ON kept_answer (until)",
  ];
};
