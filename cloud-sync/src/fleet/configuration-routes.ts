import { Hono } from "hono";
import * as z from "zod";
import { jsonBodyOf } from "../api/body.ts";
import { problemAnswer } from "../api/problem.ts";
import { asking, type ControllerEntrance } from "../controller-entrance.ts";
import type { ConfigurationDesk, ToldConfiguration } from "./configuration-desk.ts";

/** An outcome has a few hundred bytes. */
const BODY_BYTES_MAX = 4_096;
const number = z.int().min(0).max(0xffff_ffff);
const outcome = z.discriminatedUnion("outcome", [
  z.strictObject({ epoch: number, number, outcome: z.literal("taken") }),
  z.strictObject({ epoch: number, number, outcome: z.literal("refused"), error: z.string().min(1).max(64), detail: z.string().max(1_024) }),
]);

/** What controllers say became of configurations. docs/feed-and-events.md, "Configuration by file". */
export function configurationRoutes(desk: ConfigurationDesk, entrance: ControllerEntrance): Hono {
  const app = new Hono();
  app.post("/v1/configurations/outcome", async (context) => {
    const controller = await asking(entrance, context.req.raw);
    if (controller === undefined) return problemAnswer("TokenRefused");
    const read = await jsonBodyOf(context.req.raw, outcome, BODY_BYTES_MAX);
    if (read === undefined) return problemAnswer("RequestMalformed", "body: the outcome of a configuration");
    await desk.heard(controller.id, {
      epoch: read.epoch,
      number: read.number,
      ...(read.outcome === "taken" ? { error: null, detail: "" } : { error: read.error, detail: read.detail }),
    });
    return context.body(null, 204);
  });
  return app;
}

/** `epoch:number:hash` of a question for the feed; undefined: it is left out, or is none. */
export function toldConfigurationOf(text: string | undefined): ToldConfiguration {
  const [, epoch, nth, running] = /^(\d{1,10}):(\d{1,10}):([0-9a-f]{64})$/.exec(text ?? "") ?? [];
  return running === undefined ? undefined : { epoch: Number(epoch), number: Number(nth), running };
}
