import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CORPORA, corpusFiles, keptCorpus } from "./kept-corpus.ts";

const sources = new URL("../", import.meta.url);

test("each decoder has its kept bytes, no row twice, and a test that reads them", () => {
  expect(corpusFiles()).toEqual([...CORPORA]);
  const tests = readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(new URL(name, sources), "utf8"));
  for (const decoder of CORPORA) {
    const rows = keptCorpus(decoder).map(([why, bytes]) => [why, Buffer.from(bytes).toString("hex")] as const);
    expect(rows.length, decoder).toBeGreaterThanOrEqual(9);
    for (const place of [0, 1] as const) expect(new Set(rows.map((row) => row[place])).size, decoder).toBe(rows.length);
    expect(tests.some((text) => text.includes(`keptCorpus("${decoder}")`)), decoder).toBe(true); // prettier-ignore
  }
});
