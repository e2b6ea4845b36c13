import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { listAccessPoints, listZones, putAccessPoint, putZone, removeAccessPoint, rotateZoneKey } from "../../places.ts";
import { holdSafeguard } from "../../push/mass-removal.ts";
import { type Call, changed, gone, guardOf, nothing, published, route } from "../route.ts";
import { listId, names, pageOf, whole, zoneId } from "../schemas.ts";

const zone = z
  .object({ id: zoneId, names, keyGeneration: z.int().openapi({ description: "How often the key of its card numbers was changed" }) })
  .openapi("Zone");
const high = z.boolean().openapi({ description: "Two operators have to grant it" });
const accessPoint = z.object({ id: listId, zone: zoneId, names, high }).openapi("AccessPoint");
const zoneParams = z.strictObject({ id: zoneId });
export const accessPointParams = z.strictObject({ id: listId });

/** Whether two operators have to grant it, as it stands. */
async function isHigh({ cloud }: Call, id: string): Promise<boolean> {
  const row = await cloud.database.queries.selectFrom("access_point").select("high").where("id", "=", id).executeTakeFirst();
  return row?.high === 1;
}

export const placeRoutes = {
  "GET /v1/zones": route({
    scope: "places:read",
    action: null,
    summary: "All zones: buildings and groups of gates",
    answer: pageOf(zone),
    refusals: [],
    act: async ({ cloud }) => ok(whole(await listZones(cloud.database.queries))),
  }),
  "PUT /v1/zones/{id}": route({
    scope: "places:write",
    action: "zone put",
    summary: "Make a zone, or rename it",
    params: zoneParams,
    body: z.strictObject({ names }),
    example: { names: { zh: "东区", en: "East" } },
    answer: changed(zone),
    refusals: ["RequestMalformed"],
    act: async (call, { params, body }) => published(call, await putZone(call.cloud, call.note, params.id, body.names), (made) => made),
  }),
  "POST /v1/zones/{id}/rotate-key": route({
    scope: "places:write",
    action: "zone rotate-key",
    summary: "Give a zone a new key: every card number of the zone gets another token",
    params: zoneParams,
    answer: changed(z.object({ generation: z.int() })),
    refusals: ["ZoneUnknown"],
    act: async (call, { params }) => published(call, await rotateZoneKey(call.cloud, call.note, params.id), (made) => made),
  }),
  "GET /v1/access-points": route({
    scope: "places:read",
    action: null,
    summary: "All access points",
    answer: pageOf(accessPoint),
    refusals: [],
    act: async ({ cloud }) => ok(whole(await listAccessPoints(cloud.database.queries))),
  }),
  "PUT /v1/access-points/{id}": route({
    scope: "places:write",
    action: "access-point put",
    summary: "Make an access point, or make it say this",
    description:
      "One that was `high` is made one like any other, or taken away, by two operators: it is held until another releases it. An id that holds `/` is sent percent-encoded: `gate-1%2Fentry`. Moved to another zone it takes its grants along.",
    params: accessPointParams,
    body: z.strictObject({ zone: zoneId, names, high }),
    example: { zone: "east", names: { zh: "东门进", en: "East gate, entry" }, high: false },
    answer: changed(accessPoint),
    refusals: ["ZoneUnknown", "RequestMalformed", "SafeguardHeld"],
    act: async (call, { params, body }) => {
      const wanted = { id: params.id, ...body };
      const held = !body.high && (await isHigh(call, params.id)) ? await holdSafeguard(guardOf(call), { kind: "accessPoint", accessPoint: wanted }) : undefined;
      return held ?? published(call, await putAccessPoint(call.cloud, call.note, wanted), (made) => made);
    },
  }),
  "DELETE /v1/access-points/{id}": route({
    scope: "places:write",
    action: "access-point remove",
    summary: "Take an access point away that no profile and no grant names",
    params: accessPointParams,
    answer: changed(gone),
    refusals: ["AccessPointUnknown", "StillInUse", "SafeguardHeld"],
    act: async (call, { params: { id } }) => {
      const held = (await isHigh(call, id)) ? await holdSafeguard(guardOf(call), { kind: "accessPointEnd", accessPoint: id }) : undefined;
      return held ?? published(call, await removeAccessPoint(call.cloud, call.note, id), nothing);
    },
  }),
};
