import { z } from "@hono/zod-openapi";
import { bytesToHex, CONFIGURATION_BYTES_MAX, hexToBytes, ok, unixSeconds } from "@portico/card-protocol";
import { addController, type Controller, CONTROLLER_ZONES_MAX, listControllers, revokeController } from "../../controllers.ts";
import { approveEnrolment, approveReplacement, listEnrolments, refuseEnrolment, type WaitingEnrolment } from "../../enrolment.ts";
import { refuse } from "../../core/refusal.ts";
import { CONFIGURATION_STATES, type PlannedConfiguration } from "../../fleet/configuration-desk.ts";
import { type SignedConfiguration, signConfiguration } from "../../signed-configuration.ts";
import { changed, gone, nothing, published, route } from "../route.ts";
import { entityId, hexBytes, pageOf, text, time, timeOf, whole, zoneId } from "../schemas.ts";

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
  .object({
    id: controllerId,
    publicKey,
    zones,
    revokedAt: time.nullable().openapi({ description: "Null: it may follow its zones" }),
    machine: z.int().min(1).openapi({ description: "1, 2, 3 …: the nth machine under this id" }),
  })
  .openapi("Controller");
const words = text(1, 200).openapi({ description: "Six, as the machine shows them", example: "abandon zoo able ocean about abandon" });
const enrolment = z
  .object({
    id: entityId,
    controller: controllerId,
    publicKey,
    words,
    asker: z.string().openapi({ description: "The address that asked" }),
    askedAt: time,
    until: time.openapi({ description: "Nobody has decided by then: it is over" }),
    replaces: z.boolean().openapi({ description: "There is a controller of this id: the machine would take its place" }),
  })
  .openapi("Enrolment");
const params = z.strictObject({ id: controllerId });
const planned = z
  .object({
    controller: controllerId,
    epoch: z.int(),
    number: z.int().openapi({ description: "Of the change; a later one is higher" }),
    hash: z.string().openapi({ description: "SHA-256 of the text, hex: what ControllerStarted names once it runs" }),
    issuedAt: time,
  })
  .openapi("PlannedConfiguration");
const standing = planned
  .extend({
    state: z.enum(CONFIGURATION_STATES).openapi({
      description: "running: the controller runs on it; taken: it will from its next start on; refused: error says why; waiting: it has not judged it yet; byFile: it takes none from the cloud", // prettier-ignore
    }),
    error: z.string().nullable(),
    detail: z.string(),
  })
  .openapi("ConfigurationStanding");
const plannedJson = ({ controller: of, epoch, number, hash, issued }: PlannedConfiguration): z.output<typeof planned> => ({ controller: of, epoch, number, hash, issuedAt: timeOf(unixSeconds(issued)) }); // prettier-ignore

const signedJson = ({ file, ...rest }: SignedConfiguration) => ({ file: Buffer.from(file).toString("base64"), ...rest });
const enrolmentParams = z.strictObject({ id: entityId });

