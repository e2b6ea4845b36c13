import type { Capability, CredentialKind, LocalDate } from "@portico/card-protocol";
import type { Generated } from "kysely";
import type { Audience } from "../core/audience.ts";
import type { CaseTables } from "./case-tables.ts";
import type { EventTables } from "./event-tables.ts";
import type { FleetTables } from "./fleet-tables.ts";
import type { InstanceTables } from "./instance-tables.ts";
import type { LockTables } from "./lock-tables.ts";
import type { LedgerTables } from "./ledger-tables.ts";
import type { NotificationTables } from "./notification-tables.ts";
import type { OutboxTables } from "./outbox-tables.ts";
import type { PhoneTables } from "./phone-tables.ts";
import type { LogInTables } from "./log-in-tables.ts";
import type { PlanTables } from "./plan-tables.ts";
import type { PrivacyTables } from "./privacy-tables.ts";
import type { PushTables } from "./push-tables.ts";
import type { ReservationTables } from "./reservation-tables.ts";
import type { TrustTables } from "./trust-tables.ts";
import type { TopUpTables } from "./top-up-tables.ts";
import type { Effect } from "../core/access-facts.ts";
import type { GrantSource } from "./grant-words.ts";

/** The tables as Kysely sees them. Times are seconds since 1970 UTC, u32; booleans 0 or 1; both stores hold the same. */
export interface Schema
  extends
    CaseTables,
    EventTables,
    FleetTables,
    InstanceTables,
    LockTables,
    LedgerTables,
    LogInTables,
    NotificationTables,
    OutboxTables,
    PhoneTables,
    PlanTables,
    PrivacyTables,
    PushTables,
    ReservationTables,
    TopUpTables,
    TrustTables {
  site: SiteTable;
  person: PersonTable;
  person_audience: PersonAudienceTable;
  credential: CredentialTable;
  /** Credentials that were removed: refused everywhere until every zone has dropped them and 30 days have passed. */
  removed_credential: RemovedCredentialTable;
  person_group: { id: string; name_zh: string; name_en: string };
  group_member: { person_group: string; person: string; valid_from: number; valid_until: number };
  zone: ZoneTable;
  access_point: AccessPointTable;
  special_day_group: { id: string; days: string };
  schedule: { id: string; definition: string };
  calendar_day: { date: LocalDate; kind: "holiday" | "makeUpDay"; runs_as: number | null };
  term_phase: { phase: string; from_date: LocalDate; until_date: LocalDate };
  access_profile: { id: string; name_zh: string; name_en: string };
  access_policy: { access_profile: string; access_point: string; capability: Capability; schedule: string };
  policy: { id: string; name_zh: string; name_en: string };
  access_grant: AccessGrantTable;
  zone_holder: { zone: string; person: string; holder: number };
  /** Numbers that a zone has given to profiles, schedules, special days and access points; never to two. */
  zone_number: { zone: string; kind: NumberedKind; id: string; number: number };
  change_record: ChangeTable;
  change_subject: { change: number; kind: SubjectKind; id: string };
  /** People whose expansion a large change still owes. */
  owed_expansion: { person: string };
  feed_item: { feed_partition: string; key: Uint8Array; value: Uint8Array; person: string | null; bucket: number };
  feed_partition: { name: string; epoch: number; version: number; publish: number; digest: Uint8Array };
  feed_version: FeedVersionTable;
  api_key: ApiKeyTable;
  /** Nonces of requests that were taken: none is taken twice. */
  used_nonce: { api_key: string; nonce: string; until: number };
  kept_answer: KeptAnswerTable;
}

export interface SiteTable {
  one_row: number;
  /** The site's counter of publications. */
  publish: number;
  /** How often a controller was let in, changed, replaced or revoked. */
  controllers_changed: number;
  /** When callers were told last that a year's calendar is missing, a day of the campus; null: it is there. */
  calendar_told: string | null;
}

export interface PersonTable {
  id: string;
  /** The whole mail address of the campus account, lower case (rule 1.5); null: known by phone only. */
  account: string | null;
  name: string;
  phone: string | null;
  mail: string | null;
  /** Flags of the holder but `visitor`, which its audiences say: bit n is the nth of HOLDER_FLAGS. */
  flags: number;
  /** 1..255: how many pass on one presentation. */
  party_size: number;
}

