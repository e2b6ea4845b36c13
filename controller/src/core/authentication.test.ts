import { EMPTY_CALENDAR, type Schedule, scheduleContext, unixSeconds, type WallTime } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { askedFor, type AuthenticationProfile, levelsNow, levelsText, type SecurityLevel } from "./authentication.ts";

const MONDAY = 1_799_625_600; // 08:00 in Shanghai
const hours = (id: string, from: number, until: number): Schedule => {
  const range = [{ startS: from * 3600, endS: until * 3600 }];
  return { id, weekly: { 1: range }, specialDays: [{ group: "open day", periods: [] }], follows: { holidays: false, makeUpDays: false } };
};
const SCHEDULES = new Map([hours("office", 8, 18), hours("noon", 12, 13)].map((schedule) => [schedule.id, schedule]));
const PROFILE: AuthenticationProfile = {
  id: "laboratory",
  anyOf: [["card", "pin"]],
  policies: [
    { schedule: "office", anyOf: [["card"], ["pass"]] },
    { schedule: "noon", anyOf: [["pass"]] },
  ],
};
const at = (hour: number): WallTime => ({ now: unixSeconds(MONDAY + (hour - 8) * 3600), uncertaintyS: 1 });
const asked = (wall: WallTime, profile = PROFILE, days: readonly string[] = []): readonly string[] => {
  const levels = levelsNow(profile, wall, (id) => SCHEDULES.get(id), scheduleContext("Asia/Shanghai", [{ id: "open day", days }], EMPTY_CALENDAR));
  return (["card", "pass"] as const).map((shown) => askedFor(shown, levels));
};

test.each([
  [7, ["pin", "another"]],
  [8, ["nothing", "nothing"]],
  [12, ["another", "nothing"]],
  [17, ["nothing", "nothing"]],
  [18, ["pin", "another"]],
] as const)("at %i o'clock a card and a pass meet what is asked for then; several open policies are all asked for", (hour, expected) => {
  expect(asked(at(hour))).toEqual(expected);
});

test("a special day closes a policy's schedule as it closes any", () => {
  expect(asked(at(9), PROFILE, ["2027-01-11"])).toEqual(["pin", "another"]);
});

test("without a trusted clock every level of the profile is asked for at once", () => {
  expect(asked("untrusted")).toEqual(["another", "another"]);
  expect(asked("untrusted", { ...PROFILE, policies: [{ schedule: "office", anyOf: [["card"]] }] })).toEqual(["pin", "another"]);
});

test("a schedule that the list does not hold takes nothing away and adds what it asks for", () => {
  const missing = { ...PROFILE, policies: [{ schedule: "nowhere", anyOf: [["card"]] as SecurityLevel }] };
  expect(asked(at(9), missing)).toEqual(["pin", "another"]);
  expect(asked(at(9), { ...PROFILE, anyOf: [["card"]], policies: [{ schedule: "nowhere", anyOf: [["card", "pin"]] }] })).toEqual(["pin", "another"]);
});

test("an empty group lets nobody in", () => {
  expect(["card", "pass"].map((shown) => askedFor(shown as "card", [[[]]]))).toEqual(["another", "another"]);
  expect(levelsText([[[], ["card", "pin"]], [["pass"]]])).toBe("nobody, or card and pin; and pass");
});

const method = fc.constantFrom("card" as const, "pass" as const, "pin" as const);
const level = fc.array(fc.uniqueArray(method, { maxLength: 3 }), { minLength: 1, maxLength: 4 });

test("what is asked for is met by what is then shown, and never by less", () => {
  const isMetBy = (levels: readonly SecurityLevel[], shown: readonly string[]): boolean =>
    levels.every((groups) => groups.some((group) => group.length > 0 && group.every((each) => shown.includes(each))));
  fc.assert(
    fc.property(fc.array(level, { minLength: 1, maxLength: 3 }), fc.constantFrom("card" as const, "pass" as const), (levels, shown) => {
      const answer = askedFor(shown, levels);
      expect(isMetBy(levels, [shown])).toBe(answer === "nothing");
      expect(isMetBy(levels, [shown, "pin"])).toBe(answer !== "another");
    }),
  );
});

test("another level more never asks for less", () => {
  const rank = { nothing: 0, pin: 1, another: 2 };
  fc.assert(
    fc.property(fc.array(level, { minLength: 1, maxLength: 3 }), level, fc.constantFrom("card" as const, "pass" as const), (levels, more, shown) => {
      expect(rank[askedFor(shown, [...levels, more])]).toBeGreaterThanOrEqual(rank[askedFor(shown, levels)]);
    }),
  );
});
