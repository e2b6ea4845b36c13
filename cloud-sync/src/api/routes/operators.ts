import { z } from "@hono/zod-openapi";
import { hexToBytes, ok, U32_MAX } from "@portico/card-protocol";
import {
  addOperatorKey,
  endOperator,
  grantsOfOperator,
  haltOperator,
  listOperators,
  type Operator,
  putOperator,
  readOperator,
} from "../../delegation/operators.ts";
import { refuse } from "../../core/refusal.ts";
import { heldGrants } from "../held-grants.ts";
import { accessReviewRoutes } from "./access-reviews.ts";
import { delegationRoutes } from "./delegations.ts";
import { type Role, ROLE_NAMES, ROLES } from "../roles.ts";
import { type Call, changed, published, route } from "../route.ts";
import { entityId, hexBytes, listId, pageOf, secondsOf, text, time, timeOf, whole } from "../schemas.ts";

const role = z.enum(ROLE_NAMES).nullable().openapi({ description: "What it may everywhere; null: only what is delegated to it" });
const account = z.email().max(254).nullable().openapi({ description: "The whole mail address of the campus account; null: by key file alone" });
const until = time.nullable().openapi({ description: "Null: without an end" });
const operator = z
  .object({ id: listId, name: text(1, 100), account, role, until, endedAt: time.nullable().openapi({ description: "Null: it may act" }) })
  .openapi("Operator");
const params = z.strictObject({ id: listId });
const operatorJson = (one: Operator): z.output<typeof operator> => ({
  ...one,
  until: one.until === U32_MAX ? null : timeOf(one.until),
  endedAt: one.endedAt === null ? null : timeOf(one.endedAt),
});

/** Nobody makes somebody who may more than he may himself. */
function excessOfRole({ authority }: Call, given: Role | null) {
  const missing = given === null ? undefined : ROLES[given].find((scope) => !authority.scopes.has(scope));
  return missing === undefined ? undefined : refuse("RoleBeyondYours", `${given} has ${missing}`);
}

/** Operators, what is delegated to them, and the reviews in which they answer for it. */
export const operatorRoutes = {
  ...delegationRoutes,
  ...accessReviewRoutes,
  "GET /v1/operators": route({
    scope: "operators:read",
    action: null,
    summary: "Who runs access here, those whose part has ended too",
    answer: pageOf(operator),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listOperators(cloud.database.queries)).map(operatorJson))),
  }),
  "PUT /v1/operators/{id}": route({
    scope: "operators:write",
    action: "operator put",
    summary: "Make an operator, or make one say this",
    description: "The id stands in the audit and is never given to another. Nobody gives a role that may more than he may himself.",
    params,
    body: z.strictObject({ name: text(1, 100), account, role, until }),
    example: { name: "李卫", account: "liwei@example.edu", role: "guard", until: null },
    answer: changed(operator),
    refusals: ["IdTaken", "AccountTaken", "RoleBeyondYours"],
    act: async (call, { params: { id }, body }) => {
      const before = await readOperator(call.cloud.database.queries, id);
      const excess = excessOfRole(call, body.role) ?? excessOfRole(call, before?.role ?? null);
      if (excess !== undefined) return excess;
      return published(call, await putOperator(call.cloud, call.note, { ...body, id, until: secondsOf(body.until, U32_MAX) }), operatorJson);
    },
  }),
  "POST /v1/operators/{id}/end": route({
    scope: "operators:write",
    action: "operator end",
    summary: "End an operator, at once: keys, delegations and what was made of them",
    description:
      "What it granted campus-wide ends too, unless `successor` takes it over: no grant outlives its source. Where the access of too many would end with it, the end is held until a second operator releases it: from then on the operator may act no more, and what was granted stays.",
    params,
    body: z.strictObject({ successor: listId.nullable() }),
    example: { successor: null },
    answer: changed(z.object({ operator, delegations: z.int(), grants: z.int().openapi({ description: "So many ended, or went over to the successor" }) })),
    refusals: ["OperatorUnknown", "OperatorEnded", "RemovalHeld"],
    act: async (call, { params: { id }, body: { successor } }) => {
      const grants = await grantsOfOperator(call.cloud.database.queries, id, successor !== null);
      const held = await heldGrants(call, { kind: "operator", operator: id, successor }, grants, (mutation) => haltOperator(mutation, id));
      return (
        held ??
        published(call, await endOperator(call.cloud, call.note, id, successor), ({ operator: ended, ...counts }) => ({
          operator: operatorJson(ended),
          ...counts,
        }))
      );
    },
  }),
  "POST /v1/operators/{id}/keys": route({
    scope: "operators:write",
    action: "operator key-add",
    summary: "Let an operator in by the public half of a key that it has made",
    params,
    body: z.strictObject({ publicKey: hexBytes(32, 32), until }),
    example: { publicKey: "c050c563".repeat(8), until: null },
    answer: changed(z.object({ key: entityId })),
    status: 201,
    refusals: ["OperatorUnknown", "OperatorEnded", "KeyTaken", "RequestMalformed", "RoleBeyondYours"],
    act: async (call, { params: { id }, body }) => {
      const before = await readOperator(call.cloud.database.queries, id);
      const excess = excessOfRole(call, before?.role ?? null);
      if (excess !== undefined) return excess;
      const ends = body.until === null ? null : secondsOf(body.until, U32_MAX);
      return published(call, await addOperatorKey(call.cloud, call.note, id, hexToBytes(body.publicKey)!, ends), (made) => made);
    },
  }),
};
