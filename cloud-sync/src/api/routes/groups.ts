import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { refuse } from "../../core/refusal.ts";
import { type GroupMember, listGroups, listMembers, putGroup, putMember, removeGroup, removeMember } from "../../groups.ts";
import { changed, gone, nothing, published, route } from "../route.ts";
import { entityId, listId, names, pageOf, pageQuery, validity, validityFrom, validityJson, whole } from "../schemas.ts";

const group = z.object({ id: listId, names }).openapi("Group");
const member = z.object({ person: entityId, validity }).openapi("GroupMember");
const groupId = z.strictObject({ id: listId });
const memberId = z.strictObject({ id: listId, person: entityId });

const memberJson = (one: GroupMember): z.output<typeof member> => ({ person: one.person, validity: validityJson(one.validity) });

export const groupRoutes = {
  "GET /v1/groups": route({
    scope: "people:read",
    action: null,
    summary: "All groups",
    answer: pageOf(group),
    refusals: [],
    act: async ({ cloud }) => ok(whole(await listGroups(cloud.database.queries))),
  }),
  "PUT /v1/groups/{id}": route({
    scope: "people:write",
    action: "group put",
    summary: "Make a group, or rename it",
    params: groupId,
    body: z.strictObject({ names }),
    example: { names: { zh: "计算机一班", en: "Computing, class 1" } },
    answer: changed(group),
    refusals: ["RequestMalformed"],
    act: async (call, { params, body }) => published(call, await putGroup(call.cloud, call.note, { id: params.id, names: body.names }), (made) => made),
  }),
  "DELETE /v1/groups/{id}": route({
    scope: "people:write",
    action: "group remove",
    summary: "Take a group away that has neither members nor grants",
    params: groupId,
    answer: changed(gone),
    refusals: ["GroupUnknown", "StillInUse"],
    act: async (call, { params }) => published(call, await removeGroup(call.cloud, call.note, params.id), nothing),
  }),
  "GET /v1/groups/{id}/members": route({
    scope: "people:read",
    action: null,
    summary: "The members of a group in the order of their ids",
    params: groupId,
    query: pageQuery,
    answer: pageOf(member),
    refusals: ["GroupUnknown"],
    act: async ({ cloud }, { params, query: { after, limit } }) => {
      const known = await cloud.database.queries.selectFrom("person_group").select("id").where("id", "=", params.id).executeTakeFirst();
      if (known === undefined) return refuse("GroupUnknown", params.id);
      // One more than asked for shows whether the last person has memberships on the next page too.
      const found = await listMembers(cloud.database.queries, params.id, after ?? "", limit + 1);
      const cut = found[limit]?.person;
      const kept = cut === undefined ? found : found.filter(({ person }) => person !== cut);
      const items = (kept.length === 0 ? found : kept).map(memberJson);
      return ok({ items, next: cut === undefined ? null : items.at(-1)!.person });
    },
  }),
  "PUT /v1/groups/{id}/members/{person}": route({
    scope: "people:write",
    action: "member put",
    summary: "Make a person a member for a while",
    params: memberId,
    body: z.strictObject({ validity }),
    example: { validity: { from: "2026-09-01T00:00:00+08:00", until: "2027-02-01T00:00:00+08:00" } },
    answer: changed(member),
    refusals: ["GroupUnknown", "PersonUnknown"],
    act: async (call, { params, body }) => {
      const content = { person: params.person, validity: validityFrom(body.validity) };
      return published(call, await putMember(call.cloud, call.note, params.id, content), memberJson);
    },
  }),
  "DELETE /v1/groups/{id}/members/{person}": route({
    scope: "people:write",
    action: "member remove",
    summary: "End a membership now",
    params: memberId,
    answer: changed(gone),
    refusals: ["GroupUnknown", "PersonUnknown"],
    act: async (call, { params }) => published(call, await removeMember(call.cloud, call.note, params.id, params.person), nothing),
  }),
};
