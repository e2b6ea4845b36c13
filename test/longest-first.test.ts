import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { TestSpecification, Vitest } from "vitest/node";
import { LONG_FILES, LongestFirst } from "./longest-first.ts";

test("what is begun first is there: none of the files that take long was moved away or renamed", () => {
  expect(LONG_FILES.filter((file) => !existsSync(fileURLToPath(new URL(`../${file}`, import.meta.url))))).toEqual([]);
});

test("what takes long is begun first, the longest before all; the others stay as they were", async () => {
  const unknown = { getFileTestResults: () => undefined, getFileStats: () => undefined };
  const sequencer = new LongestFirst({ cache: unknown, config: { root: "/checkout" } } as unknown as Vitest);
  const paths = ["test/b.test.ts", LONG_FILES[2]!, "test/a.test.ts", LONG_FILES[0]!];
  const files = paths.map(
    (path) => ({ moduleId: `/checkout/${path}`, project: { name: "", config: { sequence: { groupOrder: 0 } } } }) as unknown as TestSpecification,
  );
  expect((await sequencer.sort(files)).map(({ moduleId }) => moduleId)).toEqual(
    [LONG_FILES[0], LONG_FILES[2], "test/b.test.ts", "test/a.test.ts"].map((path) => `/checkout/${path}`),
  );
});
