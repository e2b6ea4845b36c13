import type { core } from "zod";
import { nearestWord } from "./nearest-word.ts";
import type { TomlPath, TomlTree } from "./toml-tree.ts";

/** One mistake in `portico.toml`, said so that it can be mended without a manual. */
export interface ConfigurationProblem {
  /** From 1: the line of the value, or of the table where it is missing. 0: the file as a whole. */
  readonly line: number;
  /** E.g. `door[library].strike.relay`: a table of many is named by its id, or by its place, from 1, as `door[#2]`. Empty: the file as a whole. */
  readonly path: string;
  readonly cause: string;
  readonly remedy: string;
}

/** What to write for a key: the value of an example, as TOML. Stands in the schema as zod metadata. */
export interface KeyExample {
  readonly write: string;
}

/** Makes problems of one file: adds line and readable path. */
export type ProblemAt = (path: TomlPath, cause: string, remedy: string) => ConfigurationProblem;

/** The line and readable path of anything in this tree. */
export function problemsOf(tree: TomlTree): ProblemAt {
  return (path, cause, remedy) => ({ line: tree.lineOf(path), path: readablePath(tree.value, path), cause, remedy });
}

/**
 * What zod found, in a technician's words.
 *
 * @param keysAt     the known keys of the table at a path
 * @param exampleAt  the example of the key at a path
 */
export function describeIssue(
  issue: core.$ZodIssue,
  problemAt: ProblemAt,
  keysAt: (path: TomlPath) => readonly string[],
  exampleAt: (path: TomlPath) => string | undefined,
): ConfigurationProblem[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const known = keysAt(path);
      const nearest = nearestWord(key, known);
      const remedy = nearest === undefined ? `remove it; known here: ${known.join(", ")}` : `write ${nearest}`;
      return problemAt([...path, key], `unknown key ${JSON.stringify(key)}`, remedy);
    });
  const key = path.findLast((part) => typeof part === "string") ?? "";
  const write = exampleAt(path);
  if (write === undefined) return [problemAt(path, causeOf(issue), `write a value that fits ${key}`)];
  const isHeading = /^\[+\w+\]+$/.test(write);
  return [problemAt(path, causeOf(issue), isHeading ? `add the table ${write}` : `write ${key} = ${write}, for example`)];
}

function causeOf(issue: core.$ZodIssue): string {
  const is = `is ${shown(issue.input)}`;
  if ((issue.code === "invalid_type" || issue.code === "invalid_value") && issue.input === undefined) return "is missing";
  if (issue.code === "invalid_type") return `${is}: ${KIND[issue.expected] ?? issue.expected} is wanted`;
  if (issue.code === "invalid_value") return `${is}: only ${issue.values.map((value) => JSON.stringify(value)).join(" or ")} is known`;
  if (issue.code === "too_big") return `${is}: ${String(issue.maximum)} at most${issue.origin === "array" ? " may be listed" : ""}`;
  if (issue.code === "too_small") return `${is}: ${String(issue.minimum)} at least${issue.origin === "array" ? " must be listed" : ""}`;
  return `${is}: ${issue.message}`;
}

const KIND: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a whole number",
  string: "a text in quotes",
  boolean: "true or false",
  object: "a table",
  array: "a list",
};

/** A value as it may be shown in one line. */
function shown(value: unknown): string {
  if (value instanceof Date) return "a date";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "a table";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 70 ? `${text.slice(0, 67)}…` : text;
}

/** `door[library].strike.relay`. */
function readablePath(root: unknown, path: TomlPath): string {
  let text = "";
  let value: unknown = root;
  for (const part of path) {
    value = isTable(value) || Array.isArray(value) ? (value as Readonly<Record<string | number, unknown>>)[part] : undefined;
    if (typeof part === "string") text += text === "" ? part : `.${part}`;
    else text += isTable(value) && typeof value["id"] === "string" ? `[${value["id"]}]` : `[#${part + 1}]`;
  }
  return text;
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);
