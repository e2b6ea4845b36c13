import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { liveDay } from "../src/day/live-day.ts";

/** Whoever wants two thousand of them runs `portico sim run --day`. */
const EATERS = 160;
/** Every rule that the contract has: its numbers begin a line or a sentence. */
const CONTRACT = readFileSync(new URL("../../docs/contract.md", import.meta.url), "utf8");
const known = new Set(CONTRACT.match(/(?<![\d.])\d{1,2}\.\d{1,2}(?= )/g));

test("a day on campus: lunch goes on without a network and every fen is explained at night, court, class and room are what was booked, and cards, codes, pages and taps come right", async () => {
  const end = await liveDay({ seed: 1, eaters: EATERS });
  expect(end.findings).toEqual([]);
  expect(end.chains.filter(({ holds }) => !holds)).toEqual([]);
  expect(end.rules.filter((rule) => !known.has(rule))).toEqual([]);
  expect(end.rules.join(" ")).toBe("2.4 2.5 2.6 2.9 2.10 2.13 2.17 4.1 4.2 4.3 4.4 5.1 5.2 5.4 5.6 5.7 6.1 6.2 6.3 6.4 6.5 6.8 6.9 6.10 6.11 11.1 11.2 11.7");
  expect(
    end.lines.filter(({ text }) => text.startsWith(`lunch is over: ${EATERS + 3} meals`) || text.startsWith(`the ledger has ${EATERS + 3} meals`)),
  ).toHaveLength(2);
});
