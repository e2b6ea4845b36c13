import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openApiDocument, refusalsOf } from "./openapi.ts";
import { ROUTE_LIST } from "./routes.ts";

interface Operation {
  readonly operationId: string;
  readonly security: readonly { readonly signature: readonly string[] }[];
  readonly responses: Readonly<Record<string, { readonly description: string } | { readonly $ref: string }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example: unknown }>> };
}
const DOCUMENT = openApiDocument() as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, { readonly description: string }>> };
};

test("docs/openapi.json is the document of these routes: npx vitest run -u writes it anew", async () => {
  await expect(jsonText(DOCUMENT)).toMatchFileSnapshot(fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url)));
});

test("the document has every route with its scope and its refusals, and no other", () => {
  expect(DOCUMENT.openapi).toBe("3.1.0");
  const operations = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  expect(operations.sort()).toEqual(ROUTE_LIST.map(({ name }) => name as string).sort());
  for (const named of ROUTE_LIST) {
    const operation = DOCUMENT.paths[named.path]![named.method.toLowerCase()]!;
    expect(operation.security).toEqual(named.route.scope === "none" ? [] : [{ signature: [named.route.scope] }]);
    const told = Object.values(operation.responses)
      .map((response) => ("$ref" in response ? DOCUMENT.components.responses[response.$ref.split("/").at(-1)!]! : response).description)
      .join(". ");
    for (const refusal of refusalsOf(named)) expect(told, named.name).toContain(`${refusal}: `);
  }
  expect(new Set(ROUTE_LIST.map(({ path, method }) => DOCUMENT.paths[path]![method.toLowerCase()]!.operationId)).size).toBe(ROUTE_LIST.length);
});

test.each(ROUTE_LIST.filter(({ route }) => route.body !== undefined))("$name has an example of its body that is one", ({ path, method, route }) => {
  expect(route.body!.safeParse(route.example)).toMatchObject({ success: true });
  expect(DOCUMENT.paths[path]![method.toLowerCase()]!.requestBody!.content[route.bodyType ?? "application/json"]!.example).toEqual(route.example);
});

/** JSON as oxfmt writes it: objects one member a line, arrays of plain values on one line where they fit. */
function jsonText(value: unknown, indent = "", taken = 0): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const flat = `[${value.map((element) => JSON.stringify(element)).join(", ")}]`;
    const isPlain = value.every((element) => typeof element !== "object" || element === null);
    if (value.length === 0 || (isPlain && taken + flat.length <= LINE_MAX)) return flat;
    return `[\n${value.map((element) => `${deeper}${jsonText(element, deeper, deeper.length + 1)}`).join(",\n")}\n${indent}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return "{}";
  const lines = members.map(([name, member]) => {
    const head = `${deeper}${JSON.stringify(name)}: `;
    return `${head}${jsonText(member, deeper, head.length + 1)}`;
  });
  return `{\n${lines.join(",\n")}\n${indent}}${indent === "" ? "\n" : ""}`;
}
const LINE_MAX = 160;
