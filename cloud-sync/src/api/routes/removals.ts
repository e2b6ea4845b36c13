import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { doHeldAct, dropHeldAct } from "../../push/held-act.ts";
import { aboutOfAct, dropRemoval, type HeldRemoval, listRemovals, releaseRemoval } from "../../push/mass-removal.ts";
import { changed, published, reasonMissing, route } from "../route.ts";
import { audience, entityId, page, pageOf, pageQuery, time, timeOf } from "../schemas.ts";

const states = z.enum(["held", "released", "dropped"]);
const removal = z
  .object({
    id: entityId,
    kind: z.enum([
      "push",
      "policy",
      "grant",
      "withholding",
      "plan",
      "profile",
      "schedule",
      "specialDays",
      "operator",
      "delegation",
      "review",
      "reviewRow",
      "accessPoint",
      "accessPointEnd",
    ]),
    of: z.string().openapi({
      description:
        "The push, policy, grant, access plan, profile, schedule, group of special days, operator, delegation or high access point; of a review what it is about, of a row its review; of a withholding from whom, `audience student`. Whom a push would end: GET /v1/pushes/{id}/rows",
    }),
    state: states,
    counts: z.array(z.object({ audience, ending: z.int(), people: z.int() })).openapi({ description: "How many of how many people of each audience" }),
    askedBy: z.string(),
    askedAt: time,
    reason: z.string(),
    decidedBy: z.string().nullable(),
    decidedAt: time.nullable(),
    decidedReason: z.string().nullable(),
  })
  .openapi("Removal");

function removalJson({ act, counts, askedAt, decidedAt, ...rest }: HeldRemoval): z.output<typeof removal> {
  return {
    ...rest,
    kind: act.kind,
    of: aboutOfAct(act),
    counts: counts.map((count) => ({ ...count })),
    askedAt: timeOf(askedAt),
    decidedAt: decidedAt === null ? null : timeOf(decidedAt),
  };
}
const params = z.strictObject({ id: entityId });

export const removalRoutes = {
  "GET /v1/removals": route({
    scope: "access:read",
    action: null,
    summary: "Changes that are held because they would end the access of too many at once, the oldest first; with `state=held` those that wait",
    query: pageQuery.extend({ state: states.optional() }),
    answer: pageOf(removal),
    refusals: [],
    act: async ({ cloud }, { query: { state, after, limit } }) =>
      ok(page((await listRemovals(cloud.database.queries, state, after ?? "", limit)).map(removalJson), limit, ({ id }) => id)),
  }),
  "POST /v1/removals/{id}/release": route({
    scope: "removals:release",
    action: "removal release",
    summary: "Let a held change be done: by another operator than who asked for it, with a reason",
    description: "What was held is done at once, and `notice` says why where it could not be done any more; a push goes on with POST /v1/pushes/{id}/apply.",
    params,
    answer: changed(removal),
    refusals: ["RemovalUnknown", "RemovalDecided", "SameOperator", "ReasonRequired"],
    act: async (call, asked) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      const released = await releaseRemoval(call.cloud, call.note, asked.params.id);
      if (!released.ok) return released;
      const { value } = released.value;
      const { change = released.value.change, refusal } = await doHeldAct(call.cloud, call.note, value);
      const told = await published(call, ok({ value, change }), removalJson);
      return refusal === undefined || !told.ok ? told : ok({ ...told.value, notice: `It is released, but could not be done any more: ${refusal}` });
    },
  }),
  "POST /v1/removals/{id}/drop": route({
    scope: "removals:release",
    action: "removal drop",
    summary: "Give a held change up, with a reason: it is not done",
    params,
    answer: changed(removal),
    refusals: ["RemovalUnknown", "RemovalDecided", "ReasonRequired"],
    act: async (call, asked) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      const dropped = await dropRemoval(call.cloud, call.note, asked.params.id);
      if (dropped.ok) await dropHeldAct(call.cloud, dropped.value.value);
      return published(call, dropped, removalJson);
    },
  }),
};
