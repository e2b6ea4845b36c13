import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { ZONE_VERBS } from "../../commands/command-desk.ts";
import { STANDING_VERBS, standingOrders } from "../../commands/zone-orders.ts";
import { time, timeOf } from "../schemas.ts";
import { changed, published, reasonMissing, route } from "../route.ts";

const word = z.string().regex(/^\S{1,64}$/u, "1 to 64 characters without white space");

const commandEnd = z
  .object({
    id: z.string().openapi({ description: "32 hex digits; stands in the controller's events" }),
    outcome: z.enum(["acted", "refused", "unheard"]),
    error: z.string().nullable().openapi({ description: "Of a refusal" }),
    detail: z.string(),
  })
  .openapi("CommandEnd");

const zoneCommandEnd = commandEnd.extend({ controller: z.string() }).openapi("ZoneCommandEnd");

const standingOrder = z
  .object({
    zone: z.string(),
    verb: z.enum(STANDING_VERBS).openapi({ description: "`lockdown-release` only as long as somebody has not heard of it" }),
    by: z.string(),
    reason: z.string(),
    since: time,
    waiting: z.array(z.string()).openapi({ description: "Controllers of the zone that have not done it; each is told as soon as it is back" }),
  })
  .openapi("StandingOrder");

export const commandApiRoutes = {
  "GET /v1/lockdowns": route({
    scope: "doors:command",
    action: null,
    summary: "Which zones are locked down from here, and which controllers have not heard of it or of its end",
    answer: z.object({ items: z.array(standingOrder) }),
    refusals: [],
    act: async ({ cloud }) => {
      const found = await standingOrders(cloud.database.queries);
      return ok({ items: found.map(({ zone, verb, actor, reason, at, waiting }) => ({ zone, verb, by: actor, reason, since: timeOf(at), waiting: [...waiting] })) }); // prettier-ignore
    },
  }),
  "POST /v1/zones/{id}/commands": route({
    scope: "doors:command",
    action: "zone command",
    summary: "Lock down a zone, hold a drill in it, or have its doors locked again; at every controller that follows it",
    description:
      "The same command to each controller of the zone at once, each signed for it alone and for 10 s. The answer waits for all: acted, refused, or unheard, by controller. The doors of a controller that is not connected stay as they are until it is back: then a lockdown and its end are made good within seconds, a drill and `relock` are not. Until then act there (portico lockdown start --zone, or its button).",
    params: z.strictObject({ id: z.string().openapi({ example: "east" }) }),
    body: z.strictObject({ verb: z.enum(ZONE_VERBS) }),
    example: { verb: "lockdown" },
    answer: changed(z.object({ commands: z.array(zoneCommandEnd) })),
    refusals: ["ZoneUnknown", "CommandUnsigned", "ReasonRequired"],
    act: async (call, { params: { id }, body }) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      const given = await call.commands.giveZone(call.note, { zone: id, ...body });
      return published(call, given, (commands) => ({ commands: commands.map((each) => ({ ...each })) }));
    },
  }),
  "POST /v1/controllers/{id}/commands": route({
    scope: "doors:command",
    action: "door command",
    summary: "Move a door from afar, and learn what became of it",
    description:
      "Signed for this one controller and for 10 s. The answer waits for what became of it: acted, refused (and why: docs/feed-and-events.md, Commands), or unheard: then it can no longer be carried out.",
    params: z.strictObject({ id: word.openapi({ example: "gate-house" }) }),
    body: z.strictObject({
      target: word.openapi({
        description: "Door, turnstile, direction of a turnstile, lift or floor of a lift as the controller's configuration names it",
        example: "library",
      }),
      verb: z.enum(["access", "lock", "unlock", "block", "lock-down", "lock-open", "double-lock", "release"]),
    }),
    example: { target: "library", verb: "access" },
    answer: changed(commandEnd),
    refusals: ["ControllerUnknown", "CommandUnsigned", "ReasonRequired"],
    act: async (call, { params: { id }, body }) => {
      const missing = reasonMissing(call);
      if (missing !== undefined) return missing;
      const given = await call.commands.give(call.note, { controller: id, ...body });
      return published(call, given, (end) => ({ ...end }));
    },
  }),
};
