import type { DenyReason, EventName, Severity } from "@portico/card-protocol";

/** One recorded event. */
export interface EventLine {
  readonly seq: number;
  readonly at: number | null;
  /** Milliseconds behind `at`. */
  readonly ms: number;
  /** `Unreadable`: the record was altered, or a newer version wrote it. */
  readonly name: EventName | "Unreadable";
  readonly source: string | null;
  /** In a drill a notice, whatever the kind. */
  readonly severity: Severity;
  /** It belongs to a drill; absent: it does not. */
  readonly drill?: true;
  /** The event as one English sentence. */
  readonly text: string;
  /** The same in Chinese. */
  readonly textZh: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
  /** SHA-256 of the record. */
  readonly hash: string;
}

/** What a decision said of one floor. */
export interface FloorTrace {
  /** `lift-1/3` */
  readonly floor: string;
  /** `free`: its button works without anybody's word. */
  readonly outcome: "granted" | "refused" | "free";
  /** Null where it is not refused. */
  readonly reason: DenyReason | null;
  readonly detail: string;
  readonly detailZh: string;
}
