import { type Capability, type RowGrant, unixSeconds } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { expandPerson } from "./expansion.ts";
import { ALWAYS, differenceOf, holdsAt, type Validity } from "./validity.ts";
import type { CampusFacts, GrantFacts, PersonFacts, ProfileLine } from "./access-facts.ts";

const span = (from: number, until: number): Validity => ({ from: unixSeconds(from), until: unixSeconds(until) });

test.each<[Validity[], Validity[], Validity[]]>([
  [[span(0, 10)], [], [span(0, 10)]],
  [[span(0, 10)], [span(0, 10)], []],
  [[span(0, 10)], [span(3, 5)], [span(0, 3), span(5, 10)]],
  [[span(0, 10)], [span(10, 12)], [span(0, 10)]],
  [[span(2, 4), span(6, 9)], [span(3, 7)], [span(2, 3), span(7, 9)]],
  [[span(0, 10)], [span(1, 2), span(2, 3), span(8, 20)], [span(0, 1), span(3, 8)]],
])("%j without %j is %j", (a, b, left) => {
  expect(differenceOf(a, b)).toEqual(left);
});

const POINTS = ["a", "b", "c", "d"];
const CAPABILITIES = ["pass", "unlock"] as const;
const ZONES: Readonly<Record<string, string>> = { a: "east", b: "east", c: "west" };
const PROFILES: Readonly<Record<string, readonly ProfileLine[]>> = {
  gates: [
    { accessPoint: "a", capability: "pass", schedule: "always" },
    { accessPoint: "b", capability: "pass", schedule: "days" },
    { accessPoint: "c", capability: "pass", schedule: "always" },
  ],
  rooms: [
    { accessPoint: "b", capability: "unlock", schedule: "always" },
    { accessPoint: "b", capability: "unlock", schedule: "days" },
  ],
};
const LISTS = { accessProfile: Object.keys(PROFILES), schedule: ["always", "days"], accessPoint: POINTS };
/** `d` is an access point that is there no more. */
const CAMPUS: CampusFacts = {
  zonesOf: (profile) => [...new Set(PROFILES[profile]!.map(({ accessPoint }) => ZONES[accessPoint]!))],
  linesOf: (profile) => PROFILES[profile]!,
  zoneOf: (accessPoint) => ZONES[accessPoint],
  number: (_, kind, id) => LISTS[kind].indexOf(id),
  holder: () => 1,
  token: () => new Uint8Array(16),
};

const capability = fc.constantFrom(...CAPABILITIES);
const profile = fc.record({ kind: fc.constant("profile" as const), profile: fc.constantFrom("gates", "rooms") });
const own = fc.record({ kind: fc.constant("own" as const), accessPoints: fc.subarray(POINTS, { minLength: 1 }), capability, schedule: fc.constant("always") });
const everywhere = fc.record({ kind: fc.constant("everywhere" as const), capability });
const times = fc.tuple(fc.nat(20), fc.nat(20)).map(([from, length]) => span(from, from + length));
const subject = fc.constantFrom<GrantFacts["subject"]>({ kind: "person" }, { kind: "group", id: "team" }, { kind: "audience", id: "staff" }, { kind: "group", id: "others" }); // prettier-ignore
const grant = fc.oneof(
  fc.record({ id: fc.constant("g"), effect: fc.constant("give" as const), subject, what: fc.oneof(profile, own), validity: times }),
  fc.record({ id: fc.constant("w"), effect: fc.constant("withhold" as const), subject, what: fc.oneof(profile, own, everywhere), validity: times }),
);

/** Whether a row lets somebody do something at an access point, as a controller reads it. */
const opens = (grants: readonly RowGrant[], accessPoint: string, wanted: Capability, at: number): boolean =>
  grants.some((each) => {
    if (each.kind === "profile") return namedBy(LISTS.accessProfile[each.profile]!, accessPoint, wanted);
    if (at < each.validFrom || at >= each.validUntil) return false;
    if (each.kind === "own") return each.capability === wanted && each.accessPoints.includes(POINTS.indexOf(accessPoint));
    return namedBy(LISTS.accessProfile[each.profile]!, accessPoint, wanted);
  });
const namedBy = (id: string, accessPoint: string, wanted: Capability): boolean =>
  PROFILES[id]!.some((line) => line.accessPoint === accessPoint && line.capability === wanted);

test("rule 2.18: at each place and instant the rows open what something gives and nothing withholds, and no more", () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 8 }), times, times, (grants, team, staff) => {
      const facts: PersonFacts = {
        lockStates: [],
        person: "p",
        flags: [],
        partySize: 1,
        memberships: [{ audience: "staff", validity: staff }],
        groups: [{ id: "team", validity: team }],
        credentials: [{ id: "00112233445566ff", kind: "card", state: "active", validity: ALWAYS, publicKey: undefined, takesIssuedUntil: undefined, number: undefined }], // prettier-ignore
        grants,
      };
      const reaches = ({ subject: to, validity, what }: GrantFacts, place: string, wanted: Capability, at: number): boolean => {
        const member = to.kind === "person" ? ALWAYS : to.id === "team" ? team : to.id === "staff" ? staff : span(0, 0);
        if (!holdsAt([validity], unixSeconds(at)) || !holdsAt([member], unixSeconds(at))) return false;
        if (what.kind === "profile") return namedBy(what.profile, place, wanted);
        return what.capability === wanted && (what.kind === "everywhere" || what.accessPoints.includes(place));
      };
      const rows = expandPerson(facts, CAMPUS);
      for (const place of POINTS)
        for (const wanted of CAPABILITIES)
          for (let at = 0; at <= 41; at++) {
            const has = (effect: GrantFacts["effect"]): boolean => grants.some((each) => each.effect === effect && reaches(each, place, wanted, at));
            const items = rows.get(ZONES[place] ?? "") ?? [];
            const said = items.some((item) => item.table === "credential" && opens(item.row.grants, place, wanted, at));
            expect(said, `${wanted} at ${place}, ${at}`).toBe(ZONES[place] !== undefined && has("give") && !has("withhold"));
          }
    }),
    { numRuns: 200 },
  );
});
