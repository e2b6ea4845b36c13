import { expect, onTestFinished, test } from "vitest";
import { accessPointsOf } from "../campus/campus.ts";
import { smallCampus } from "../campus/small-campus.ts";
import { VirtualCampus } from "../virtual-campus.ts";
import { Ears } from "./ears.ts";
import { expectedOutcome } from "./expected-outcome.ts";
import { campusPockets } from "./pocket.ts";
import { sharedHands } from "./shared-hands.ts";
import { visit, type VisitPlan, type VisitRecord } from "./visit.ts";

const MINUTE_MS = 60_000;

/** The small campus in virtual time, where others may hold something before a reader, too. */
async function sharedCampus() {
  const virtual = await VirtualCampus.open({ make: smallCampus, seed: 1 });
  onTestFinished(() => virtual.end());
  const { campus, clock, now } = virtual;
  const hands = sharedHands(virtual.hands, clock);
  const ears = new Ears(hands, clock);
  /** Credentials that somebody has changed since the campus began. */
  const changed = new Set<string>();
  const pockets = campusPockets({ campus, now });
  const code = (person: string): string => {
    const shown = pockets.get(person)!.show();
    if (shown?.ok !== true) throw new Error(`the phone of ${person} shows nothing`);
    return shown.value;
  };
  const visits = (person: string, point: string, plan: Partial<VisitPlan> = {}): Promise<VisitRecord> => {
    const accessPoint = accessPointsOf(campus).find(({ id }) => id === point)!;
    const expected = expectedOutcome(campus, pockets.get(person)!.person, point, "pass");
    const calm = { reactMs: 300, hesitates: false, isFollowed: false, openMs: 800 };
    const whole = { person, accessPoint, showing: "pass" as const, expected, read: () => code(person), ...calm, ...plan };
    return virtual.during(
      visit(whole, { hands, ears, clock, wiresMisbehave: false, isChanged: (credential) => Promise.resolve(changed.has(credential)) }),
      MINUTE_MS,
    );
  };
  /** Somebody who does not live here holds that before a reader, and goes away. */
  const stranger = async (point: string, person: string): Promise<void> => {
    await hands.scan(point, code(person), "somebody else");
    await clock.pass(200);
  };
  return { virtual, clock, ears, changed, visits, stranger };
}

test("a lane that a stranger has been let into refuses whoever lives here: that is told as hindered, and is no finding", async () => {
  const { visits, stranger } = await sharedCampus();
  await stranger("gate-1-in", "zhang");
  expect(await visits("li", "gate-1-out")).toMatchObject({ expected: "granted", got: "Interlock", hindered: true, findings: [] });
});

test("an operator who lets somebody in is a stranger, too", async () => {
  const { virtual, clock, visits } = await sharedCampus();
  const asked = { params: { id: "gate-1/entry", act: "access" }, query: new URLSearchParams(), body: { by: "guard", reason: "parcel" } };
  await virtual.controller.answers["POST /v1/doors/:id/:act"](asked);
  await clock.pass(200);
  expect(await visits("li", "gate-1-out")).toMatchObject({ got: "Interlock", hindered: true, findings: [] });
});

test("a stranger elsewhere, or long ago, or who was refused, explains nothing", async () => {
  const { clock, ears, stranger } = await sharedCampus();
  const places = ["gate-1-in", "gate-1-out"];
  await stranger("gate-2-in", "zhang");
  await stranger("gate-1-in", "xu");
  expect(ears.strangerSince(places, 0)).toBe(false);
  await stranger("gate-1-in", "wang");
  const heardAt = clock.monotonic();
  expect([ears.strangerSince(places, 0), ears.strangerSince(places, heardAt + 1)]).toEqual([true, false]);
});

test("a refusal that no stranger explains stays a finding, also where one was let in", async () => {
  const { visits, stranger } = await sharedCampus();
  await stranger("gate-1-in", "zhang");
  expect(await visits("xu", "gate-1-in", { expected: "granted" })).toMatchObject({
    got: "CredentialNotEnabled",
    hindered: false,
    findings: ["expected granted, got CredentialNotEnabled (Frozen)"],
  });
});

test("a stranger's answer at the same reader is not taken for one's own", async () => {
  const { virtual, visits, stranger } = await sharedCampus();
  const strange = stranger("gate-1-in", "zhang");
  const record = await visits("xu", "gate-1-in");
  await strange;
  expect(record).toMatchObject({ got: "CredentialNotEnabled", findings: [] });
  expect(virtual.reports.flatMap((report) => (report.kind === "judged" ? [report.reason ?? "granted"] : []))).toEqual(["granted", "CredentialNotEnabled"]);
});

test("who is refused because somebody has frozen the phone meanwhile is hindered; one whose phone nobody has touched is a finding", async () => {
  const { virtual, changed, visits } = await sharedCampus();
  const xu = virtual.campus.people.find(({ id }) => id === "xu")!;
  changed.add(xu.phone!.credential);
  expect(await visits("xu", "gate-1-in", { expected: "granted" })).toMatchObject({ got: "CredentialNotEnabled", hindered: true, findings: [] });
  expect(await visits("yang", "library-in", { expected: "granted" })).toMatchObject({ got: "Unauthorized", hindered: false, findings: [expect.any(String)] });
});
