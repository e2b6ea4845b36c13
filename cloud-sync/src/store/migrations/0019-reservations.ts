import type { Step } from "../migration-step.ts";

/** Places and courses, what is booked of them, and grants that hold only while a person belongs to somebody. */
export const reservations: Step = ({ int, end, noOverlap }) => [
  // JSON arrays of audiences: the grant reaches the person only while one of them holds. Null: always.
  "ALTER TABLE access_grant ADD COLUMN within_audiences TEXT",
  // `number` is what exclusion is judged by; path, attributes and opens are JSON. No schedule: open at all hours.
  `CREATE TABLE resource (
    id TEXT PRIMARY KEY, number ${int} NOT NULL UNIQUE, campus_service TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('place', 'course')),
    name_zh TEXT NOT NULL, name_en TEXT NOT NULL, type TEXT NOT NULL, path TEXT NOT NULL, capacity ${int} NOT NULL CHECK (capacity >= 0),
    area_m2 ${int} CHECK (area_m2 >= 0), attributes TEXT NOT NULL, seats ${int} NOT NULL CHECK (seats >= 1), schedule TEXT REFERENCES schedule (id),
    opens TEXT NOT NULL, place TEXT REFERENCES resource (id), UNIQUE (number, seats)
  ) ${end}`,
  "CREATE INDEX resource_by_place ON resource (place)",
  `CREATE TABLE course_session (
    course TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE, nth ${int} NOT NULL, starts ${int} NOT NULL, ends ${int} NOT NULL CHECK (starts < ends),
    PRIMARY KEY (course, nth)
  ) ${end}`,
  // A person's booking, or what the campus keeps: a timetable, a course's own sessions, a closure. Of one that is held or waits, until when.
  `CREATE TABLE reservation (
    id TEXT PRIMARY KEY, resource TEXT NOT NULL REFERENCES resource (id), person TEXT REFERENCES person (id) ON DELETE CASCADE, kind TEXT NOT NULL CHECK (kind IN ('booking', 'sessions', 'timetable', 'closure')),
    state TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'booked', 'cancelled', 'lapsed', 'refused')), held_until ${int}, label TEXT NOT NULL,
    accepted_version ${int}, created_at ${int} NOT NULL, created_by TEXT NOT NULL, approved_by TEXT, revision ${int} NOT NULL,
    CHECK ((kind = 'booking') = (person IS NOT NULL)), CHECK ((state IN ('held', 'waiting')) = (held_until IS NOT NULL)), CHECK (approved_by <> created_by)
  ) ${end}`,
  "CREATE INDEX reservation_by_person ON reservation (person)",
  "CREATE INDEX reservation_by_resource ON reservation (resource)",
  "CREATE INDEX reservation_by_hold ON reservation (held_until) WHERE held_until IS NOT NULL",
  // One stretch of a reservation, on one seat. `active`: it excludes others. A seat is one of the resource's: seats cannot be fewer than what is taken.
  `CREATE TABLE reserved_time (
    reservation TEXT NOT NULL REFERENCES reservation (id) ON DELETE CASCADE, nth ${int} NOT NULL, resource_number ${int} NOT NULL, seats ${int} NOT NULL,
    seat ${int} NOT NULL CHECK (seat BETWEEN 1 AND seats), starts ${int} NOT NULL CHECK (starts >= 0), ends ${int} NOT NULL CHECK (starts < ends AND ends <= 4294967295),
    active ${int} NOT NULL CHECK (active IN (0, 1)), signed_in_at ${int}, signed_in_by TEXT, leave_at ${int},
    PRIMARY KEY (reservation, nth), FOREIGN KEY (resource_number, seats) REFERENCES resource (number, seats) ON UPDATE CASCADE,
    CHECK ((signed_in_at IS NULL) = (signed_in_by IS NULL)), CHECK (signed_in_at IS NULL OR leave_at IS NULL)
  ) ${end}`,
  "CREATE INDEX reserved_time_by_end ON reserved_time (resource_number, seat, ends) WHERE active = 1",
  "CREATE INDEX reserved_time_by_place ON reserved_time (resource_number, ends) WHERE active = 1",
  ...noOverlap({ table: "reserved_time", key: ["reservation", "nth"], same: ["resource_number", "seat"], from: "starts", until: "ends", where: "active" }),
  // Who waits for a place at a time, or for a seat of a course (0 and 0), the first who came first.
  `CREATE TABLE waiting_place (
    id TEXT PRIMARY KEY, resource TEXT NOT NULL REFERENCES resource (id), person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE, starts ${int} NOT NULL, ends ${int} NOT NULL,
    accepted_version ${int}, created_at ${int} NOT NULL, created_by TEXT NOT NULL, UNIQUE (resource, person, starts)
  ) ${end}`,
  // Links of calendars that are followed, by the SHA-256 of their token.
  `CREATE TABLE calendar_link (token_hash TEXT PRIMARY KEY, person TEXT NOT NULL UNIQUE, created_at ${int} NOT NULL) ${end}`,
  // How far it was looked for passages that sign somebody in.
  `CREATE TABLE attendance_mark (one_row ${int} PRIMARY KEY CHECK (one_row = 1), batch ${int} NOT NULL) ${end}`,
  "INSERT INTO attendance_mark (one_row, batch) VALUES (1, 0)",
];
