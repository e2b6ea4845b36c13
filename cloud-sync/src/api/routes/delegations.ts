import { z } from "@hono/zod-openapi";
import { CAPABILITIES, ok } from "@portico/card-protocol";
import { createDelegation, type Delegation, endDelegation, grantsOfDelegations, haltDelegation, listDelegations } from "../../delegation/delegations.ts";
import { refuse } from "../../core/refusal.ts";
import { heldGrants } from "../held-grants.ts";
import { DELEGATED_SCOPES } from "../roles.ts";
import { changed, published, route } from "../route.ts";
import { capability, entityId, listId, pageOf, secondsOf, time, timeOf, whole, zoneId } from "../schemas.ts";

const content = {
  operator: listId.openapi({ description: "Who holds it" }),
  zones: z.array(zoneId).max(100).openapi({ description: "Whole zones, with the doors that they will get" }),
  accessPoints: z.array(listId).max(255),
  capabilities: z.array(capability).max(CAPABILITIES.length).openapi({ description: "What it may grant; none: look and review alone" }),
  mayDelegate: z.boolean().openapi({ description: "Whether it may be passed on, in part or whole, never further than this" }),
  until: time,
};
const delegation = z
  .object({
    id: entityId,
    ...content,
    parent: entityId.nullable().openapi({ description: "What it is a part of, and ends with; null: given campus-wide" }),
    givenBy: z.string(),
    givenAt: time,
    endedAt: time.nullable().openapi({ description: "Null: it holds until its date" }),
  })
  .openapi("Delegation");
const params = z.strictObject({ id: entityId });
const delegationJson = (one: Delegation): z.output<typeof delegation> => ({
  ...one,
  zones: [...one.zones],
  accessPoints: [...one.accessPoints],
  capabilities: [...one.capabilities],
  until: timeOf(one.until),
  givenAt: timeOf(one.givenAt),
  endedAt: one.endedAt === null ? null : timeOf(one.endedAt),
});

export const delegationRoutes = {
  "GET /v1/delegations": route({
    scope: "delegations:write",
    action: null,
    within: async () => "anywhere",
    summary: "What was delegated to whom; a delegated administrator sees what he holds and what was made of it",
    answer: pageOf(delegation),
    refusals: [],
    act: async ({ cloud, authority, delegation: own }) => {
      const beneath = own === undefined ? undefined : authority.delegations.map(({ id }) => id);
      return ok(whole((await listDelegations(cloud.database.queries, beneath)).map(delegationJson)));
    },
  }),
  "POST /v1/delegations": route({
    scope: "delegations:write",
    action: "delegation create",
    within: async (_, { body }) => ({
      zones: body.zones,
      accessPoints: body.accessPoints,
      capabilities: body.capabilities,
      until: secondsOf(body.until, 0),
      delegates: true,
    }),
    summary: "Delegate: some places, some capabilities, up to a date",
    description: "Nobody delegates more than he holds, for longer, or further than he may. It ends with what it is a part of.",
    body: z.strictObject(content),
    example: {
      operator: "warden-east",
      zones: ["east"],
      accessPoints: [],
      capabilities: ["pass", "unlock"],
      mayDelegate: false,
      until: "2027-07-01T00:00:00+08:00",
    },
    answer: changed(delegation),
    status: 201,
    refusals: ["OperatorUnknown", "OperatorEnded", "ZoneUnknown", "AccessPointUnknown", "RequestMalformed", "RoleBeyondYours"],
    act: async (call, { body }) => {
      const missing = call.delegation === undefined ? DELEGATED_SCOPES.find((scope) => !call.authority.scopes.has(scope)) : undefined;
      if (missing !== undefined) return refuse("RoleBeyondYours", `a delegation has ${missing}`);
      const given = { ...body, until: secondsOf(body.until, 0) };
      return published(call, await createDelegation(call.cloud, call.note, call.delegation?.id ?? null, given), delegationJson);
    },
  }),
  "POST /v1/delegations/{id}/end": route({
    scope: "delegations:write",
    action: "delegation end",
    within: async ({ cloud, authority }, { params: { id } }) => {
      const own = authority.delegations.map((one) => one.id);
      const beneath = await listDelegations(cloud.database.queries, own);
      const found = beneath.find((one) => one.id === id);
      return found === undefined ? "elsewhere" : "anywhere";
    },
    summary: "End a delegation, with what was passed on from it and every grant that any of these gave",
    description:
      "Where the access of too many would end with it, the end is held until a second operator releases it: from then on nobody may use the delegation, and what was granted stays.",
    params,
    answer: changed(z.object({ delegations: z.int(), grants: z.int() })),
    refusals: ["DelegationUnknown", "RemovalHeld"],
    act: async (call, { params: { id } }) => {
      const held = await heldGrants(call, { kind: "delegation", delegation: id }, await grantsOfDelegations(call.cloud.database.queries, [id]), (mutation) =>
        haltDelegation(mutation, id),
      );
      return held ?? published(call, await endDelegation(call.cloud, call.note, id), (counts) => counts);
    },
  }),
};
