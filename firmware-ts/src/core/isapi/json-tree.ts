import type { BodyTree } from "./xml-tree.ts";

/** Deeper documents are not read. */
const DEPTH_MAX = 16;

/** The fields of a JSON body; numbers and truth values as the texts that XML has for them, null left out. Undefined for what is none. */
export function readJsonTree(text: string): BodyTree | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? treeOf(value, 0) : undefined;
}

function treeOf(value: unknown, depth: number): BodyTree | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || value === null || depth >= DEPTH_MAX) return undefined;
  if (Array.isArray(value)) return value.map((each) => treeOf(each, depth + 1)).filter((each) => each !== undefined);
  const fields = Object.entries(value).map(([name, each]): [string, BodyTree | undefined] => [name, treeOf(each, depth + 1)]);
  return Object.fromEntries(fields.filter((field): field is [string, BodyTree] => field[1] !== undefined));
}
