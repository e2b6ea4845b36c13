/** Who follows the feed, and who asks to. */
export interface FleetTables {
  controller: ControllerTable;
  former_controller_key: FormerControllerKeyTable;
  enrolment: EnrolmentTable;
  controller_applied: { controller: string; feed_partition: string; epoch: number; version: number; publish: number; at: number };
  /** `silent_since`: when callers were told that it is silent; null: they were not. */
  controller_contact: { controller: string; heard_at: number; left_at: number | null; silent_since: number | null };
  feed_fork: FeedForkTable;
  controller_configuration: PlannedConfigurationTable;
  controller_configuration_told: ToldConfigurationTable;
}

/** What a controller is to run on. */
export interface PlannedConfigurationTable {
  controller: string;
  epoch: number;
  /** Null: the change that it is numbered by is not known yet. */
  number: number | null;
  hash: string;
  issued: number;
  text: Uint8Array;
}

/** What a controller has said of its configuration. */
export interface ToldConfigurationTable {
  controller: string;
  /** 0: it takes none from the cloud. */
  takes: number;
  /** The hash of what it runs on. */
  running: string | null;
  /** Judged last; `error` null: taken. */
  epoch: number;
  number: number;
  error: string | null;
  detail: string;
  at: number;
}

export interface ControllerTable {
  id: string;
  /** Ed25519, 32 bytes; of the machine that stands there now. */
  public_key: Uint8Array;
  /** A JSON array, ascending. */
  zones: string;
  /** Since when the machine stands there. */
  added_at: number;
  /** A controller that was revoked stays as a tombstone. */
  revoked_at: number | null;
  /** 1, 2, 3 …: the nth machine under this id. */
  machine: number;
  /** The site's count of changes to controllers when this one was changed last. */
  changed: number;
}

/** The key of a machine that another has replaced. */
export interface FormerControllerKeyTable {
  public_key: Uint8Array;
  controller: string;
  machine: number;
  since: number;
  until: number;
}

/** A controller holds another content under a version than this cloud has published. */
export interface FeedForkTable {
  controller: string;
  feed_partition: string;
  epoch: number;
  version: number;
  digest: Uint8Array;
  /** The head that it was confirmed by, as the controller shows it. */
  head: Uint8Array;
  /** 1: a key of the trust list has signed that head. */
  proven: number;
  at: number;
}

export interface EnrolmentTable {
  id: string;
  /** The id that it asks to have. */
  controller: string;
  public_key: Uint8Array;
  /** SHA-256 of the controller's salt. */
  commitment: Uint8Array;
  nonce: Uint8Array;
  /** Six, with blanks between; null until the controller has shown its salt and its key. */
  words: string | null;
  /** The address that asked, or what stands for it. */
  asker: string;
  asked_at: number;
  until: number;
  /** Null: nobody has decided. */
  outcome: "approved" | "refused" | null;
}
