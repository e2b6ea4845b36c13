import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { addMember, endMember, putTeam, readTeams, removeTeam, type Team } from "../../cases/teams.ts";
import { route } from "../route.ts";
import { listId, names, pageOf, text, time, timeOf, whole } from "../schemas.ts";

const content = {
  names,
  hours: listId.nullable().openapi({ description: "Hours of the service definitions, which follow the campus calendar; null: always there" }),
  mail: z.email().max(254).nullable().openapi({ description: "Where the team hears of what a case type tells it; null: nowhere" }),
  routes: z
    .array(z.strictObject({ category: text(1, 64).nullable(), area: text(1, 40).nullable() }))
    .max(200)
    .openapi({ description: "What goes to it: category and area before category, before area, before both null" }),
};
const team = z
  .object({
    id: listId,
    ...content,
    members: z.array(z.string()),
    isOnDuty: z.boolean(),
    nextDuty: time.nullable().openapi({ description: "While nobody is on duty: when next; null: not soon" }),
  })
  .openapi("Team");
const params = z.strictObject({ id: listId });
const member = z.strictObject({ id: listId, operator: listId });
const isMember = z.object({ team: listId, operator: listId, isMember: z.boolean() });
const plainChange = <Value extends z.ZodType>(value: Value) => z.object({ value, change: z.int() });

const teamJson = ({ routes, members, nextDuty, ...rest }: Team): z.output<typeof team> => ({
  ...rest,
  routes: routes.map(({ category, area }) => ({ category, area })),
  members: [...members],
  nextDuty: nextDuty === null ? null : timeOf(nextDuty),
});

export const teamRoutes = {
  "GET /v1/teams": route({
    scope: "cases:read",
    action: null,
    within: async () => "anywhere",
    summary: "Teams: who belongs to them, what goes to them, and whether somebody is on duty",
    answer: pageOf(team),
    refusals: [],
    act: async ({ cloud, services }) => ok(whole((await readTeams(cloud, services, cloud.database.queries)).map(teamJson))),
  }),
  "PUT /v1/teams/{id}": route({
    scope: "teams:write",
    action: "team put",
    changes: false,
    summary: "Make a team, or make it say this",
    params,
    body: z.strictObject(content),
    example: { names: { zh: "水电组", en: "Plumbers" }, hours: "office-hours", mail: "plumbers@example.edu", routes: [{ category: "水", area: null }] },
    answer: plainChange(team),
    refusals: ["RequestMalformed", "CaseCategoryUnknown"],
    act: async ({ cloud, services, note }, { params: { id }, body }) => {
      const made = await putTeam(cloud, services, note, { id, ...body });
      return made.ok ? ok({ value: teamJson(made.value.value), change: made.value.change }) : made;
    },
  }),
  "DELETE /v1/teams/{id}": route({
    scope: "teams:write",
    action: "team remove",
    changes: false,
    summary: "Take a team away that no case lies with",
    params,
    answer: plainChange(z.null()),
    refusals: ["TeamUnknown", "StillInUse"],
    act: ({ cloud, note }, { params: { id } }) => removeTeam(cloud, note, id),
  }),
  "PUT /v1/teams/{id}/members/{operator}": route({
    scope: "teams:write",
    action: "team member-add",
    changes: false,
    summary: "Make an operator a member: they act in the team's cases",
    params: member,
    answer: plainChange(isMember),
    refusals: ["TeamUnknown", "OperatorUnknown"],
    act: ({ cloud, note }, { params: { id, operator } }) => addMember(cloud, note, id, operator),
  }),
  "DELETE /v1/teams/{id}/members/{operator}": route({
    scope: "teams:write",
    action: "team member-remove",
    changes: false,
    summary: "Make an operator a member no longer",
    params: member,
    answer: plainChange(isMember),
    refusals: ["TeamUnknown"],
    act: ({ cloud, note }, { params: { id, operator } }) => endMember(cloud, note, id, operator),
  }),
};
