import { afterEach, expect, test } from "vitest";
import type { RunningCampus } from "./sim-campus.ts";
import { isGoodStations, stationLines, StationShow, type StationsSummary } from "./sim-stations.ts";
import { virtualCampus } from "./sim-virtual.ts";

const GOOD: StationsSummary = {
  till: { paid: "granted", read: "CNY 12.50 | Paid, thank you", refused: "CredentialNotEnabled", refusedRead: "CNY 12.50 | Card is blocked" },
  printing: { answer: "granted", pages: 3, sides: 3 },
  room: {
    room: "room-301",
    phone: "granted",
    drawn: true,
    stranger: "Unauthorized",
    pin: { outcome: "taken", afterMs: 640 },
    wrong: "HolderNotListed",
    typed: "opened",
    told: ["LockTryRefused", "LockOpened"],
  },
  visitors: { face: "granted", strange: "CredentialNotFound", plate: "granted", passed: true },
};

let campus: RunningCampus | undefined;
afterEach(() => campus?.end());

test("rule 2.8, 14.1: in virtual time somebody pays at the canteen, whoever is frozen does not, and the display says both; somebody comes home by phone and by a PIN, and others do neither", async () => {
  campus = await virtualCampus(3);
  const notes: string[] = [];
  const show = new StationShow({ campus, note: (text) => notes.push(text) });
  await campus.passUntil(show.run(), 60_000);
  const pin = { outcome: "taken", afterMs: expect.any(Number) as number };
  expect(show.summary).toEqual({ ...GOOD, room: { ...GOOD.room!, pin }, printing: null, visitors: null });
  expect(notes.filter((note) => note.startsWith("canteen"))).toEqual([
    "canteen-1: the cashier types 12.50 and Enter",
    "canteen-1 shows: CNY 12.50 | Show card or code",
    "canteen-1 shows: CNY 12.50 | Card is blocked",
    "canteen-1 shows: CNY 12.50 | Paid, thank you",
  ]);
  expect(notes.filter((note) => !note.startsWith("canteen"))).toEqual([
    "room-301: the bolt is drawn",
    "zhang's phone has sealed a PIN to the lock of room-301; the cloud keeps version 1 and cannot read it",
    "room-301: somebody types a PIN that nobody has: HolderNotListed",
    "room-301: zhang types the PIN: opened",
  ]);
  expect(isGoodStations(show.summary)).toBe(true);
});

test.each<[string, Partial<StationsSummary>]>([
  ["nobody was asked to pay", { till: null }],
  ["who is frozen has paid", { till: { ...GOOD.till!, refused: "granted" } }],
  ["the display said nothing of it", { till: { ...GOOD.till!, read: "" } }],
  ["a page is missing", { printing: { ...GOOD.printing!, sides: 2 } }],
  ["the bolt was not seen drawn", { room: { ...GOOD.room!, drawn: false } }],
  ["a stranger's phone opened the room", { room: { ...GOOD.room!, stranger: "granted" } }],
  ["the lock said nothing of the PIN", { room: { ...GOOD.room!, pin: null } }],
  ["a PIN that nobody has opened", { room: { ...GOOD.room!, wrong: "opened" } }],
  ["the log says nothing of who opened", { room: { ...GOOD.room!, told: ["LockTryRefused"] } }],
  ["a stranger's plate lifted the barrier", { visitors: { ...GOOD.visitors!, strange: "granted" } }],
  ["the barrier stayed shut", { visitors: { ...GOOD.visitors!, passed: false } }],
])("it was no good minute where %s", (_, change) => {
  expect([isGoodStations(GOOD), isGoodStations({ ...GOOD, ...change })]).toEqual([true, false]);
});

test("each station is one line of the summary", () => {
  expect(stationLines(GOOD).map(([name]) => name)).toEqual(["canteen", "printing", "room", "visitors"]);
});
