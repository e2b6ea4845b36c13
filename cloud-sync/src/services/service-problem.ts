import type { core } from "zod";

/** One mistake in a document of service definitions. */
export interface ServiceProblem {
  /** E.g. `services[printing].contact`: an entry of a list by its id, or by its place, from 1, as `services[#2]`. Empty: the document as a whole. */
  readonly path: string;
  /** What is wrong, as the rest of a sentence that the path begins. */
  readonly cause: string;
}

/** What zod found, with paths by which a person finds the place. @param said  what was parsed */
export function problemsOf(said: unknown, issues: readonly core.$ZodIssue[]): ServiceProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ path: readablePath(said, [...issue.path, key]), cause: "is not known here" }));
    return [{ path: readablePath(said, issue.path), cause: causeOf(issue) }];
  });
}

function causeOf(issue: core.$ZodIssue): string {
  if (issue.code === "custom") return issue.message;
  if (issue.input === undefined) return "is missing";
  const is = `is ${shown(issue.input)}`;
  if (issue.code === "invalid_type") return `${is}: ${issue.expected} is wanted`;
  if (issue.code === "invalid_value") return `${is}: only ${issue.values.map((value) => JSON.stringify(value)).join(", ")} are known`;
  if (issue.code === "invalid_key") return "is not known here";
  return `${is}: ${issue.message}`;
}

/** A value as it may be shown in one line. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function readablePath(said: unknown, path: readonly PropertyKey[]): string {
  let text = "";
  let value: unknown = said;
  for (const part of path) {
    value = typeof value === "object" && value !== null ? (value as Readonly<Record<PropertyKey, unknown>>)[part] : undefined;
    if (typeof part !== "number") text += text === "" ? String(part) : `.${String(part)}`;
    else {
      const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
      text += typeof id === "string" ? `[${id}]` : `[#${part + 1}]`;
    }
  }
  return text;
}
