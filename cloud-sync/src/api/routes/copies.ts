import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { CAPTURED, capturePolicy, reportCapture, setCapturePolicy } from "../../copies/captures.ts";
import { CAPTURE_ACTS, COPY_KINDS } from "../../core/copy-rules.ts";
import { COPY_OUTCOMES } from "../../store/event-tables.ts";
import { changed, published, route } from "../route.ts";
import { credentialId, entityId, page, pageOf, pageQuery, time, timeOf } from "../schemas.ts";

const policy = z
  .strictObject({ first: z.enum(CAPTURE_ACTS), repeated: z.enum(CAPTURE_ACTS) })
  .openapi("CapturePolicy", { description: "What is done about a capture, and about another within 30 days", example: { first: "warn", repeated: "freeze" } });
const outcome = z.enum(COPY_OUTCOMES).openapi({ description: "`unchanged`: the credential's state did not allow more" });
const finding = z
  .object({
    id: z.int(),
    credential: credentialId,
    kind: z.enum([...COPY_KINDS, "capture"]),
    at: time,
    outcome,
    evidence: z.string().openapi({ description: "JSON: the two signed passes, or what was captured" }),
  })
  .openapi("CopyFinding");

export const copyRoutes = {
  "GET /v1/copies": route({
    scope: "events:read",
    action: null,
    summary: "Copies of phones' keys that doors have seen, and captures that phones have reported; the oldest first",
    query: pageQuery.extend({
      after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional().openapi({ description: "`next` of the page before" }),
    }),
    answer: pageOf(finding),
    refusals: [],
    act: async ({ cloud }, { query: { after, limit } }) => {
      const rows = await cloud.database.queries
        .selectFrom("copy_finding")
        .select(["id", "credential", "kind", "at", "outcome", "evidence"])
        .where("id", ">", after ?? 0)
        .orderBy("id")
        .limit(limit)
        .execute();
      return ok(page(rows.map(({ at, ...row }) => ({ ...row, at: timeOf(at) })), limit, ({ id }) => String(id))); // prettier-ignore
    },
  }),
  "POST /v1/credentials/{id}/captures": route({
    scope: "captures:write",
    action: "capture report",
    summary: "The owner's own phone has noticed a screenshot, a recording or a cast of its QR",
    params: z.strictObject({ id: credentialId }),
    body: z.strictObject({ person: entityId.openapi({ description: "Who is logged in on the phone: the credential's owner" }), what: z.enum(CAPTURED) }),
    example: { person: "01990246-a5d0-7000-8000-0123456789ab", what: "screenshot" },
    answer: changed(z.object({ outcome, repeated: z.boolean().openapi({ description: "Another within 30 days" }) })),
    refusals: ["CredentialUnknown", "OwnerOnly", "QrOnly"],
    act: async (call, { params: { id }, body: { person, what } }) =>
      published(call, await reportCapture(call.cloud, call.note, id, person, what), ({ outcome: came, isRepeated }) => ({
        outcome: came,
        repeated: isRepeated,
      })),
  }),
  "GET /v1/capture-policy": route({
    scope: "captures:write",
    action: null,
    summary: "What is done about captures",
    answer: policy,
    refusals: [],
    act: async ({ cloud }) => ok(await capturePolicy(cloud.database.queries)),
  }),
  "PUT /v1/capture-policy": route({
    scope: "captures:write",
    action: "capture-policy put",
    summary: "Say what is done about captures from now on",
    body: policy,
    example: { first: "warn", repeated: "freeze" },
    answer: changed(policy),
    refusals: [],
    act: async (call, { body }) => published(call, await setCapturePolicy(call.cloud, call.note, body), (value) => value),
  }),
};
