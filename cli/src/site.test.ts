import type { MusterRow, SiteRow } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import type { RecordedOptions } from "./recorded-surroundings.ts";
import { json, standIn as startStandIn, type StandIn, type StandInAnswer } from "./stand-in-controller.ts";

/** A stand-in that goes with the test. */
async function standIn(answer: StandInAnswer): Promise<StandIn> {
  const there = await startStandIn(answer);
  onTestFinished(there.end);
  return there;
}
const TTY: RecordedOptions = { isTty: true };

test.each([
  ["lockdown start", "lockdown", "2 doors are held: every door\n", ""],
  ["lockdown release", "lockdown-release", "2 doors are released: every door\n", ""],
  ["drill start", "drill", "2 doors are free for a drill: every door\n", ""],
  ["drill end", "drill-end", "2 doors had a drill; they are free until they are locked again: every door\n", "next: look around, then portico fire relock\n"],
  ["fire relock", "relock", "2 doors are locked again: every door\n", ""],
])("%s asks for it, by whom and why", async (words, verb, out, err) => {
  const { run, asked } = await standIn(json({ zone: null, doors: 2, exceptions: [] }));
  expect(await run(TTY, ...words.split(" "), "--all", "--reason", "tried out")).toEqual({ exitCode: 0, out, err });
  expect(asked).toEqual([{ route: `POST /v1/site/${verb}`, body: { by: "zhang", reason: "tried out", zone: null } }]);
});

test("a door that is not as was asked is named, and the exit code says so", async () => {
  const { run } = await standIn(json({ zone: "east", doors: 3, exceptions: [{ door: "library", why: "stands open" }] }));
  const { exitCode, out, err } = await run(TTY, "fire", "relock", "--zone", "east");
  expect([exitCode, out]).toEqual([1, "3 doors are locked again: east\n  not shut or not locked: library stands open\n"]);
  expect(err).toContain("1 of 3 doors are not shut or not locked: library");
});

test("doors that stand free behind a drill are as they have to be: they are named, and the command has not failed", async () => {
  const { run } = await standIn(json({ zone: "east", doors: 3, exceptions: [{ door: "library", why: "is free" }] }));
  const { exitCode, out, err } = await run(TTY, "drill", "end", "--zone", "east");
  expect([exitCode, err]).toEqual([0, "next: look around, then portico fire relock\n"]);
  expect(out).toContain("not shut: library is free");
});

test.each([[[]], [["--all", "--zone", "east"]]])("lockdown start %j is wrong usage, and nobody is asked", async (words) => {
  const { run, asked } = await standIn(json({}));
  expect((await run(TTY, "lockdown", "start", ...words)).exitCode).toBe(2);
  expect(asked).toEqual([]);
});

test("status tells what lasts, what waits for a person, and what is not shut", async () => {
  const row: SiteRow = {
    lockdowns: [{ zone: null, by: "input desk", reason: "", since: null }],
    drills: [],
    awaiting: ["lab"],
    open: [{ door: "lab", why: "is free" }],
    zones: [],
  };
  const { run } = await standIn((response, question) => json(question.route.endsWith("/status") ? {} : row)(response, question));
  expect((await run(TTY, "lockdown", "status")).out).toContain("every door: by input desk, since");
  expect((await run(TTY, "drill", "status")).out).toContain("no drill lasts");
  expect((await run(TTY, "fire", "status")).out).toBe(
    "as in the fire or drill until somebody has them locked again (portico fire relock): lab\nnot shut and locked: lab is free\n",
  );
});

test("muster lists who is inside and how sure it is", async () => {
  const row: MusterRow = {
    place: "yard",
    holder: 5,
    credential: "a1a2a3a4a5a6a7a8",
    since: null,
    persons: 3,
    sureness: "likely",
    why: "somebody left unseen 2 times since",
  };
  const { run } = await standIn((response, question) => json(question.route.endsWith("/status") ? {} : [row, { ...row, place: "lab" }])(response, question));
  expect((await run({}, "muster", "--place", "yard")).out).toBe(`${JSON.stringify(row)}\n`);
  expect((await run(TTY, "muster")).out).toContain("likely: somebody left unseen 2 times since");
});
