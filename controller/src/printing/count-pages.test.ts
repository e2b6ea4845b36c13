import { expect, test } from "vitest";
import { countPagesHere, serveCounting } from "./count-pages.ts";

const DOCUMENT = new TextEncoder().encode("%!PS-Adobe-3.0\n%%Page: 1 1\n%%Page: 2 2\n");

test("a document is counted here, and by a thread that says so on its port", async () => {
  expect(await countPagesHere(DOCUMENT)).toEqual({ kind: "counted", pages: 2 });
  const said: unknown[] = [];
  serveCounting({ postMessage: (count: unknown) => void said.push(count) }, DOCUMENT);
  expect(said).toEqual([{ kind: "counted", pages: 2 }]);
});
