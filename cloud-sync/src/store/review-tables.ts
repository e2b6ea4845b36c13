import type { Effect } from "../core/access-facts.ts";
import type { GrantSource } from "./grant-words.ts";

/** Reviews of what is granted: who has looked at which grant, and what became of it. Times are seconds since 1970 UTC. */
export interface ReviewTables {
  access_review: AccessReviewTable;
  access_review_row: AccessReviewRowTable;
}

export interface AccessReviewTable {
  id: string;
  /** What is reviewed: an access point, a group, or whatever is older than so many days. */
  kind: "place" | "group" | "age";
  /** The access point, the group, or the days. */
  about: string;
  opened_by: string;
  opened_at: number;
  /** What is not confirmed by then is listed, or ends. */
  due: number;
  unconfirmed: "list" | "end";
}

/** One grant or membership, as it stood when the review was opened. */
export interface AccessReviewRowTable {
  id: string;
  review: string;
  /** Its place among the rows, from 0. */
  nth: number;
  kind: "grant" | "membership";
  /** The grant; of a membership its group. */
  about: string;
  /** Of a grant: whether it gives or withholds. */
  effect: Effect;
  subject_kind: "person" | "group" | "audience";
  subject: string;
  /** Of a membership: when it begins, which names it. */
  begins: number | null;
  /** Since when it is there; null: nobody knows. */
  since: number | null;
  source_kind: GrantSource | null;
  source: string | null;
  granted_by: string | null;
  /** Its end before the review. */
  valid_until: number;
  /** 1: it ends at the review's date unless it is confirmed. */
  is_shortened: number;
  verdict: "confirmed" | "ended" | null;
  decided_by: string | null;
  decided_at: number | null;
}
