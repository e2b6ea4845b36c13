import { z } from "@hono/zod-openapi";
import { ok, U32_MAX } from "@portico/card-protocol";
import { refuse } from "../../core/refusal.ts";
import type { Within } from "../../delegation/authority.ts";
import { type AccessReview, decideRow, listReviews, openReview, readReview, type ReviewRow } from "../../review/access-reviews.ts";
import { lastUses } from "../../review/last-use.ts";
import { endableBy, endedByReview } from "../../review/review-removal.ts";
import { holdMassRemoval } from "../../push/mass-removal.ts";
import { heldGrants } from "../held-grants.ts";
import { type Call, changed, guardOf, published, route } from "../route.ts";
import { effect, isOwnWithholding } from "./grants.ts";
import { entityId, listId, pageOf, secondsOf, time, timeOf, whole } from "../schemas.ts";
import { GRANT_SOURCES } from "../../store/grant-words.ts";

const what = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("place"), accessPoint: listId }),
    z.strictObject({ kind: z.literal("group"), group: listId }),
    z.strictObject({ kind: z.literal("age"), days: z.int().min(1).max(36_500) }),
  ])
  .openapi({ description: "What is granted at a place; a group's members and grants; what operators granted longer than so many days ago" });
const unconfirmed = z.enum(["list", "end"]).openapi({ description: "What becomes of what nobody has confirmed by `due`" });
const review = z.object({ id: entityId, what, due: time, unconfirmed, openedBy: z.string(), openedAt: time }).openapi("AccessReview");
const row = z
  .object({
    id: entityId,
    kind: z.enum(["grant", "membership"]),
    about: z.string().openapi({ description: "The grant; of a membership its group" }),
    effect: effect.nullable().openapi({ description: "Whether the grant gives or withholds; null: a membership" }),
    subject: z.object({ kind: z.enum(["person", "group", "audience"]), id: z.string(), name: z.string().nullable(), account: z.string().nullable() }),
    since: time.nullable().openapi({ description: "Null: nobody knows" }),
    source: z.object({ kind: z.enum(GRANT_SOURCES), id: z.string() }).nullable(),
    grantedBy: z.string().nullable(),
    until: time.nullable().openapi({ description: "Its end before the review; null: none" }),
    lastUsed: z
      .string()
      .nullable()
      .openapi({ description: "Month in which somebody of the subject was let in last where it opens (in a review of a place: there); null: never in the last 400 days, what it is about has ended, or it withholds", example: "2026-09" }), // prettier-ignore
    endsUnlessConfirmed: z.boolean(),
    state: z.enum(["open", "confirmed", "ended", "unconfirmed", "gone"]).openapi({ description: "`gone`: it has ended otherwise" }),
    decidedBy: z.string().nullable(),
    decidedAt: time.nullable(),
  })
  .openapi("AccessReviewRow");
const reviewId = z.strictObject({ id: entityId });

const reviewJson = (one: AccessReview): z.output<typeof review> => ({ ...one, what: { ...one.what }, due: timeOf(one.due), openedAt: timeOf(one.openedAt) });
function rowJson(one: ReviewRow, lastUsed: string | null): z.output<typeof row> {
  const { id, kind, about, state } = one;
  return {
    id,
    kind,
    about,
    effect: kind === "grant" ? one.effect : null,
    subject: { kind: one.subject_kind, id: one.subject, name: one.name, account: one.account },
    since: one.since === null ? null : timeOf(one.since),
    source: one.source_kind === null ? null : { kind: one.source_kind, id: one.source! },
    grantedBy: one.granted_by,
    until: one.valid_until === U32_MAX ? null : timeOf(one.valid_until),
    lastUsed,
    endsUnlessConfirmed: one.is_shortened === 1 && one.verdict === null,
    state,
    decidedBy: one.decided_by,
    decidedAt: one.decided_at === null ? null : timeOf(one.decided_at),
  };
}
const nowOf = ({ cloud }: Call): number => Math.floor(cloud.nowMs() / 1000);

/** A delegated administrator goes on with what he has opened himself. */
async function withinOwn(call: Call, id: string): Promise<Within> {
  const found = await readReview(call.cloud.database.queries, id, nowOf(call));
  return found?.review.openedBy === call.note.actor ? "anywhere" : "elsewhere";
}

/** The grant that a row is about; none where it is about a membership. */
async function grantOfRow({ cloud }: Call, review: string, id: string): Promise<string[]> {
  const { queries } = cloud.database;
  const rows = await queries.selectFrom("access_review_row").select("about").where("review", "=", review).where("id", "=", id).where("kind", "=", "grant").execute(); // prettier-ignore
  return rows.map(({ about }) => about);
}

