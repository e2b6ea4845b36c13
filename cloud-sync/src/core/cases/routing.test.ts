import { expect, test } from "vitest";
import { formTrouble } from "./form.ts";
import { placeOf } from "./place.ts";
import { type TeamRoute, teamFor } from "./routing.ts";

const ROUTES: readonly TeamRoute[] = [
  { team: "desk", category: null, area: null },
  { team: "west", category: null, area: "W" },
  { team: "plumbers", category: "水", area: null },
  { team: "plumbers-c1", category: "水", area: "C1" },
  { team: "night", category: "电", area: null },
  { team: "day", category: "电", area: null },
];
const duty = (open: readonly string[], next: Readonly<Record<string, number>> = {}) => ({
  isOnDuty: (team: string) => open.includes(team),
  nextDuty: (team: string) => next[team],
});

test.each([
  ["水", "C1", "plumbers-c1"],
  ["水", "C2", "plumbers"],
  ["水", "W", "plumbers"],
  ["窗", "W", "west"],
  ["窗", null, "desk"],
  ["窗", "E", "desk"],
])("rule 6.4: %s at %s goes to %s: category and place go before category, before place, before all else", (category, area, team) => {
  expect(teamFor(ROUTES, { category, area, ...duty([]) })).toBe(team);
});

test("rule 6.4: where two teams take the same, the one on duty has it, else the one that is there first; where nobody takes it, the desk decides", () => {
  expect(teamFor(ROUTES, { category: "电", area: null, ...duty(["night"]) })).toBe("night");
  expect(teamFor(ROUTES, { category: "电", area: null, ...duty(["desk"], { day: 100, night: 200 }) })).toBe("day");
  expect(teamFor(ROUTES, { category: "电", area: null, ...duty([], { night: 200 }) })).toBe("night");
  expect(teamFor([], { category: "电", area: null, ...duty([]) })).toBeUndefined();
});

test("rule 6.6: beacons say the place in C1 to C7 alone; what was said by hand goes before them, and without either nothing is blocked", () => {
  const areas = ["C1", "C2", "C3", "C4", "C5", "C6", "C7"];
  const said = (area: string | null) => ({ area, text: "3 楼" });
  expect(placeOf(null, said("C3"), areas)).toEqual({ area: "C3", text: "3 楼", by: "beacons" });
  expect(placeOf(null, said("W1"), areas)).toBeUndefined();
  expect(placeOf(said("W1"), said("C3"), areas)).toEqual({ area: "W1", text: "3 楼", by: "hand" });
  expect(placeOf(null, null, areas)).toBeUndefined();
});

test("a form is judged field by field: what is missing, what is of another kind, what is no field", () => {
  const field = (id: string, kind: "text" | "phone" | "date" | "mail" | "person" | "credential", required = true) => ({
    id,
    kind,
    required,
    names: { zh: id, en: id },
  });
  const of = (field_: ReturnType<typeof field>, answer?: string) => formTrouble({ form: [field_] }, answer === undefined ? {} : { [field_.id]: answer });
  expect(of(field("name", "text"))).toBe("name (name) is missing");
  expect(of(field("name", "text"), "  ")).toBe("name (name) is missing");
  expect(of(field("name", "text", false))).toBeUndefined();
  expect(of(field("name", "text"), "x".repeat(501))).toContain("at most 500 characters");
  for (const [kind, good, wrong] of [
    ["phone", "+8613800138000", "13800138000"],
    ["date", "2026-12-31", "2026-02-30"],
    ["mail", "a@b.edu", "a@b@c.edu"],
    ["person", "01990246-a5d0-7000-8000-0123456789ab", "li"],
    ["credential", "0123456789abcdef", "0123456789ABCDEF"],
  ] as const) {
    expect(of(field("f", kind), good)).toBeUndefined();
    expect(of(field("f", kind), wrong), wrong).toContain("has to be");
  }
  expect(formTrouble({ form: [field("name", "text", false)] }, { colour: "blue" })).toBe("colour is no field: known are name");
});
