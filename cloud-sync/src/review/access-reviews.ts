import { ok, type Result, type UnixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import { portions } from "../core/portions.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { AccessReviewRowTable, AccessReviewTable } from "../store/review-tables.ts";
import { type RowFound, rowsAbout } from "./rows-about.ts";
import type { ReviewSubject } from "./review-subject.ts";

export interface ReviewContent {
  readonly what: ReviewSubject;
  /** What is not confirmed by then is listed, or ends. */
  readonly due: UnixSeconds;
  readonly unconfirmed: "list" | "end";
}
export interface AccessReview extends ReviewContent {
  readonly id: string;
  readonly openedBy: string;
  readonly openedAt: number;
}

/** What became of a row: `gone`: it has ended otherwise; `unconfirmed`: nobody has confirmed it by the date. */
export type RowState = "open" | "confirmed" | "ended" | "unconfirmed" | "gone";
export interface ReviewRow extends AccessReviewRowTable {
  readonly state: RowState;
  /** Of a person; null where it is none, or is there no more. */
  readonly name: string | null;
  readonly account: string | null;
}

type OpeningRefusal = "AccessPointUnknown" | "GroupUnknown" | "RequestMalformed";
interface OpenedReview {
  readonly review: AccessReview;
  readonly rows: number;
  /** So many end at the review's date unless they are confirmed. */
  readonly shortened: number;
}

/**
 * Opens a review: its rows are what is granted now. Where what is not confirmed shall end, every grant that an operator or a delegation gave, and every
 * membership, is cut off at the review's date in this very change: doors know it ahead, and no timer has to run. Confirming gives the old end back.
 *
 * @param mayEnd  whether whoever reviews may end a grant: what is not his is listed alone
 */
export function openReview(
  cloud: Cloud,
  note: ChangeNote,
  { what, due, unconfirmed }: ReviewContent,
  mayEnd: (row: RowFound) => boolean,
): Promise<Result<Changed<OpenedReview>, OpeningRefusal>> {
  const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate(cloud, { ...note, target: `access review ${id}` }, async (mutation): Promise<Result<OpenedReview, OpeningRefusal>> => {
    const { queries, now } = mutation;
    if (due <= now) return refuse("RequestMalformed", "due: is over");
    const found = await rowsAbout(queries, what, now);
    if (!found.ok) return found;
    const cutOff = new Set(rowsCutOff(found.value, { due, unconfirmed }, mayEnd));
    const review: AccessReviewTable = { id, kind: what.kind, about: aboutOfReview(what), opened_by: note.actor, opened_at: now, due, unconfirmed };
    await queries.insertInto("access_review").values(review).execute();
    const rows = found.value.map((row, nth): AccessReviewRowTable => {
      const isShortened = cutOff.has(row);
      const { isEndable: _, accessPoints: __, valid_from, ...kept } = row;
      const begins = row.kind === "membership" ? valid_from : null;
      return { ...kept, begins, id: newEntityId(cloud.nowMs(), cloud.randomBytes), review: id, nth, is_shortened: isShortened ? 1 : 0, verdict: null, decided_by: null, decided_at: null }; // prettier-ignore
    });
    for (const some of portions(rows, 50)) await queries.insertInto("access_review_row").values(some).execute();
    const shortened = rows.filter(({ is_shortened }) => is_shortened === 1);
    for (const row of shortened) await endAt(mutation, row, due);
    return ok({ review: reviewOf(review), rows: rows.length, shortened: shortened.length });
  });
}

/** What a review is about: the place, the group, or the number of days. */
export const aboutOfReview = (what: ReviewSubject): string =>
  what.kind === "place" ? what.accessPoint : what.kind === "group" ? what.group : String(what.days);

/** Those that a review ends at its date unless they are confirmed. */
export const rowsCutOff = (
  rows: readonly RowFound[],
  { due, unconfirmed }: Pick<ReviewContent, "due" | "unconfirmed">,
  mayEnd: (row: RowFound) => boolean,
): RowFound[] => (unconfirmed === "end" ? rows.filter((row) => row.isEndable && row.valid_until > due && row.valid_from < due && mayEnd(row)) : []);

/** Confirms a row, or ends what it is about, at once. */
export function decideRow(
  cloud: Cloud,
  note: ChangeNote,
  review: string,
  id: string,
  verdict: "confirm" | "end",
): Promise<Result<Changed<ReviewRow>, "ReviewUnknown" | "ReviewOver" | "RowGone" | "SourceOwnsGrant" | "SameOperator">> {
  return mutate(cloud, { ...note, target: `access review ${review}` }, async (mutation) => {
    const { queries, now } = mutation;
    const found = await readReview(queries, review, now);
    const row = found?.rows.find((one) => one.id === id);
    if (found === undefined || row === undefined) return refuse("ReviewUnknown", `${review} ${id}`);
    if (found.review.unconfirmed === "end" && found.review.due <= now)
      return refuse("ReviewOver", `it was due ${new Date(found.review.due * 1000).toISOString()}`);
    if (row.state === "gone" || row.state === "ended") return refuse("RowGone", `${row.kind} ${row.about}`);
    if (verdict === "confirm" && row.account !== null && row.account === (await accountOf(queries, note.actor)))
      return refuse("SameOperator", `${note.actor} is ${row.account}: nobody confirms what is his own`);
    if (verdict === "confirm" && row.is_shortened === 1 && row.verdict === null) await endAt(mutation, row, row.valid_until);
    if (verdict === "end") {
      if (row.kind === "grant" && !["policy", "operator", "delegation"].includes(row.source_kind!))
        return refuse("SourceOwnsGrant", `${row.source_kind} ${row.source}`);
      await remove(mutation, row);
    }
    const said = { verdict: verdict === "confirm" ? "confirmed" : "ended", decided_by: note.actor, decided_at: now } as const;
    await queries.updateTable("access_review_row").set(said).where("id", "=", id).execute();
    return ok({ ...row, ...said, state: said.verdict });
  });
}

/** The campus account of an operator; undefined: none, or no operator. */
async function accountOf(queries: Queries, operator: string): Promise<string | null | undefined> {
  return (await queries.selectFrom("operator").select("account").where("id", "=", operator).executeTakeFirst())?.account;
}

/** Reviews, the oldest first. @param openedBy  undefined: all */
export async function listReviews(queries: Queries, openedBy: string | undefined): Promise<AccessReview[]> {
  let query = queries.selectFrom("access_review").selectAll().orderBy("id");
  if (openedBy !== undefined) query = query.where("opened_by", "=", openedBy);
  return (await query.execute()).map(reviewOf);
}

/** A review with its rows, each as it is now. */
export async function readReview(
  queries: Queries,
  id: string,
  now: number,
): Promise<{ readonly review: AccessReview; readonly rows: readonly ReviewRow[] } | undefined> {
  const review = await queries.selectFrom("access_review").selectAll().where("id", "=", id).executeTakeFirst();
  if (review === undefined) return undefined;
  const rows = await queries.selectFrom("access_review_row").selectAll().where("review", "=", id).orderBy("nth").execute();
  const [people, standing] = [new Map<string, { readonly name: string; readonly account: string | null }>(), new Set<string>()];
  for (const some of portions(rows, 500)) {
    const ids = some.filter(({ subject_kind }) => subject_kind === "person").map(({ subject }) => subject);
    if (ids.length > 0)
      for (const row of await queries.selectFrom("person").select(["id", "name", "account"]).where("id", "in", ids).execute()) people.set(row.id, row);
    const grants = some.filter(({ kind }) => kind === "grant").map(({ about }) => about);
    if (grants.length > 0) for (const row of await queries.selectFrom("access_grant").select("id").where("id", "in", grants).execute()) standing.add(row.id);
    const groups = some.filter(({ kind }) => kind === "membership").map(({ about }) => about);
    if (groups.length > 0 && ids.length > 0)
      for (const row of await queries.selectFrom("group_member").selectAll().where("person_group", "in", groups).where("person", "in", ids).execute())
        standing.add(`${row.person_group} ${row.person} ${row.valid_from}`);
  }
  const isThere = ({ kind, about, subject, begins }: AccessReviewRowTable): boolean => standing.has(kind === "grant" ? about : `${about} ${subject} ${begins}`);
  return {
    review: reviewOf(review),
    rows: rows.map((row): ReviewRow => {
      const { name, account } = people.get(row.subject) ?? { name: null, account: null };
      const state = row.verdict === "ended" ? "ended" : !isThere(row) ? "gone" : (row.verdict ?? (review.due <= now ? "unconfirmed" : "open"));
      return { ...row, state, name, account };
    }),
  };
}

/** Sets the end of what a row is about. */
async function endAt({ queries, mark }: Mutation, { kind, about, subject_kind, subject, begins }: AccessReviewRowTable, until: number): Promise<void> {
  mark(subject_kind, subject);
  if (kind === "grant") await queries.updateTable("access_grant").set({ valid_until: until }).where("id", "=", about).execute();
  else
    await queries
      .updateTable("group_member")
      .set({ valid_until: until })
      .where("person_group", "=", about)
      .where("person", "=", subject)
      .where("valid_from", "=", begins!)
      .execute();
}

async function remove({ queries, mark }: Mutation, { kind, about, subject_kind, subject, begins }: AccessReviewRowTable): Promise<void> {
  mark(subject_kind, subject);
  if (kind === "grant") await queries.deleteFrom("access_grant").where("id", "=", about).execute();
  else await queries.deleteFrom("group_member").where("person_group", "=", about).where("person", "=", subject).where("valid_from", "=", begins!).execute();
}

function reviewOf({ id, kind, about, opened_by, opened_at, due, unconfirmed }: AccessReviewTable): AccessReview {
  const what: ReviewSubject = kind === "place" ? { kind, accessPoint: about } : kind === "group" ? { kind, group: about } : { kind, days: Number(about) };
  return { id, what, openedBy: opened_by, openedAt: opened_at, due: due as UnixSeconds, unconfirmed };
}
