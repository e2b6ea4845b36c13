import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const script = new URL("../scripts/case-pictures.mjs", import.meta.url).href;
const { pictures } = (await import(script)) as { readonly pictures: Readonly<Record<string, string>> };
const folder = new URL("../docs/case-pictures/", import.meta.url);
const data = new URL("../cloud-sync/services/cases/", import.meta.url);
const drawn = Object.entries(pictures);

test.each(drawn)("docs/case-pictures/%s.svg is as the data draws it, with every state, and docs/cases.md shows it", (name, svg) => {
  expect(readFileSync(new URL(`${name}.svg`, folder), "utf8")).toBe(svg);
  expect(readFileSync(new URL("../docs/cases.md", import.meta.url), "utf8")).toContain(`](case-pictures/${name}.svg)`);
  const type = JSON.parse(readFileSync(new URL(`${name}.json`, data), "utf8")) as { states: { id: string }[]; transitions: { id: string }[] };
  for (const { id } of [...type.states, ...type.transitions]) expect(svg).toContain(id);
});

test("each case type has its picture, and no other stands there", () => {
  expect(readdirSync(folder).toSorted()).toEqual(drawn.map(([name]) => `${name}.svg`).toSorted());
  expect(readdirSync(data).toSorted()).toEqual(drawn.map(([name]) => `${name}.json`).toSorted());
});
