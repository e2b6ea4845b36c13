import { z } from "@hono/zod-openapi";
import { bytesToHex, hexToBytes, ok } from "@portico/card-protocol";
import { addController, type Controller, CONTROLLER_ZONES_MAX, listControllers, revokeController } from "../../controllers.ts";
import { changed, published, route } from "../route.ts";
import { hexBytes, pageOf, time, timeOf, whole, zoneId } from "../schemas.ts";

const controllerId = z
  .string()
  .regex(/^[!-~]{1,64}$/, "1 to 64 printable ASCII characters without white space")
  .openapi({ example: "gate-house" });
const publicKey = hexBytes(32, 32).openapi({
  description: "Ed25519, made on the controller: `portico controller key` shows it",
  example: "c050c563".repeat(8),
});
const zones = z.array(zoneId).min(1).max(CONTROLLER_ZONES_MAX);
const controller = z
  .object({ id: controllerId, publicKey, zones, revokedAt: time.nullable().openapi({ description: "Null: it may follow its zones" }) })
  .openapi("Controller");
const params = z.strictObject({ id: controllerId });

const controllerJson = ({ id, publicKey: key, zones: followed, revokedAt }: Controller): z.output<typeof controller> => ({
  id,
  publicKey: bytesToHex(key),
  zones: [...followed],
  revokedAt: revokedAt === null ? null : timeOf(revokedAt),
});

export const controllerRoutes = {
  "GET /v1/controllers": route({
    scope: "places:read",
    action: null,
    summary: "All controllers, the revoked ones too",
    answer: pageOf(controller),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listControllers(cloud.database.queries)).map(controllerJson))),
  }),
  "PUT /v1/controllers/{id}": route({
    scope: "controllers:write",
    action: "controller put",
    summary: "Let a controller follow zones, by the key that it has made",
    params,
    body: z.strictObject({ publicKey, zones }),
    example: { publicKey: "c050c563".repeat(8), zones: ["east"] },
    answer: changed(controller),
    refusals: ["RequestMalformed", "ZoneUnknown", "IdTaken"],
    act: async (call, { params: { id }, body }) => {
      const content = { id, publicKey: hexToBytes(body.publicKey)!, zones: body.zones };
      return published(call, await addController(call.cloud, call.note, content), controllerJson);
    },
  }),
  "POST /v1/controllers/{id}/revoke": route({
    scope: "controllers:write",
    action: "controller revoke",
    summary: "End what a controller may, at once; its zones get other keys for card numbers",
    params,
    answer: changed(controller),
    refusals: ["ControllerUnknown"],
    act: async (call, { params: { id } }) => published(call, await revokeController(call.cloud, call.note, id), controllerJson),
  }),
};
