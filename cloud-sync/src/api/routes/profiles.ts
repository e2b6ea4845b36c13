import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { type AccessProfile, listAccessProfiles, putAccessProfile, removeAccessProfile } from "../../profiles.ts";
import { holdMassRemoval } from "../../push/mass-removal.ts";
import { endedByProfile } from "../../push/policy-removal.ts";
import { changed, gone, guardOf, nothing, published, route } from "../route.ts";
import { capability, listId, names, pageOf, whole } from "../schemas.ts";

/** So many fit the 4,096 bytes of a feed item, whatever their numbers. docs/feed-and-events.md. */
export const POLICIES_MAX = 480;

export const policies = z.array(
  z.strictObject({ accessPoint: listId, capability, schedule: listId.openapi({ description: "`always`, or a schedule's id", example: "always" }) }),
);
const accessProfile = z.object({ id: listId, names, policies }).openapi("AccessProfile");
const id = z.strictObject({ id: listId });
const profileJson = (profile: AccessProfile): z.output<typeof accessProfile> => ({ ...profile, policies: [...profile.policies] });

export const profileRoutes = {
  "GET /v1/access-profiles": route({
    scope: "places:read",
    action: null,
    summary: "All access profiles",
    answer: pageOf(accessProfile),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listAccessProfiles(cloud.database.queries)).map(profileJson))),
  }),
  "PUT /v1/access-profiles/{id}": route({
    scope: "places:write",
    action: "access-profile put",
    summary: "Make an access profile, or make it say this: everybody who has it follows",
    params: id,
    body: z.strictObject({ names, policies: policies.max(POLICIES_MAX) }).openapi("AccessProfileContent"),
    example: { names: { zh: "校门", en: "Gates" }, policies: [{ accessPoint: "gate-1/entry", capability: "pass", schedule: "always" }] },
    answer: changed(accessProfile),
    refusals: ["RequestMalformed", "AccessPointUnknown", "ScheduleUnknown", "SecondOperatorRequired", "RemovalHeld"],
    act: async (call, { params, body }) => {
      const profile = { id: params.id, ...body };
      const held = await holdMassRemoval(guardOf(call), { kind: "profile", profile }, await endedByProfile(call.cloud, profile));
      return held ?? published(call, await putAccessProfile(call.cloud, call.note, profile), profileJson);
    },
  }),
  "DELETE /v1/access-profiles/{id}": route({
    scope: "places:write",
    action: "access-profile remove",
    summary: "Take an access profile away that no grant names",
    params: id,
    answer: changed(gone),
    refusals: ["ProfileUnknown", "StillInUse"],
    act: async (call, { params }) => published(call, await removeAccessProfile(call.cloud, call.note, params.id), nothing),
  }),
};
