import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const script = new URL("../scripts/place-pictures.mjs", import.meta.url).href;
const { pictures } = (await import(script)) as { readonly pictures: Readonly<Record<string, string>> };
const folder = new URL("../docs/places/", import.meta.url);
const drawn = Object.entries(pictures);

test.each(drawn)("docs/places/%s.svg is as the service definitions have it, and docs/places.md shows it", (name, svg) => {
  expect(readFileSync(new URL(`${name}.svg`, folder), "utf8")).toBe(svg);
  expect(readFileSync(new URL("../docs/places.md", import.meta.url), "utf8")).toContain(`](places/${name}.svg)`);
});

test("no picture stands there that nobody draws", () => {
  expect(readdirSync(folder).toSorted()).toEqual(drawn.map(([name]) => `${name}.svg`).toSorted());
});
