import { SUSPENSION_REASONS, U32_MAX } from "@portico/card-protocol";
import { Hono } from "hono";
import * as z from "zod";
import { jsonBodyOf } from "../api/body.ts";
import { problemAnswer } from "../api/problem.ts";
import type { Cloud } from "../cloud.ts";
import { asking, type ControllerEntrance } from "../controller-entrance.ts";
import { takeRevocationReport } from "./adoption.ts";

/** 20,000 revocations. */
const BODY_BYTES_MAX = 2_500_000;
const u32 = z.int().min(0).max(U32_MAX);
const report = z.strictObject({
  epoch: u32,
  version: u32,
  revocations: z.array(z.strictObject({ credential: z.string().regex(/^[0-9a-f]{16}$/), suspension: z.enum(SUSPENSION_REASONS), since: u32 })).max(20_000),
});

/** What controllers know to be revoked. docs/feed-and-events.md, "A restored backup". */
export function revocationRoutes(cloud: Cloud, entrance: ControllerEntrance): Hono {
  const app = new Hono();
  app.post("/v1/revocations", async (context) => {
    const controller = await asking(entrance, context.req.raw);
    if (controller === undefined) return problemAnswer("TokenRefused");
    const read = await jsonBodyOf(context.req.raw, report, BODY_BYTES_MAX);
    if (read === undefined) return problemAnswer("RequestMalformed", "body: where global stands, and its revocations");
    await takeRevocationReport(cloud, controller.id, read);
    return context.body(null, 204);
  });
  return app;
}
