import type { ControllerReport } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import type { CampusHands } from "./campus/campus-hands.ts";
import type { Campus } from "./campus/campus.ts";
import { smallCampus } from "./campus/small-campus.ts";
import { CampusLife, type LifeOptions } from "./life.ts";
import { campusPockets } from "./life/pocket.ts";
import type { VisitRecord } from "./life/visit.ts";
import { VirtualCampus } from "./virtual-campus.ts";

const DAY_MS = 86_400_000;

interface Spoiled {
  /** What the people believe of the campus. */
  readonly believed?: (campus: Campus) => Campus;
  readonly hands?: (hands: CampusHands) => Partial<CampusHands>;
}

/** Some rounds of life on the small campus in virtual time. */
async function lived(seed: number, options: Partial<LifeOptions> = {}, { believed = (campus) => campus, hands = () => ({}) }: Spoiled = {}) {
  const virtual = await VirtualCampus.open({ make: smallCampus, seed });
  onTestFinished(() => virtual.end());
  const { clock } = virtual;
  const campus = believed(virtual.campus);
  const visits: VisitRecord[] = [];
  const life = new CampusLife({
    campus,
    hands: { ...virtual.hands, ...hands(virtual.hands) },
    clock,
    pockets: campusPockets({ campus, now: virtual.now }),
    seed,
    arriveWithinMs: 20_000,
    pauseMsMax: 20_000,
    rounds: 2,
    onVisit: (record) => visits.push(record),
    ...options,
  });
  await virtual.during(life.live(), DAY_MS);
  return { virtual, life, visits };
}

test("people come and go, and everything is answered as it must be", async () => {
  const { virtual, life, visits } = await lived(2, { rounds: 5 });
  expect(life.findings).toEqual([]);
  expect([...life.outcomes.keys()].sort()).toEqual(["CredentialNotEnabled", "PassExpired", "PassReplayed", "SignatureInvalid", "Unauthorized", "granted"]);
  expect(new Set(visits.map(({ showing }) => showing))).toEqual(new Set(["pass", "card", "screenshot", "used pass", "forgery", "other site"]));
  expect(visits.some(({ hesitated, passed }) => hesitated && !passed)).toBe(true);
  expect(visits.some(({ followed }) => followed)).toBe(true);
  expect(virtual.reports.some((report) => report.kind === "event" && report.event.name === "RequestToExit")).toBe(true);
  expect(life.passages).toBe(visits.filter(({ passed }) => passed).length);
});

test("a controller that answers otherwise than it must is found, with the seed that repeats it", async () => {
  const believed = (campus: Campus): Campus => ({
    ...campus,
    people: campus.people.map((person) => {
      if (person.id !== "xu") return person;
      const { suspension: _, ...phone } = person.phone!;
      return { ...person, phone };
    }),
  });
  const { life } = await lived(2, { rounds: 1, mischief: 0 }, { believed });
  expect(life.findings).toEqual([
    {
      seed: 2,
      at: expect.any(Number),
      person: "xu",
      place: expect.stringMatching(/^gate-[12]-in$/),
      what: "expected granted, got CredentialNotEnabled (Frozen)",
    },
  ]);
});

test("an arm that does not give way is found", async () => {
  const { life } = await lived(3, { rounds: 1, mischief: 0 }, { hands: () => ({ push: () => Promise.resolve(false) }) });
  expect(life.findings).toContainEqual(expect.objectContaining({ seed: 3, place: "gate-1-in", what: expect.stringContaining("did not give way") }));
});

test("a grant of which nobody hears the end is found", async () => {
  const { life } = await lived(
    4,
    { rounds: 1, mischief: 0 },
    { hands: ({ onReport }) => ({ onReport: (listener) => onReport((report) => void (isTaken(report) || listener(report))) }) },
  );
  expect(life.findings.length).toBeGreaterThan(0);
  expect(new Set(life.findings.map(({ what }) => what.replace(/\d+/, "n")))).toEqual(new Set(["grant n has neither AccessTaken nor AccessNotTaken"]));
});

test("a reader that answers nothing is found, and life goes on", async () => {
  const { life } = await lived(
    5,
    { rounds: 1, mischief: 0 },
    { hands: ({ scan }) => ({ scan: (point, read) => (point === "gate-1-in" ? Promise.resolve(true) : scan(point, read)) }) },
  );
  expect(life.findings.every(({ place, what }) => place === "gate-1-in" && what.endsWith("got no answer"))).toBe(true);
  expect(life.findings.length).toBeGreaterThan(0);
  expect(life.passages).toBeGreaterThan(0);
});

test("tailgating that nobody is told of is found", async () => {
  const { life, visits } = await lived(
    6,
    { rounds: 2, mischief: 1 },
    { hands: ({ onReport }) => ({ onReport: (listener) => onReport((report) => void (isNamed(report, "Tailgating") || listener(report))) }) },
  );
  const followed = visits.filter((visit) => visit.followed);
  expect(followed.length).toBeGreaterThan(0);
  expect(life.findings.filter(({ what }) => what.includes("tailgated"))).toHaveLength(followed.length);
});

/** Life on the small campus of which everybody is asked to go home after a while. */
async function gone(afterMs: number, options: Partial<LifeOptions> = {}) {
  const virtual = await VirtualCampus.open({ make: smallCampus, seed: 7 });
  onTestFinished(() => virtual.end());
  const { campus, clock, hands } = virtual;
  const pockets = campusPockets({ campus, now: virtual.now });
  const visits: VisitRecord[] = [];
  const onVisit = (record: VisitRecord): void => void visits.push(record);
  const life = new CampusLife({ campus, hands, clock, pockets, seed: 7, arriveWithinMs: 5_000, pauseMsMax: 5_000, onVisit, ...options });
  const living = life.live();
  await clock.pass(afterMs);
  const [before, askedAt] = [visits.length, clock.monotonic()];
  await virtual.during(life.stop(), DAY_MS);
  await living;
  return { clock, life, before: visits.slice(0, before), after: visits.slice(before), tookMs: clock.monotonic() - askedAt };
}

test("who is asked to stop finishes what was begun", async () => {
  const { clock, life } = await gone(30_000);
  const { passages } = life;
  await clock.pass(60_000);
  expect([passages > 5, life.passages, life.findings]).toEqual([true, passages, []]);
});

test("nobody who goes home hesitates: however many did before, all are out soon", async () => {
  const { life, before, after, tookMs } = await gone(60_000, { mischief: 0, hesitation: 0.6 });
  expect(before.filter(({ hesitated }) => hesitated).length).toBeGreaterThan(5);
  expect(after.filter(({ passed }) => passed).length).toBeGreaterThan(0);
  expect([tookMs < 75_000, life.findings]).toEqual([true, []]);
});

const isNamed = (report: ControllerReport, name: string): boolean => report.kind === "event" && report.event.name === name;
const isTaken = (report: ControllerReport): boolean => isNamed(report, "AccessTaken");
