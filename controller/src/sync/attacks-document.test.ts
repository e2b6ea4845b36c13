import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const ATTACKS = read("docs/feed-and-events.md").split("| attack | answer |\n| --- | --- |\n")[1]!.split("\n\n")[0]!.split("\n").map((line) => line.split(" | ")[0]!.slice(2)); // prettier-ignore
/** Names of tests, and first cells of their tables. */
const NAMES = ["controller/src/sync/", "controller/src/core/", "simulator/scenarios/"].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => /\.(test|scenario)\.ts$/.test(name))
    .flatMap((name) => [...read(folder + name).matchAll(/(?:^\s*\[|\btest\()"([^"]+)"/gm)].map(([, title]) => title!)),
);

test("there are eleven attacks on a feed that are answered", () => {
  expect(ATTACKS).toHaveLength(11);
});

test.each(ATTACKS)("a test is named after the attack: %s", (attack) => {
  expect(NAMES.filter((name) => name.startsWith(`${attack}: `)).length).toBeGreaterThan(0);
});
