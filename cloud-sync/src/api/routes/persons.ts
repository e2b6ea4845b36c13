import { z } from "@hono/zod-openapi";
import { HOLDER_FLAGS, ok } from "@portico/card-protocol";
import { refuse } from "../../core/refusal.ts";
import { endAudience, findPeople, listPeople, type Person, putAudience, putPerson, readPerson, removePerson } from "../../people.ts";
import { changed, gone, nothing, published, route, reasonMissing } from "../route.ts";
import { accountField, audience, entityId, page, pageOf, pageQuery, phoneField, text, validity, validityFrom, validityJson } from "../schemas.ts";

const flags = HOLDER_FLAGS.filter((flag) => flag !== "visitor");
export const personContent = {
  account: accountField,
  name: text(1, 200),
  phone: phoneField,
  mail: z.email().max(254).nullable(),
  flags: z.array(z.enum(flags)).max(flags.length).openapi({ description: "What doors have to know; that somebody is a visitor the audiences say" }),
  partySize: z.int().min(1).max(255).openapi({ description: "How many pass on one presentation" }),
};
const personBody = z.strictObject(personContent).openapi("PersonContent");
const memberOf = z.object({ audience, validity, sponsor: entityId.nullable().openapi({ description: "Who vouches: of family, nobody else has one" }) });
export const person = z.object({ id: entityId, ...personContent, audiences: z.array(memberOf) }).openapi("Person");
const audienceBody = z.strictObject({ validity, sponsor: entityId.nullable() }).openapi("AudienceContent");
export const personId = z.strictObject({ id: entityId });
const audienceParams = z.strictObject({ id: entityId, audience });

export const personExample = { account: "zhang@connect.example.edu", name: "张三", phone: "+8613800138000", mail: null, flags: [], partySize: 1 };

export const personJson = (value: Person): z.output<typeof person> => ({
  ...value,
  flags: [...value.flags],
  audiences: value.audiences.map((one) => ({ audience: one.audience, validity: validityJson(one.validity), sponsor: one.sponsor })),
});

export const personRoutes = {
  "POST /v1/persons": route({
    scope: "people:write",
    action: "person create",
    summary: "Make a person",
    body: personBody,
    example: personExample,
    answer: changed(person),
    status: 201,
    refusals: ["AccountTaken"],
    act: async (call, { body }) => published(call, await putPerson(call.cloud, call.note, undefined, body), personJson),
  }),
  "PUT /v1/persons/{id}": route({
    scope: "people:write",
    action: "person put",
    summary: "Make a person of this id, or make an existing one say this",
    params: personId,
    body: personBody,
    example: personExample,
    answer: changed(person),
    refusals: ["AccountTaken", "PersonErased"],
    act: async (call, { params, body }) => published(call, await putPerson(call.cloud, call.note, params.id, body), personJson),
  }),
  "GET /v1/persons/{id}": route({
    scope: "people:read",
    action: null,
    summary: "One person",
    params: personId,
    answer: person,
    refusals: ["PersonUnknown"],
    act: async ({ cloud }, { params }) => {
      const found = await readPerson(cloud.database.queries, params.id);
      return found === undefined ? refuse("PersonUnknown", params.id) : ok(personJson(found));
    },
  }),
  "GET /v1/persons": route({
    scope: "people:read",
    action: null,
    // Whoever grants something finds whom it is for, by the whole account or number, and leafs through nobody.
    within: async (_, { query: { account, phone } }) => (account === undefined && phone === undefined ? "elsewhere" : "anywhere"),
    summary: "People in the order of their ids, or those of one account or phone",
    query: pageQuery
      .extend({ account: personContent.account.unwrap().optional(), phone: personContent.phone.unwrap().optional() })
      .refine(({ account, phone, after }) => [account, phone, after].filter((one) => one !== undefined).length < 2, "at most one of account, phone and after"),
    answer: pageOf(person),
    refusals: [],
    act: async ({ cloud }, { query: { account, phone, after, limit } }) => {
      const { queries } = cloud.database;
      if (account !== undefined) return ok({ items: (await findPeople(queries, { account })).map(personJson), next: null });
      if (phone !== undefined) return ok({ items: (await findPeople(queries, { phone })).map(personJson), next: null });
      return ok(page((await listPeople(queries, after ?? "", limit)).map(personJson), limit, ({ id }) => id));
    },
  }),
  "DELETE /v1/persons/{id}": route({
    scope: "people:write",
    action: "person remove",
    summary: "Take a person away with all credentials, memberships and grants, with a reason",
    params: personId,
    answer: changed(gone),
    refusals: ["PersonUnknown", "StillSponsor", "ReasonRequired"],
    act: async (call, { params }) => reasonMissing(call) ?? published(call, await removePerson(call.cloud, call.note, params.id), nothing),
  }),
  "PUT /v1/persons/{id}/audiences/{audience}": route({
    scope: "people:write",
    action: "audience put",
    summary: "Make a person belong to an audience for a while",
    description: "Replaces what was said of the same audience from the same instant on. Family needs a sponsor whose status holds now (rule 1.6).",
    params: audienceParams,
    body: audienceBody,
    example: { validity: { from: "2026-09-01T00:00:00+08:00", until: "2030-07-01T00:00:00+08:00" }, sponsor: null },
    answer: changed(person),
    refusals: ["PersonUnknown", "SponsorRequired", "SponsorNotLive"],
    act: async (call, { params, body }) => {
      const belongs = { audience: params.audience, validity: validityFrom(body.validity), sponsor: body.sponsor };
      return published(call, await putAudience(call.cloud, call.note, params.id, belongs), personJson);
    },
  }),
  "DELETE /v1/persons/{id}/audiences/{audience}": route({
    scope: "people:write",
    action: "audience end",
    summary: "End an audience now; what family lives by it ends in the same change",
    params: audienceParams,
    answer: changed(person),
    refusals: ["PersonUnknown"],
    act: async (call, { params }) => published(call, await endAudience(call.cloud, call.note, params.id, params.audience), personJson),
  }),
};
