import { z } from "@hono/zod-openapi";
import { REFUSAL, type RefusalName, type RefusalRow } from "../core/refusal.ts";
import type { InTheWay } from "../core/reservations/in-the-way.ts";
import type { NearbySlot } from "../core/reservations/nearby.ts";
import { RESERVATION_KINDS } from "../core/reservations/terms.ts";
import { timeOf } from "./schemas.ts";
import type { Scope } from "./scopes.ts";

/** One field of a request that is wrong. */
const wrongField = z.object({
  in: z.enum(["path", "query", "header", "body"]),
  pointer: z.string().openapi({ description: "JSON Pointer (RFC 6901) of the field; empty: the whole", example: "/validity/until" }),
  detail: z.string(),
});
export type WrongField = z.output<typeof wrongField>;

/** Something else that could be booked. */
const slot = z.object({ resource: z.string(), from: z.string(), until: z.string() });
const nearby = z.object({ sameTime: z.array(slot), sameResource: z.array(slot) });
/** What has to move, or to end, before. */
const inTheWay = z.object({
  reservation: z.string(),
  ...slot.shape,
  kind: z.enum(RESERVATION_KINDS),
  person: z.string().nullable().openapi({ description: "Whose booking it is; null: the campus's own" }),
  label: z.string().openapi({ description: "Which timetable, course or closure; empty of a booking" }),
});

/** A refusal as HTTP tells it: problem details, RFC 9457, with members of ours. */
export const problem = z
  .object({
    type: z.string().openapi({ example: "https://portico.invalid/problems/PersonUnknown" }),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: "What exactly; never a secret, a pass or a card number" }),
    reason: z.string().openapi({ description: "The refusal's name", example: "PersonUnknown" }),
    remedy: z.string().openapi({ description: "What helps" }),
    zh: z.string().openapi({ description: "What was refused and what helps, to be read out: the first sentence says the one, the others the other" }),
    rule: z.string().optional().openapi({ description: "Rule of docs/contract.md" }),
    caseCategory: z.string().optional().openapi({ description: "Category of the case that helps (rule 2.12)" }),
    contact: z.string().optional().openapi({ description: "Whom to ask" }),
    scope: z.string().optional().openapi({ description: "401, 403: the scope that is needed" }),
    errors: z.array(wrongField).optional().openapi({ description: "Every field that is wrong" }),
    nearby: nearby.optional().openapi({ description: "409 of a reservation: what is free nearby, other places at that time and that place at other times" }),
    inTheWay: z
      .array(inTheWay)
      .optional()
      .openapi({ description: "409 of a closure, a timetable or a course: the times that somebody has of the place, the first 50" }),
    id: z.string().optional().openapi({ description: "500: to be looked up in the cloud's log" }),
  })
  .openapi("Problem");
export type Problem = z.output<typeof problem>;

export const PROBLEM_TYPE = "https://portico.invalid/problems/";
export const PROBLEM_MEDIA_TYPE = "application/problem+json";
/** More wrong fields than anybody mends at once are not told. */
const ERRORS_MAX = 100;

/** What stands beside a refusal's name. */
export interface ProblemFacts {
  readonly detail: string;
  readonly scope?: Scope;
  readonly errors?: readonly WrongField[];
  readonly id?: string;
  /** Where the refusal names them itself: instead of the table's. */
  readonly rule?: string;
  readonly caseCategory?: string | undefined;
  readonly contact?: string | undefined;
  readonly nearby?: { readonly sameTime: readonly NearbySlot[]; readonly sameResource: readonly NearbySlot[] } | undefined;
  readonly inTheWay?: readonly InTheWay[] | undefined;
}

const slotJson = ({ resource, from, until }: NearbySlot): z.output<typeof slot> => ({ resource, from: timeOf(from), until: timeOf(until) });

/** The problem of a refusal. A malformed field that an operation names is told like one that a schema found. */
export function problemOf(reason: RefusalName, { detail, scope, errors, id, contact, nearby: free, inTheWay: standing, ...named }: ProblemFacts): Problem {
  const { status, title, remedy, rule, caseCategory, zh }: RefusalRow = { ...REFUSAL[reason], ...(named as Partial<RefusalRow>) };
  const wrong = errors ?? (reason === "RequestMalformed" ? [fieldOf(detail)] : undefined);
  return {
    type: `${PROBLEM_TYPE}${reason}`,
    title,
    status,
    detail: detail === "" ? title : detail,
    reason,
    remedy,
    zh,
    ...(rule === undefined ? {} : { rule }),
    ...(caseCategory === undefined ? {} : { caseCategory }),
    ...(contact === undefined ? {} : { contact }),
    ...(scope === undefined ? {} : { scope }),
    ...(wrong === undefined ? {} : { errors: wrong.slice(0, ERRORS_MAX) }),
    ...(free === undefined ? {} : { nearby: { sameTime: free.sameTime.map(slotJson), sameResource: free.sameResource.map(slotJson) } }),
    ...(standing === undefined ? {} : { inTheWay: standing.map((each) => ({ ...each, ...slotJson(each) })) }),
    ...(id === undefined ? {} : { id }),
  };
}

/** The same as an answer, for routes beside the route table's. */
export function problemAnswer(reason: RefusalName, detail = "", headers: Readonly<Record<string, string>> = {}): Response {
  const body = problemOf(reason, { detail });
  return new Response(JSON.stringify(body), { status: body.status, headers: { "content-type": PROBLEM_MEDIA_TYPE, "cache-control": "no-store", ...headers } });
}

/** `what.accessPoints: 1 to 255`, as operations say it. */
function fieldOf(detail: string): WrongField {
  const [, path, rest] = /^([A-Za-z.]+): (.*)$/s.exec(detail) ?? [];
  if (path === undefined || rest === undefined) return { in: "body", pointer: "", detail };
  return { in: path === "id" ? "path" : "body", pointer: `/${path.replaceAll(".", "/")}`, detail: rest };
}

/** What a schema found wrong, field by field. */
export function wrongFields(where: WrongField["in"], issues: readonly z.core.$ZodIssue[]): WrongField[] {
  return issues.flatMap((issue) => {
    const pointer = issue.path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    if (issue.code !== "unrecognized_keys") return [{ in: where, pointer, detail: issue.message }];
    return issue.keys.map((key) => ({ in: where, pointer: `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, detail: "is not known here" }));
  });
}
