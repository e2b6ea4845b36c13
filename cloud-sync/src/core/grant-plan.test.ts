import { unixSeconds } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type DesiredAccess, type DesiredGrant, opening, planAccess, type PlanStep, type StandingAccess } from "./grant-plan.ts";
import { ALWAYS } from "./validity.ts";

const names = (id: string) => ({ zh: id, en: id });
const line = (accessPoint: string, schedule = "always") => ({ accessPoint, capability: "pass", schedule }) as const;
const students = (profile: string, until: number = ALWAYS.until): DesiredGrant => ({
  subject: { kind: "audience", id: "student" },
  what: { kind: "profile", profile },
  validity: { from: ALWAYS.from, until: unixSeconds(until) },
});
const profile = (id: string, ...lines: ReturnType<typeof line>[]) => ({ id, names: names(id), lines });
const policy = <G>(id: string, ...grants: G[]) => ({ id, names: names(id), grants });
const NOTHING: StandingAccess = { profiles: [], policies: [] };

test("what is not there is added, profiles before policies before grants", () => {
  const desired: DesiredAccess = { profiles: [profile("gates", line("a"))], policies: [policy("p", students("gates"))] };
  expect(planAccess(desired, NOTHING)).toEqual([
    { kind: "profile", act: "add", id: "gates", names: names("gates"), lines: [line("a")], added: [line("a")], ended: [] },
    { kind: "policy", act: "add", id: "p", names: names("p") },
    { kind: "grant", act: "add", policy: "p", grant: students("gates") },
  ]);
});

test("of a profile the lines that come and go are told; a policy's grant at other times is one that changes, what is not wished any more ends", () => {
  const standing: StandingAccess = {
    profiles: [profile("gates", line("a"), line("b"))],
    policies: [policy("p", { id: "1", ...students("gates") }, { id: "2", ...students("labs") }, { id: "3", ...students("halls") }, { id: "4", ...students("halls") })], // prettier-ignore
  };
  const desired: DesiredAccess = {
    profiles: [profile("gates", line("a"), line("a"), line("b", "nights"))],
    policies: [policy("p", students("gates", 9), students("halls"))],
  };
  expect(planAccess(desired, standing)).toEqual([
    { kind: "profile", act: "change", id: "gates", names: names("gates"), lines: [line("a"), line("b", "nights")], added: [line("b", "nights")], ended: [line("b")] }, // prettier-ignore
    { kind: "grant", act: "change", policy: "p", id: "1", from: ALWAYS, grant: students("gates", 9) },
    { kind: "grant", act: "end", policy: "p", id: "2", grant: students("labs") },
    { kind: "grant", act: "end", policy: "p", id: "4", grant: students("halls") },
  ]);
});

test("what two operators have to see is what is opened, by profiles and grants, not what ends", () => {
  const standing: StandingAccess = { profiles: [profile("gates", line("a"), line("b"))], policies: [policy("p", { id: "1", ...students("vault") })] };
  const own: DesiredGrant = { ...students(""), what: { kind: "own", accessPoints: ["e", "d"], capability: "unlock", schedule: "always" } };
  const steps = planAccess({ profiles: [profile("gates", line("a"), line("c"))], policies: [policy("p", own, students("labs"))] }, standing);
  expect(opening(steps, (id) => (id === "labs" ? [line("f")] : [line("z")]))).toEqual(["c", "d", "e", "f"]);
});

/** Small worlds, in which every collision happens. */
const lines = fc.array(fc.constantFrom(line("a"), line("b"), line("a", "nights")), { maxLength: 4 });
const grants = fc.array(
  fc.tuple(fc.constantFrom("gates", "labs"), fc.constantFrom(5, 9)).map(([id, until]) => students(id, until)),
  { maxLength: 4 },
);
const desiredAccess = fc.record({
  profiles: fc.tuple(lines, lines).map(([one, two]) => [profile("gates", ...one), profile("labs", ...two)]),
  policies: fc.tuple(grants, grants).map(([one, two]) => [policy("p", ...one), policy("q", ...two)]),
});
const standingAccess = desiredAccess.map(({ profiles, policies }): StandingAccess => ({
  profiles,
  policies: policies.map((each) => ({ ...each, grants: each.grants.map((grant, nth) => ({ ...grant, id: `${each.id}-${nth}` })) })),
}));

/** What stands after the steps. */
function taken(steps: readonly PlanStep[], standing: StandingAccess): StandingAccess {
  const profiles = new Map(standing.profiles.map((each) => [each.id, { ...each, lines: [...new Map(each.lines.map((one) => [JSON.stringify(one), one])).values()] }])); // prettier-ignore
  const policies = new Map(standing.policies.map((each) => [each.id, { ...each, grants: [...each.grants] }]));
  for (const step of steps)
    if (step.kind === "profile") profiles.set(step.id, { id: step.id, names: step.names, lines: [...step.lines] });
    else if (step.kind === "policy") policies.set(step.id, { id: step.id, names: step.names, grants: policies.get(step.id)?.grants ?? [] });
    else {
      const at = policies.get(step.policy)!;
      if (step.act !== "add") at.grants = at.grants.filter(({ id }) => id !== step.id);
      if (step.act !== "end") at.grants.push({ ...step.grant, id: "new" });
    }
  return { profiles: [...profiles.values()], policies: [...policies.values()] };
}

test("the steps lead to what is desired, whatever stood before, and then there are none left", () => {
  fc.assert(
    fc.property(desiredAccess, standingAccess, (desired, standing) => {
      const after = taken(planAccess(desired, standing), standing);
      expect(planAccess(desired, after)).toEqual([]);
      for (const { id, grants: wished } of desired.policies) {
        const there = after.policies.find((each) => each.id === id)!.grants.map(({ subject, what, validity }) => JSON.stringify({ subject, what, validity }));
        expect(there.sort()).toEqual([...new Set(wished.map((grant) => JSON.stringify(grant)))].sort());
      }
    }),
  );
});
