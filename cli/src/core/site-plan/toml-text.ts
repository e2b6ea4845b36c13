import { listOf, type Table, tableOf, type Tables } from "./plan-base.ts";

/** A `portico.toml` of plain values, in the order in which they stand there; what is undefined is left out. */
export function tomlText(tables: Tables): string {
  const parts = Object.entries(tables).flatMap(([name, content]) =>
    Array.isArray(content) ? listOf(content).map((table) => `[[${keyText(name)}]]\n${lines(table)}`) : [`[${keyText(name)}]\n${lines(tableOf(content))}`],
  );
  return parts.join("\n");
}

const lines = (table: Table): string =>
  Object.entries(table)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${keyText(key)} = ${valueText(value)}\n`)
    .join("");

const keyText = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? key : textText(key));

function valueText(value: unknown): string {
  if (typeof value === "string") return textText(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "nan";
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  const entries = Object.entries(value as Table).filter(([, inner]) => inner !== undefined);
  return entries.length === 0 ? "{}" : `{ ${entries.map(([key, inner]) => `${keyText(key)} = ${valueText(inner)}`).join(", ")} }`;
}

/** A basic string: JSON's escapes are TOML's, but for the delete character, which TOML wants escaped too. */
const textText = (text: string): string => JSON.stringify(text).replaceAll("\u007f", "\\u007f");
