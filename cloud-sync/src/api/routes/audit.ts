import { yearsMissing } from "../../calendar-watch.ts";
import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { checkpointKeyOf, readRetentionRun } from "../../events/event-retention.ts";
import { route } from "../route.ts";
import { page, pageOf, pageQuery, time, timeOf } from "../schemas.ts";
import { retentionJson, retentionState } from "./retention.ts";

const change = z
  .object({
    id: z.int(),
    at: time,
    actor: z.string(),
    action: z.string().openapi({ description: "Noun and verb", example: "credential report-lost" }),
    target: z.string().openapi({ example: "credential 1eb73f7ee8a4244d" }),
    reason: z.string(),
    publish: z.int().nullable().openapi({ description: "The publication that carries it; null: none yet" }),
  })
  .openapi("Change");

export const auditRoutes = {
  "GET /v1/changes": route({
    scope: "audit:read",
    action: null,
    summary: "The audit: who changed what, when, why, and in which publication; the oldest first",
    query: pageQuery.extend({
      after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional().openapi({ description: "`next` of the page before" }),
    }),
    answer: pageOf(change),
    refusals: [],
    act: async ({ cloud }, { query: { after, limit } }) => {
      const rows = await cloud.database.queries
        .selectFrom("change_record")
        .select(["id", "at", "actor", "action", "target", "reason", "publish"])
        .where("id", ">", after ?? 0)
        .orderBy("id")
        .limit(limit)
        .execute();
      return ok(
        page(
          rows.map((row) => ({ ...row, at: timeOf(row.at) })),
          limit,
          ({ id }) => String(id),
        ),
      );
    },
  }),
};

export const openRoutes = {
  "GET /v1/health": route({
    scope: "none",
    action: null,
    summary: "Whether the cloud answers, and its newest publication",
    answer: z
      .object({
        site: z.string(),
        publish: z.int(),
        calendarMissing: z.array(z.int()).openapi({
          description: "Years whose list the campus calendar should have by now and has not: without it every holiday opens like any day",
        }),
        retention: retentionState,
      })
      .openapi("Health"),
    refusals: [],
    act: async ({ cloud, keys }) => {
      const { queries } = cloud.database;
      const { publish } = await queries.selectFrom("site").select("publish").executeTakeFirstOrThrow();
      const retention = retentionJson(await readRetentionRun(queries), checkpointKeyOf(keys) !== undefined);
      return ok({ site: cloud.site, publish, calendarMissing: await yearsMissing(cloud, queries), retention });
    },
  }),
  "GET /v1/openapi.json": route({
    scope: "none",
    action: null,
    summary: "This document",
    answer: z.looseObject({}),
    refusals: [],
    act: async ({ document }) => ok({ ...document() }),
  }),
};
