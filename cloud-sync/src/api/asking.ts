import type { z } from "@hono/zod-openapi";
import type { RefusalName } from "../core/refusal.ts";
import { IDEMPOTENCY_KEY } from "./kept-answers.ts";
import { type ProblemFacts, type WrongField, wrongFields } from "./problem.ts";
import type { NamedRoute } from "./routes.ts";
import type { Asked } from "./route.ts";

/** What a request says beside its parts. */
export interface AskedHeaders {
  readonly reason: string;
  /** Undefined: it may be done twice. */
  readonly idempotencyKey: string | undefined;
}
/** A request as it came in, with its body read. */
export interface Incoming {
  readonly request: Request;
  /** Decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
export type Reading =
  | { readonly ok: true; readonly value: Asked<z.ZodType, z.ZodType, z.ZodType> & AskedHeaders }
  | { readonly ok: false; readonly reason: RefusalName; readonly facts: ProblemFacts };

/** UTF-16 units of a reason. */
export const REASON_MAX = 500;
/** Wrong fields that the detail names; `errors` names them all. */
const PLACES_MAX = 10;

/** Reads all parts of a request by a route's schemas, and names every field that is wrong, not the first alone. */
export function readAsked({ route, method }: NamedRoute, { request, params, body }: Incoming): Reading {
  const errors: WrongField[] = [];
  const read = (where: WrongField["in"], schema: z.ZodType, given: unknown): unknown => {
    const found = schema.safeParse(given);
    if (!found.success) errors.push(...wrongFields(where, found.error.issues));
    return found.data;
  };
  const contentType = request.headers.get("content-type");
  const wanted = route.bodyType ?? "application/json";
  if (route.body !== undefined && contentType?.split(";")[0]!.trim().toLowerCase() !== wanted)
    return { ok: false, reason: "ContentTypeRefused", facts: { detail: `content-type: ${contentType ?? "missing"}` } };
  const query = queryOf(request.url, errors, route.query !== undefined);
  const headers = readHeaders(request.headers, method, errors);
  const json = route.bodyType === undefined ? readJson(body, route.body !== undefined, errors) : readText(body, errors);
  const parts = {
    params: route.params && read("path", route.params, params),
    query: route.query && read("query", route.query, query),
    body: route.body && json && read("body", route.body, json.value),
  };
  if (errors.length === 0) return { ok: true, value: { ...parts, ...headers } };
  const places = errors.slice(0, PLACES_MAX).map(({ in: where, pointer }) => `${where} ${pointer}`.trim());
  const count = errors.length === 1 ? "1 field is" : `${errors.length} fields are`;
  return { ok: false, reason: "RequestMalformed", facts: { detail: `${count} wrong: ${places.join(", ")}`, errors } };
}

/** A plus sign in a query is one: no parameter of ours holds a blank, but times and phone numbers hold a plus. */
function queryOf(url: string, errors: WrongField[], isWanted: boolean): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(new URL(url).search.replaceAll("+", "%2B"))) {
    if (!isWanted) errors.push({ in: "query", pointer: `/${name}`, detail: "is not known here" });
    else if (Object.hasOwn(query, name)) errors.push({ in: "query", pointer: `/${name}`, detail: "stands twice" });
    query[name] = value;
  }
  return query;
}

function readHeaders(headers: Headers, method: NamedRoute["method"], errors: WrongField[]): AskedHeaders {
  const idempotencyKey = headers.get("idempotency-key");
  if (method === "POST" && idempotencyKey !== null && !IDEMPOTENCY_KEY.test(idempotencyKey))
    errors.push({ in: "header", pointer: "/idempotency-key", detail: "8 to 64 letters, digits and _ . : -" });
  return { reason: readReason(headers.get("portico-reason") ?? "", errors), idempotencyKey: method === "POST" ? (idempotencyKey ?? undefined) : undefined };
}

/** Percent-encoded UTF-8: header fields hold nothing beyond ASCII. */
function readReason(header: string, errors: WrongField[]): string {
  const wrong = (detail: string): string => {
    errors.push({ in: "header", pointer: "/portico-reason", detail });
    return "";
  };
  let reason: string;
  try {
    reason = decodeURIComponent(header);
  } catch {
    return wrong("is not percent-encoded UTF-8");
  }
  if (/[\p{Cc}\p{Cs}]/u.test(reason)) return wrong("holds a control character");
  return reason.length > REASON_MAX ? wrong(`at most ${REASON_MAX} characters`) : reason.trim();
}

/** Undefined: there is none, or it is told what is wrong with it. */
function readJson(body: Uint8Array, isWanted: boolean, errors: WrongField[]): { readonly value: unknown } | undefined {
  const wrong = (detail: string): undefined => void errors.push({ in: "body", pointer: "", detail });
  if (!isWanted) return body.length > 0 ? wrong("none is wanted here") : undefined;
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as unknown };
  } catch {
    return wrong("is not JSON in UTF-8");
  }
}

/** Byte for byte: a byte order mark is text, too. */
function readText(body: Uint8Array, errors: WrongField[]): { readonly value: string } | undefined {
  try {
    return { value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body) };
  } catch {
    errors.push({ in: "body", pointer: "", detail: "is not UTF-8" });
    return undefined;
  }
}
