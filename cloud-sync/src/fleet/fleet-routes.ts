import { Hono } from "hono";
import { bodyOf, jsonOf } from "../api/body.ts";
import { problemAnswer } from "../api/problem.ts";
import { asking, type ControllerEntrance } from "../controller-entrance.ts";
import { type AppliedBook, readApplied } from "./applied-book.ts";

/** 17 partitions, each with its signed head. */
const BODY_BYTES_MAX = 65_536;

/** What controllers tell of themselves. docs/feed-and-events.md, "Transport". */
export function fleetRoutes({ book, entrance }: { readonly book: AppliedBook; readonly entrance: ControllerEntrance }): Hono {
  const app = new Hono();
  app.post("/v1/applied", async ({ req }) => {
    const controller = await asking(entrance, req.raw);
    if (controller === undefined) return problemAnswer("TokenRefused");
    const body = await bodyOf(req.raw, BODY_BYTES_MAX);
    if (body === undefined) return problemAnswer("BodyTooLarge", `at most ${BODY_BYTES_MAX} bytes`);
    const applied = readApplied(jsonOf(body));
    if (applied === undefined) return problemAnswer("RequestMalformed", "body: partitions, at most 17, each with epoch, version, digest, publish, head");
    await book.take(controller, applied);
    return new Response(null, { status: 204 });
  });
  return app;
}
