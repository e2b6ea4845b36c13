import { expect, test } from "vitest";
import type { CampusPerson } from "../campus/campus.ts";
import { smallCampus } from "../campus/small-campus.ts";
import { expectedOutcome, type Outcome, type Showing } from "./expected-outcome.ts";

const campus = smallCampus(new Uint8Array(32));

test.each<[person: string, accessPoint: string, showing: Showing, outcome: Outcome]>([
  ["zhang", "gate-1-in", "pass", "granted"],
  ["zhang", "library-in", "pass", "granted"],
  ["zhang", "gate-1-in", "screenshot", "PassExpired"],
  ["zhang", "gate-1-in", "used pass", "PassReplayed"],
  ["zhang", "gate-1-in", "forgery", "SignatureInvalid"],
  ["zhang", "gate-1-in", "other site", "SignatureInvalid"],
  ["chen", "gate-1-in", "pass", "PassExpired"],
  ["chen", "gate-1-in", "forgery", "PassExpired"],
  ["xu", "gate-1-in", "pass", "CredentialNotEnabled"],
  ["xu", "gate-1-in", "used pass", "CredentialNotEnabled"],
  ["xu", "gate-1-in", "screenshot", "PassExpired"],
  ["xu", "gate-1-in", "forgery", "SignatureInvalid"],
  ["yang", "gate-2-out", "pass", "granted"],
  ["yang", "library-in", "pass", "Unauthorized"],
  ["zhou", "gate-1-in", "pass", "granted"],
  ["zhou", "library-in", "pass", "Unauthorized"],
  ["li", "library-in", "card", "granted"],
  ["sun", "library-in", "card", "CredentialNotEnabled"],
  ["sun", "library-in", "pass", "granted"],
])("%s at %s with a %s: %s", (person, accessPoint, showing, outcome) => {
  expect(
    expectedOutcome(
      campus,
      campus.people.find(({ id }) => id === person)!,
      accessPoint,
      showing,
    ),
  ).toBe(outcome);
});

test("a phone that is fast is told so, one that is off by a few seconds passes", () => {
  const zhang = campus.people[0]!;
  const off = (clockErrorS: number): Outcome => expectedOutcome(campus, { ...zhang, phone: { ...zhang.phone!, clockErrorS } }, "gate-1-in", "pass");
  expect([off(60), off(5), off(-20), off(-40)]).toEqual(["PassNotYetValid", "granted", "granted", "PassExpired"]);
});

test("a zone's list holds nobody who may nothing there: what a list of the whole campus knows, it does not", () => {
  const [yang, xu] = ["yang", "xu"].map((id) => campus.people.find((each) => each.id === id)!) as [CampusPerson, CampusPerson];
  expect(expectedOutcome(campus, yang, "library-in", "pass")).toBe("Unauthorized");
  expect(expectedOutcome(campus, yang, "library-in", "pass", "zones")).toBe("CredentialNotFound");
  expect(expectedOutcome(campus, xu, "library-in", "pass", "zones")).toBe("CredentialNotEnabled");
  expect(expectedOutcome(campus, yang, "gate-1-in", "pass", "zones")).toBe("granted");
});