export const accessReviewRoutes = {
  "GET /v1/access-reviews": route({
    scope: "reviews:write",
    action: null,
    within: async () => "anywhere",
    summary: "Reviews of what is granted; a delegated administrator sees his own",
    answer: pageOf(review),
    refusals: [],
    act: async ({ cloud, delegation, note }) =>
      ok(whole((await listReviews(cloud.database.queries, delegation === undefined ? undefined : note.actor)).map(reviewJson))),
  }),
  "POST /v1/access-reviews": route({
    scope: "reviews:write",
    action: "access-review open",
    within: async (_, { body }) => (body.what.kind === "place" ? { accessPoints: [body.what.accessPoint] } : "elsewhere"),
    summary: "Review what is granted: each grant and membership is confirmed or ended by a date",
    description:
      "With `unconfirmed: end`, what operators and delegations gave, and memberships, are cut off at `due` at once, so that doors know it ahead; confirming gives the old end back. Policies, reservations, visits, cases and what withholds are listed alone.",
    body: z.strictObject({ what, due: time, unconfirmed }),
    example: { what: { kind: "place", accessPoint: "lab-3" }, due: "2026-10-01T00:00:00+08:00", unconfirmed: "end" },
    answer: changed(z.object({ review, rows: z.int(), shortened: z.int().openapi({ description: "So many end at `due` unless they are confirmed" }) })),
    status: 201,
    refusals: ["AccessPointUnknown", "GroupUnknown", "RequestMalformed", "RemovalHeld"],
    act: async (call, { body }) => {
      const content = { ...body, due: secondsOf(body.due, 0) };
      const [by, mayEnd] = [call.delegation?.id ?? null, await endableBy(call.cloud, call.delegation?.id ?? null)];
      const ending = await endedByReview(call.cloud, content, mayEnd);
      const held = await holdMassRemoval(guardOf(call), { kind: "review", review: content, by }, ending);
      if (held !== undefined) return held;
      const made = await openReview(call.cloud, call.note, content, mayEnd);
      return published(call, made, ({ review: one, ...counts }) => ({ review: reviewJson(one), ...counts }));
    },
  }),
  "GET /v1/access-reviews/{id}": route({
    scope: "reviews:write",
    action: null,
    within: (call, { params }) => withinOwn(call, params.id),
    summary: "A review with its rows: who, by which source, since when, given by whom, in which month used last, and what became of it",
    params: reviewId,
    answer: z.object({ review, rows: z.array(row) }),
    refusals: ["ReviewUnknown"],
    act: async (call, { params: { id } }) => {
      const found = await readReview(call.cloud.database.queries, id, nowOf(call));
      if (found === undefined) return refuse("ReviewUnknown", id);
      const uses = await lastUses(call.cloud, found.review.what, found.rows);
      return ok({ review: reviewJson(found.review), rows: found.rows.map((one, nth) => rowJson(one, uses[nth]!)) });
    },
  }),
  "POST /v1/access-reviews/{id}/rows/{row}": route({
    scope: "reviews:write",
    action: "access-review decide",
    within: async (call, { params, body }) => {
      const { queries } = call.cloud.database;
      if ((await withinOwn(call, params.id)) === "elsewhere") return "elsewhere";
      const found = await queries.selectFrom("access_review_row").select(["kind", "about"]).where("id", "=", params.row).where("review", "=", params.id).executeTakeFirst(); // prettier-ignore
      const grant = found?.kind === "grant" ? await queries.selectFrom("access_grant").select(["access_points", "source_kind", "effect", "granted_by"]).where("id", "=", found.about).executeTakeFirst() : undefined; // prettier-ignore
      if (grant === undefined || grant.access_points === null || !["operator", "delegation"].includes(grant.source_kind)) return "elsewhere";
      // What withholds is looked at by whoever answers for the place, and ended by whoever gave it.
      if (grant.effect === "withhold" && body.verdict === "end" && !isOwnWithholding(grant, call)) return "elsewhere";
      return { accessPoints: JSON.parse(grant.access_points) as string[] };
    },
    summary: "Confirm a row of a review, or end what it is about, at once",
    description: "Nobody confirms what is his own: the operator whose campus account is the person's.",
    params: z.strictObject({ id: entityId, row: entityId }),
    body: z.strictObject({ verdict: z.enum(["confirm", "end"]) }),
    example: { verdict: "confirm" },
    answer: changed(row),
    refusals: ["ReviewUnknown", "ReviewOver", "RowGone", "SourceOwnsGrant", "SameOperator", "RemovalHeld"],
    act: async (call, { params: { id, row: nth }, body: { verdict } }) => {
      const grants = verdict === "confirm" ? [] : await grantOfRow(call, id, nth);
      const held = await heldGrants(call, { kind: "reviewRow", review: id, row: nth }, grants);
      if (held !== undefined) return held;
      // Before: what is ended opens nothing any more.
      const before = await readReview(call.cloud.database.queries, id, nowOf(call));
      const [lastUsed] = before === undefined ? [] : await lastUses(call.cloud, before.review.what, before.rows.filter((one) => one.id === nth)); // prettier-ignore
      return published(call, await decideRow(call.cloud, call.note, id, nth, verdict), (one) => rowJson(one, lastUsed ?? null));
    },
  }),
};