export interface PersonAudienceTable {
  person: string;
  audience: Audience;
  valid_from: number;
  valid_until: number;
  /** Who vouches: of `family` always, else null. */
  sponsor: string | null;
}

export const CREDENTIAL_STATES = ["active", "lost", "frozen", "suspended", "expired"] as const;
export type CredentialState = (typeof CREDENTIAL_STATES)[number];

export interface CredentialTable {
  id: string;
  person: string;
  kind: CredentialKind;
  state: CredentialState;
  state_since: number;
  valid_from: number;
  valid_until: number;
  public_key: Uint8Array | null;
  /** Kind `qr`: passes T signed before this instant are taken; null: always without a key, never with one. */
  takes_issued_until: number | null;
  /** Canonical bytes of a card, plate, ID card or face reference; null of other kinds. */
  number: Uint8Array | null;
}

export interface RemovedCredentialTable {
  id: string;
  person: string;
  since: number;
}

export interface ZoneTable {
  id: string;
  name_zh: string;
  name_en: string;
  /** Secret of the zone's card numbers, 32 bytes, and how often it was changed. */
  key: Uint8Array;
  key_generation: number;
  /** Handles and numbers given so far; none is given twice. */
  holders_given: number;
}

export interface AccessPointTable {
  id: string;
  zone: string;
  name_zh: string;
  name_en: string;
  /** Needs two operators to be granted. */
  high: number;
}

export type SubjectOfGrant = "person" | "group" | "audience";
export interface AccessGrantTable {
  id: string;
  subject_kind: SubjectOfGrant;
  subject: string;
  /** Absent: give. */
  effect: Generated<Effect>;
  /** What is given or withheld: a profile, or access points of its own with one capability and schedule. */
  access_profile: string | null;
  /** A JSON array of access points, ascending; of a withholding also `["*"]`: everywhere. */
  access_points: string | null;
  capability: Capability | null;
  schedule: string | null;
  valid_from: number;
  valid_until: number;
  source_kind: GrantSource;
  /** The policy, reservation, visit or case; of an operator's grant the operator. */
  source: string;
  /** Set where the source is a policy: the row goes with it. */
  policy: string | null;
  granted_by: string;
  /** A JSON array of audiences: of a person's grant, while one of them holds. Null: always. */
  within_audiences: string | null;
  /** Second operator; needed where an access point is `high`. */
  approved_by: string | null;
}

/** One version of a partition, published once and never altered. */
export interface FeedVersionTable {
  feed_partition: string;
  epoch: number;
  version: number;
  publish: number;
  at: number;
  digest: Uint8Array;
  /** CBOR array of the delta's signed parts; null: too long for a delta. */
  records: Uint8Array | null;
}

export const NUMBERED_KINDS = ["accessProfile", "schedule", "specialDays", "accessPoint"] as const;
export type NumberedKind = (typeof NUMBERED_KINDS)[number];

/** What has to be expanded anew: a person, everybody of a group, an audience or a profile, a zone's definitions, everybody in a zone, the calendar. */
export const SUBJECT_KINDS = ["person", "group", "audience", "profile", "zone", "zoneHolders", "calendar"] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

export interface ChangeTable {
  id: Generated<number>;
  at: number;
  actor: string;
  action: string;
  /** What was changed, for people: `person 0192…`, `policy students-gates`. */
  target: string;
  reason: string;
  /** 1: what it means is known; whom it still concerns stands in `owed_expansion`. */
  resolved: number;
  /** The publication that carries it; null: not expanded yet. */
  publish: number | null;
}

export interface ApiKeyTable {
  id: string;
  /** For people: `mini program backend`. */
  name: string;
  /** Who acts, in the audit and where two operators are needed. */
  actor: string;
  /** Ed25519, 32 bytes. Never of two keys, also when one is revoked. */
  public_key: Uint8Array;
  /** A JSON array of scopes. */
  scopes: string;
  created_at: number;
  revoked_at: number | null;
  /** The operator whose key it is; null: a machine's. */
  operator: string | null;
  /** Null: until it is revoked. */
  valid_until: number | null;
}

/** What a request with an Idempotency-Key was answered with. */
export interface KeptAnswerTable {
  api_key: string;
  idempotency_key: string;
  /** SHA-256 of what was asked. */
  request: Uint8Array;
  until: number;
  /** Null while it is being answered, and where that was cut off. */
  status: number | null;
  media_type: string | null;
  body: string | null;
}
