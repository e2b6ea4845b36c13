import type { DoorRow, DoorScheduleRow } from "@portico/controller";
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
const LIBRARY: DoorRow = {
  id: "library",
  kind: "door",
  shadow: false,
  mode: "Locked",
  lock: "Locked",
  physical: "Closed",
  alarm: "Normal",
  fire: false,
  overruled: null,
  sinceS: 125,
  lastEvent: "AccessTaken",
};
const FAULTY: DoorRow = { ...LIBRARY, mode: "Unlocked", lock: "Fault" };
const FORCED: DoorRow = { ...LIBRARY, id: "lab", alarm: "DoorForcedOpen", physical: "Open", sinceS: 3, lastEvent: "DoorForcedOpen" };

test("door list shows every door, or those with an alarm", async () => {
  const { run, asked } = await standIn(json([LIBRARY, FORCED]));
  expect(await run(TTY, "door", "list")).toEqual({
    exitCode: 0,
    out: `DOOR     KIND  MODE    LOCK    STATE   ALARM           SINCE  LAST EVENT
library  door  Locked  Locked  Closed  Normal          2m 5s  AccessTaken
lab      door  Locked  Locked  Open    DoorForcedOpen  3s     DoorForcedOpen
`,
    err: "",
  });
  expect(await run({}, "door", "list", "--alarm")).toEqual({ exitCode: 0, out: `${JSON.stringify(FORCED)}\n`, err: "" });
  expect(asked[0]).toEqual({ route: "GET /v1/doors", body: undefined });
});

test("door schedules shows what each schedule does, and who set the door by hand", async () => {
  const row: DoorScheduleRow = {
    door: "library",
    schedule: "office",
    operation: "unlock",
    zone: null,
    says: "unlock",
    followed: false,
    nextChange: null,
    trouble: null,
  };
  const { run } = await standIn((response, question) => json(question.route.endsWith("/status") ? {} : [row, { ...row, door: "lab", trouble: "the list holds no schedule of that name" }])(response, question)); // prettier-ignore
  const { out } = await run(TTY, "door", "schedules");
  expect(out).toContain("library  office    unlock  unlock    no, by hand");
  expect(out).toContain("the list holds no schedule of that name");
});

test.each(["access", "lock", "unlock", "block", "lock-down", "lock-open", "double-lock", "release"])("door %s asks for that, by whom and why", async (act) => {
  const { run, asked } = await standIn(json(LIBRARY));
  expect(await run(TTY, "door", act, "gate-1/entry", "--reason", "parcel")).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^gate-1\/entry /) });
  expect(asked).toEqual([{ route: `POST /v1/doors/gate-1%2Fentry/${act}`, body: { by: "zhang", reason: "parcel" } }]);
});

test.each(["unlock", "lock-down"])("door %s whose lock does not answer is told so and ends with 1, whatever the mode is now", async (act) => {
  const { run } = await standIn((response, question) => json(question.route.startsWith("GET") ? [FAULTY] : FAULTY)(response, question));
  const err = expect.stringMatching(/^portico: the lock does not answer: the mode is Unlocked now, .*\non: door library\nnext: portico device list /) as string;
  expect(await run(TTY, "door", act, "library")).toEqual({ exitCode: 1, out: "", err });
  expect(await run({}, "door", act, "library")).toEqual({ exitCode: 1, out: `${JSON.stringify(FAULTY)}\n`, err });
});

test("a lock that obeys a moment later has obeyed", async () => {
  const { run } = await standIn((response, question) => json(question.route.startsWith("GET") ? [LIBRARY] : FAULTY)(response, question));
  expect(await run(TTY, "door", "unlock", "library")).toEqual({ exitCode: 0, out: "library is unlocked\n", err: "" });
});

test.each([
  [["door", "access", "library", "--by", ""], "1 to 64 characters are wanted"],
  [["door", "lock", "library", "--by", "x".repeat(65)], "1 to 64 characters are wanted"],
  [["door", "lock", "library", "--reason", "x".repeat(201)], "At most 200 characters are wanted"],
  [["device", "test", "board", "--by", ""], "1 to 64 characters are wanted"],
])("what no controller would take is wrong usage, in the command's own words, and nobody is asked: %j", async (words, wanted) => {
  const { run, asked } = await standIn(json(LIBRARY));
  expect(await run(TTY, ...words)).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(wanted) });
  expect(asked).toEqual([]);
});