const controllerJson = ({ id, publicKey: key, zones: followed, revokedAt, machine }: Controller): z.output<typeof controller> => ({
  id,
  publicKey: bytesToHex(key),
  zones: [...followed],
  revokedAt: revokedAt === null ? null : timeOf(revokedAt),
  machine,
});
const enrolmentJson = (waiting: WaitingEnrolment): z.output<typeof enrolment> => ({
  ...waiting,
  publicKey: bytesToHex(waiting.publicKey),
  askedAt: timeOf(waiting.askedAt),
  until: timeOf(waiting.until),
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
    summary: "Let a controller follow zones, by the key that it has made; or from now on these zones",
    description: "A zone that is taken away ends the controller's feed within 2 s; it begins anew with those that it has.",
    params,
    body: z.strictObject({ publicKey, zones }),
    example: { publicKey: "c050c563".repeat(8), zones: ["east"] },
    answer: changed(controller),
    refusals: ["RequestMalformed", "ZoneUnknown", "IdTaken", "KeyTaken"],
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
  "POST /v1/controllers/{id}/configuration": route({
    scope: "controllers:write",
    action: "configuration sign",
    summary: "Sign a controller's portico.toml, so that it takes it from a file: portico config import",
    description: "Not looked into here: the controller reads it to its end before it takes it. Each is numbered by its change; an older one is refused.",
    params,
    body: z.strictObject({ text: z.base64().max(Math.ceil(CONFIGURATION_BYTES_MAX / 3) * 4) }),
    example: { text: "W3NpdGVdCg==" },
    answer: changed(z.object({ file: z.base64(), epoch: z.int(), number: z.int(), hash: z.string().openapi({ description: "SHA-256 of the text, hex" }) }).openapi("SignedConfiguration")), // prettier-ignore
    refusals: ["ControllerUnknown", "FeedUnsigned"],
    act: async (call, { params: { id }, body }) => {
      const signing = call.keys.feed();
      if (signing.keys === undefined) return refuse("FeedUnsigned", signing.missing);
      return published(call, await signConfiguration(call.cloud, call.note, signing.keys, id, new Uint8Array(Buffer.from(body.text, "base64"))), signedJson);
    },
  }),
  "PUT /v1/controllers/{id}/configuration": route({
    scope: "controllers:write",
    action: "configuration plan",
    summary: "Have a controller run on this portico.toml: it is signed, kept, and told to it on its feed",
    description: "Not looked into here: a controller with [cloud] takes_configuration reads it to its end before it takes it, and runs on it from its next start on. One that is away is told as it comes back.", // prettier-ignore
    params,
    body: z.strictObject({ text: z.base64().max(Math.ceil(CONFIGURATION_BYTES_MAX / 3) * 4) }),
    example: { text: "W3NpdGVdCg==" },
    answer: changed(planned),
    refusals: ["ControllerUnknown", "FeedUnsigned"],
    act: async (call, { params: { id }, body }) =>
      published(call, await call.configurations.plan(call.note, id, new Uint8Array(Buffer.from(body.text, "base64"))), plannedJson),
  }),
  "GET /v1/controllers/{id}/configuration": route({
    scope: "controllers:write",
    action: null,
    summary: "The portico.toml that a controller is to run on",
    params,
    answer: planned.extend({ text: z.base64() }).openapi("PlannedConfigurationText"),
    refusals: ["ConfigurationUnknown"],
    act: async (call, { params: { id } }) => {
      const found = await call.configurations.text(id);
      return found === undefined ? refuse("ConfigurationUnknown", id) : ok({ ...plannedJson(found), text: Buffer.from(found.text).toString("base64") });
    },
  }),
  "GET /v1/configurations": route({
    scope: "places:read",
    action: null,
    summary: "What controllers are to run on, and what became of it at each",
    answer: pageOf(standing),
    refusals: [],
    act: async (call) =>
      ok(whole((await call.configurations.standings()).map(({ state, error, detail, ...rest }) => ({ ...plannedJson(rest), state, error, detail })))),
  }),
  "GET /v1/enrolments": route({
    scope: "places:read",
    action: null,
    summary: "Machines that ask to be controllers and wait for an operator",
    answer: pageOf(enrolment),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listEnrolments(cloud)).map(enrolmentJson))),
  }),
  "POST /v1/enrolments/{id}/approve": route({
    scope: "controllers:write",
    action: "controller enroll",
    summary: "Let a machine in as a new controller, by the six words that it shows",
    params: enrolmentParams,
    body: z.strictObject({ words, zones }),
    example: { words: "abandon zoo able ocean about abandon", zones: ["east"] },
    answer: changed(controller),
    refusals: ["EnrolmentUnknown", "RequestMalformed", "WordsDiffer", "ZoneUnknown", "IdTaken", "KeyTaken"],
    act: async (call, { params: { id }, body }) => published(call, await approveEnrolment(call.cloud, call.note, id, body), controllerJson),
  }),
  "POST /v1/enrolments/{id}/replace": route({
    scope: "controllers:write",
    action: "controller replace",
    summary: "Let a machine take the place of the controller whose id it asks for, by the six words that it shows",
    description: "Zones stay. The key before is never taken again, and the zones get other keys for card numbers.",
    params: enrolmentParams,
    body: z.strictObject({ words }),
    example: { words: "abandon zoo able ocean about abandon" },
    answer: changed(controller),
    refusals: ["EnrolmentUnknown", "RequestMalformed", "WordsDiffer", "ControllerUnknown", "KeyTaken"],
    act: async (call, { params: { id }, body }) => published(call, await approveReplacement(call.cloud, call.note, id, body), controllerJson),
  }),
  "POST /v1/enrolments/{id}/refuse": route({
    scope: "controllers:write",
    action: "controller refuse",
    summary: "Tell a machine that it may not be a controller",
    params: enrolmentParams,
    answer: changed(gone),
    refusals: ["EnrolmentUnknown"],
    act: async (call, { params: { id } }) => published(call, await refuseEnrolment(call.cloud, call.note, id), nothing),
  }),
};
