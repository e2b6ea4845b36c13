import { type HolderFlag, unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { ANTIPASSBACKS, type Antipassback, type AreaFacts, type AreaPassage, judgeAreas, type Side } from "./area.ts";

const NOW = unixSeconds(1_799_625_600);
const AGO = unixSeconds(NOW - 599);
const INSIDE: Side = { side: "inside", since: AGO };
const OUTSIDE: Side = { side: "outside", since: AGO };

const facts = (antipassback: Antipassback, holder: Side | undefined, change: Partial<AreaFacts> & { readonly holdersMax?: number } = {}): AreaFacts => ({
  rules: { id: "hall", antipassback, antipassbackTimeS: 600, holdersMax: change.holdersMax },
  holder,
  holdersInside: change.holdersInside ?? 0,
});
const passage = (change: Partial<AreaPassage>): AreaPassage => ({
  enters: undefined,
  leaves: undefined,
  flags: [],
  wall: { now: NOW, uncertaintyS: 1 },
  egress: false,
  timeZone: "Asia/Shanghai",
  ...change,
});
/** The reason, `told` where an event alone tells of it, or `fine`. */
const said = (change: Partial<AreaPassage>): string => {
  const { refusal, violations } = judgeAreas(passage(change));
  return refusal?.reason ?? (violations.length > 0 ? "told" : "fine");
};

/** Rule by where the holder is: what is said to coming in, and to going out. */
const TABLE: Readonly<Record<Antipassback, Readonly<Record<"unknown" | "inside" | "outside", readonly [entering: string, leaving: string]>>>> = {
  off: { unknown: ["fine", "fine"], inside: ["fine", "fine"], outside: ["fine", "fine"] },
  soft: { unknown: ["fine", "fine"], inside: ["told", "fine"], outside: ["fine", "fine"] },
  hard: { unknown: ["fine", "fine"], inside: ["AntipassbackViolated", "fine"], outside: ["fine", "fine"] },
  timed: { unknown: ["fine", "fine"], inside: ["AntipassbackViolated", "fine"], outside: ["fine", "fine"] },
  area: { unknown: ["fine", "fine"], inside: ["AntipassbackViolated", "fine"], outside: ["fine", "AntipassbackViolated"] },
};
const SIDES = { unknown: undefined, inside: INSIDE, outside: OUTSIDE } as const;
const CELLS = ANTIPASSBACKS.flatMap((rule) => (["unknown", "inside", "outside"] as const).map((side) => [rule, side, ...TABLE[rule][side]] as const));

test.each(CELLS)("rule %s, holder %s: coming in is %s, going out is %s", (rule, side, entering, leaving) => {
  expect([said({ enters: facts(rule, SIDES[side]) }), said({ leaves: facts(rule, SIDES[side]) })]).toEqual([entering, leaving]);
});

test.each(CELLS)("a way out never refuses: rule %s, holder %s", (rule, side, entering, leaving) => {
  const told = (outcome: string): string => (outcome === "fine" ? "fine" : "told");
  const full = { holdersMax: 1, holdersInside: 9 };
  expect(said({ enters: facts(rule, SIDES[side], full), egress: true })).toBe(told(entering));
  expect(said({ leaves: facts(rule, SIDES[side], full), egress: true })).toBe(told(leaving));
});

test.each(CELLS)("who is exempt is neither refused nor told of: rule %s, holder %s", (rule, side) => {
  const flags: HolderFlag[] = ["antipassbackExempt"];
  expect([said({ enters: facts(rule, SIDES[side]), flags }), said({ leaves: facts(rule, SIDES[side]), flags })]).toEqual(["fine", "fine"]);
});

test("a timed rule ends with its last second, and never by a clock that nobody vouches for", () => {
  const at = (since: number | null, wall: AreaPassage["wall"] = { now: NOW, uncertaintyS: 1 }): string =>
    said({ enters: facts("timed", { side: "inside", since: since === null ? null : unixSeconds(since) }), wall });
  expect([at(NOW - 599), at(NOW - 600), at(NOW + 50)]).toEqual(["AntipassbackViolated", "fine", "AntipassbackViolated"]);
  expect([at(null), at(NOW - 9_999, "untrusted")]).toEqual(["AntipassbackViolated", "AntipassbackViolated"]);
});

test("an area is full for whoever is not inside already; the emergency group comes in all the same", () => {
  const full = { holdersMax: 2, holdersInside: 2 };
  expect(judgeAreas(passage({ enters: facts("off", undefined, full) })).refusal).toEqual({ reason: "OccupancyExceeded", detail: "hall: 2 of 2 inside" });
  expect(said({ enters: facts("off", undefined, { holdersMax: 2, holdersInside: 1 }) })).toBe("fine");
  expect(said({ enters: facts("off", INSIDE, full) })).toBe("fine");
  expect(said({ enters: facts("off", undefined, full), flags: ["emergency"] })).toBe("fine");
  expect(said({ leaves: facts("off", INSIDE, full) })).toBe("fine");
});

test("anti-passback comes before the number of holders, and a refusal tells of nothing else", () => {
  const full = { holdersMax: 1, holdersInside: 1 };
  const verdict = judgeAreas(passage({ enters: facts("off", undefined, full), leaves: facts("area", OUTSIDE) }));
  expect(verdict).toEqual({ refusal: { reason: "AntipassbackViolated", detail: "hall: outside since 2027-01-11 07:50:01" }, violations: [] });
});

test("what a soft rule finds amiss names the area and since when", () => {
  expect(judgeAreas(passage({ enters: facts("soft", INSIDE) })).violations).toEqual([{ area: "hall", detail: "hall: inside since 2027-01-11 07:50:01" }]);
  expect(judgeAreas(passage({ enters: facts("soft", { side: "inside", since: null }) })).violations[0]?.detail).toBe("hall: inside since nobody knows when");
});
