import { bytesToHex, type ChainEnd, RECORD } from "@portico/card-protocol";
import { Hono } from "hono";
import { PROBLEM_MEDIA_TYPE, problemOf } from "../api/problem.ts";
import { bodyOf } from "../api/body.ts";
import type { Cloud } from "../cloud.ts";
import { asking, type ControllerEntrance } from "../controller-entrance.ts";
import type { RefusalName } from "../core/refusal.ts";
import { formerMachinesOf, machineOf } from "./event-chains.ts";
import type { EventIntake } from "./event-intake.ts";

/** Where controllers hand over their events. */
export const EVENTS_PATH = "/v1/events";

/** What the routes for events answer from. */
export interface EventRoutesNeeds {
  readonly cloud: Cloud;
  readonly intake: EventIntake;
  readonly entrance: ControllerEntrance;
}

/** `POST /v1/events`: a controller hands over a signed batch, and is answered when it is durable. docs/feed-and-events.md, "Events up". */
export function eventRoutes({ cloud, intake, entrance }: EventRoutesNeeds): Hono {
  const app = new Hono();
  app.post(EVENTS_PATH, async ({ req }) => {
    const controller = await asking(entrance, req.raw);
    if (controller === undefined) return refused("TokenRefused");
    const bytes = await bodyOf(req.raw, RECORD.events.bytesMax);
    if (bytes === undefined) return refused("BodyTooLarge", `at most ${RECORD.events.bytesMax} bytes`);
    const answer = await intake.take(machineOf(controller), bytes, () => formerMachinesOf(cloud.database.queries, controller));
    return answer.ok ? json(200, "application/json", endJson(answer.value)) : refused(answer.error, answer.detail, answer.end);
  });
  return app;
}

const endJson = ({ seq, hash }: ChainEnd) => ({ seq, hash: bytesToHex(hash) });
const json = (status: number, type: string, body: object): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": type, "cache-control": "no-store" } });

function refused(name: RefusalName, detail = "", end?: ChainEnd): Response {
  const body = problemOf(name, { detail });
  return json(body.status, PROBLEM_MEDIA_TYPE, end === undefined ? body : { ...body, end: endJson(end) });
}
