import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exampleAt, hasDefault, keysAt } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

const DOCUMENT = readFileSync(new URL("../../../docs/operating.md", import.meta.url), "utf8");

/** Each `### [table]` with the rows of its key table: key and preset. */
const TABLES = DOCUMENT.split(/^### (?=`\[)/m)
  .slice(1)
  .map((section) => ({
    table: /\w+/.exec(section)![0],
    rows: [...section.matchAll(/^\| `(\w+)` \| (?:`([^`]*)`)? ?\|/gm)].map(([, key, preset]) => ({ key: key!, preset })),
  }));

test("docs/operating.md explains every table of the configuration, in order", () => {
  expect(TABLES.map(({ table }) => table)).toEqual(keysAt([]));
});

test.each(TABLES)("docs/operating.md names every key of $table with its preset", ({ table, rows }) => {
  const path = (key: string): TomlPath => (keysAt([table]).length > 0 ? [table, key] : [table, 0, key]);
  expect(rows.map(({ key }) => key)).toEqual(keysAt(path("").slice(0, -1)));
  for (const { key, preset } of rows) expect(preset, key).toBe(hasDefault(path(key)) && key !== "root_keys" ? exampleAt(path(key)) : undefined);
});

test("docs/operating.md lists every route of the control socket, in order", () => {
  const api = readFileSync(new URL("../control/control-api.ts", import.meta.url), "utf8");
  const routes = [...api.matchAll(/^ {2}"((?:GET|POST) \/v1\/[^"]*)":/gm)].map(([, route]) => route);
  expect(routes.length).toBeGreaterThan(10);
  expect([...DOCUMENT.matchAll(/^\| `((?:GET|POST) [^`]*)`/gm)].map(([, route]) => route)).toEqual(routes);
});
