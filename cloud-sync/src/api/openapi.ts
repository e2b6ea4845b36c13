import { OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { REFUSAL, type RefusalName } from "../core/refusal.ts";
import { PROBLEM_MEDIA_TYPE, problem } from "./problem.ts";
import { type NamedRoute, ROUTE_LIST } from "./routes.ts";
import { SIGNATURE_WINDOW_S } from "./signature-profile.ts";

const DESCRIPTION = `People, credentials, places and grants of a campus. Requests are signed, docs/api.md says how. Times are RFC 3339; null is without a beginning or an end.
A change is answered with the number of the publication that carries it to the doors.`;
const SIGNATURE = `HTTP message signature, RFC 9421, Ed25519, at most ${SIGNATURE_WINDOW_S} s old, with a nonce: headers Signature-Input and Signature, and Content-Digest (RFC 9530) of a body. The scope that a route needs stands beside it.`;

/** What every signed route may say no with. */
const SIGNED: readonly RefusalName[] = ["RequestMalformed", "SignatureMissing", "SignatureRefused", "NonceReused", "ScopeMissing", "BodyTooLarge"];
const WITH_BODY: readonly RefusalName[] = ["ContentTypeRefused"];
const POSTED: readonly RefusalName[] = ["IdempotencyKeyReused", "AnswerUnknown"];
/** Responses that many routes have alike. */
const SHARED: Readonly<Record<string, readonly RefusalName[]>> = {
  Malformed: ["RequestMalformed"],
  NotSigned: ["SignatureMissing", "SignatureRefused", "NonceReused"],
  ScopeMissing: ["ScopeMissing"],
  BodyTooLarge: ["BodyTooLarge"],
  ContentTypeRefused: ["ContentTypeRefused"],
  NotRepeated: POSTED,
  Unexpected: ["Unexpected"],
};

let document: object | undefined;
/** The OpenAPI 3.1 document of all routes. The same at each call; docs/openapi.json is this. */
export const openApiDocument = (): object => (document ??= makeDocument());

function makeDocument(): object {
  const paper = new OpenAPIHono();
  paper.openAPIRegistry.registerComponent("securitySchemes", "signature", { type: "apiKey", in: "header", name: "Signature", description: SIGNATURE });
  const reference = { $ref: "#/components/schemas/Problem" };
  paper.openAPIRegistry.register("Problem", problem);
  for (const [name, refusals] of Object.entries(SHARED))
    paper.openAPIRegistry.registerComponent("responses", name, { ...problemResponse(refusals), content: { [PROBLEM_MEDIA_TYPE]: { schema: reference } } });
  for (const named of ROUTE_LIST) paper.openAPIRegistry.registerPath(pathOf(named));
  return paper.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Portico cloud", version: "1", description: DESCRIPTION, license: { name: "Apache-2.0" } },
  });
}

/** Every refusal that a route may answer with. */
export function refusalsOf({ route, method }: Pick<NamedRoute, "route" | "method">): RefusalName[] {
  if (route.scope === "none") return [...route.refusals];
  return [...new Set([...SIGNED, ...(route.body === undefined ? [] : WITH_BODY), ...(method === "POST" ? POSTED : []), ...route.refusals])];
}

function pathOf({ name, method, path, route }: NamedRoute): RouteConfig {
  const { params, query, body, bodyType = "application/json", example, answer, summary, description, scope } = route;
  return {
    method: method.toLowerCase() as RouteConfig["method"],
    path,
    operationId: name.replace(" /v1/", "/").replaceAll(/[{}]/g, "").split(/[/-]/).map(capitalised).join("").replace(/^./, (letter) => letter.toLowerCase()), // prettier-ignore
    tags: [path.split("/")[2]!],
    summary,
    ...(description === undefined ? {} : { description }),
    security: scope === "none" ? [] : [{ signature: [scope] }],
    request: {
      ...(params === undefined ? {} : { params: params as z.ZodObject }),
      ...(query === undefined ? {} : { query: query as z.ZodObject }),
      ...(route.action === null ? {} : { headers: method === "POST" ? idempotencyHeader.extend(reasonHeader.shape) : reasonHeader }),
      ...(body === undefined ? {} : { body: { required: true, content: { [bodyType]: { schema: body, example } } } }),
    },
    responses: {
      [route.status ?? 200]: { description: summary, content: { "application/json": { schema: answer } } },
      ...problemResponses(refusalsOf({ route, method })),
    },
  };
}

const reasonHeader = z.object({
  "portico-reason": z.string().max(1500).optional().openapi({ description: "Why, for the audit: percent-encoded UTF-8", example: "%E6%8A%A5%E4%BF%AE%2042" }),
});
const idempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .openapi({ description: "8 to 64 letters, digits and `_ . : -`: the same request with the same key is done once and answered the same for 24 h" }),
});

/** One response for each status, naming its refusals; what many routes have alike stands once. */
function problemResponses(refusals: readonly RefusalName[]): RouteConfig["responses"] {
  const statuses = [...byStatus(refusals)].map(([status, names]): [string, object] => {
    const same = Object.entries(SHARED).find(([, shared]) => shared.join() === names.join())?.[0];
    return [String(status), same === undefined ? problemResponse(names) : { $ref: `#/components/responses/${same}` }];
  });
  const unexpected = { $ref: "#/components/responses/Unexpected" };
  return Object.fromEntries<object>([...statuses, ["default", unexpected]]);
}

function byStatus(refusals: readonly RefusalName[]): ReadonlyMap<number, readonly RefusalName[]> {
  const statuses = new Map<number, RefusalName[]>();
  for (const name of refusals) statuses.set(REFUSAL[name].status, [...(statuses.get(REFUSAL[name].status) ?? []), name]);
  return statuses;
}

const problemResponse = (names: readonly RefusalName[]) => ({
  description: names.map((name) => `${name}: ${REFUSAL[name].title}`).join(". "),
  content: { [PROBLEM_MEDIA_TYPE]: { schema: problem } },
});

const capitalised = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1).toLowerCase()}`;
