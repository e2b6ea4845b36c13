import { afterEach, expect, test } from "vitest";
import type { RunningCampus } from "./sim-campus.ts";
import { isGoodStations, stationLines, StationShow, type StationsSummary } from "./sim-stations.ts";
import { virtualCampus } from "./sim-virtual.ts";

const GOOD: StationsSummary = {
  till: { paid: "granted", read: "CNY 12.50 | Paid, thank you", refused: "CredentialNotEnabled", refusedRead: "CNY 12.50 | Card is blocked" },
  printing: { answer: "granted", pages: 3, sides: 3 },
  visitors: { face: "granted", strange: "CredentialNotFound", plate: "granted", passed: true },
};

let campus: RunningCampus | undefined;
afterEach(() => campus?.end());

test("in virtual time somebody pays at the canteen, whoever is frozen does not, and the display says both", async () => {
  campus = await virtualCampus(3);
  const notes: string[] = [];
  const show = new StationShow({ campus, note: (text) => notes.push(text) });
  await campus.passUntil(show.run(), 30_000);
  expect(show.summary).toEqual({ ...GOOD, printing: null, visitors: null });
  expect(notes).toEqual([
    "canteen-1: the cashier types 12.50 and Enter",
    "canteen-1 shows: CNY 12.50 | Show card or code",
    "canteen-1 shows: CNY 12.50 | Card is blocked",
    "canteen-1 shows: CNY 12.50 | Paid, thank you",
  ]);
  expect(isGoodStations(show.summary)).toBe(true);
});

test.each<[string, Partial<StationsSummary>]>([
  ["nobody was asked to pay", { till: null }],
  ["who is frozen has paid", { till: { ...GOOD.till!, refused: "granted" } }],
  ["the display said nothing of it", { till: { ...GOOD.till!, read: "" } }],
  ["a page is missing", { printing: { ...GOOD.printing!, sides: 2 } }],
  ["a stranger's plate lifted the barrier", { visitors: { ...GOOD.visitors!, strange: "granted" } }],
  ["the barrier stayed shut", { visitors: { ...GOOD.visitors!, passed: false } }],
])("it was no good minute where %s", (_, change) => {
  expect([isGoodStations(GOOD), isGoodStations({ ...GOOD, ...change })]).toEqual([true, false]);
});

test("each station is one line of the summary", () => {
  expect(stationLines(GOOD).map(([name]) => name)).toEqual(["canteen", "printing", "visitors"]);
});
