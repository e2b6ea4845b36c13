import { COMMAND_REFUSALS, type CommandRefusal } from "@portico/card-protocol";
import { Hono } from "hono";
import * as z from "zod";
import { jsonBodyOf } from "../api/body.ts";
import { problemAnswer } from "../api/problem.ts";
import { asking, type ControllerEntrance } from "../controller-entrance.ts";
import type { CommandDesk } from "./command-desk.ts";

/** An outcome has a few hundred bytes. */
const BODY_BYTES_MAX = 4_096;
const hex = z.string().regex(/^[0-9a-f]{32}$/);
const outcome = z.discriminatedUnion("outcome", [
  z.strictObject({ id: hex, outcome: z.literal("acted") }),
  z.strictObject({
    id: hex,
    outcome: z.literal("refused"),
    error: z.enum(COMMAND_REFUSALS as readonly [CommandRefusal, ...CommandRefusal[]]),
    detail: z.string().max(1_024),
    nonce: hex.nullable(),
  }),
]);

/** What controllers say became of commands. docs/feed-and-events.md, "Commands". */
export function commandRoutes(desk: CommandDesk, entrance: ControllerEntrance): Hono {
  const app = new Hono();
  app.post("/v1/commands/outcome", async (context) => {
    const controller = await asking(entrance, context.req.raw);
    if (controller === undefined) return problemAnswer("TokenRefused");
    const read = await jsonBodyOf(context.req.raw, outcome, BODY_BYTES_MAX);
    if (read === undefined) return problemAnswer("RequestMalformed", "body: the outcome of a command");
    await desk.heard(controller.id, { error: null, detail: "", nonce: null, ...read });
    return context.body(null, 204);
  });
  return app;
}
